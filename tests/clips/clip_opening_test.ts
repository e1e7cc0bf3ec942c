import { assert } from "@std/assert";
import { decideOpening } from "../../lib/clips/clip_opening.ts";
import { MadeUpOwner, StoreFixture } from "../helpers/store_fixture.ts";

Deno.test("decideOpening accepts a clip that is still open when housekeeping comes in between", async () => {
  const fixture = new StoreFixture();
  await fixture.store.start();
  const { row } = await fixture.store.create("box", { name: "pipe", bytes: null, modifiedMs: null });
  let expired = false;
  const freeBytes = fixture.disk.freeBytes.bind(fixture.disk);
  fixture.disk.freeBytes = async (path) => {
    await fixture.store.expire();
    expired = true;
    return await freeBytes(path);
  };
  const ask = { sha256: null, modifiedMs: null, resumeClipId: row.id, fresh: false } as const;
  const message = { kind: "openClip", stream: 1, name: "pipe", bytes: null, ...ask } as const;
  const decision = await decideOpening(fixture.store, "box", message, () => false);
  assert(expired && decision.kind === "accept");
  // A pipe that hears UNKNOWN_CLIP is lost.
  decision.clip.claim(new MadeUpOwner());
});
