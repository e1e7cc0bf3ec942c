import { assert, assertEquals, assertRejects } from "@std/assert";
import { FramewireError } from "../../lib/errors.ts";
import { LIMITS } from "../../lib/config/limits.ts";
import type { IncomingClip } from "../../lib/store/incoming_clip.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { MadeUpOwner, sha256Of, StoreFixture } from "../helpers/store_fixture.ts";

const CONTENT = new SeededRandom(1).bytes(100_000);

async function setUp(bytes: number | null = CONTENT.length): Promise<[StoreFixture, IncomingClip, MadeUpOwner]> {
  const fixture = new StoreFixture();
  await fixture.store.start();
  const clip = await fixture.store.create("box", { name: "a.bin", bytes, modifiedMs: null });
  const owner = new MadeUpOwner();
  clip.claim(owner);
  return [fixture, clip, owner];
}

async function codeOf(job: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(job, FramewireError)).code;
}

Deno.test("IncomingClip says stored only after the data is synced and the row is committed", async () => {
  const [fixture, clip, owner] = await setUp();
  await fixture.write(clip, CONTENT, 0, 50_000);
  const order: string[] = [];
  fixture.disk.onCall = ({ kind }) => void order.push(`${kind} ${owner.storedCount} ${clip.stored}`);
  fixture.catalog.onCall = (method) => void order.push(`${method} ${owner.storedCount} ${clip.stored}`);
  await clip.flush();
  assertEquals(order, ["sync 0 0", "updateHeld 0 0", "commit 0 0"]);
  assertEquals([owner.storedCount, clip.stored], [1, 50_000]);
  assertEquals((await fixture.catalog.clip(clip.row.id))?.held, [{ start: 0, end: 50_000 }]);
});

Deno.test("IncomingClip does not count bytes as stored which came during the sync", async () => {
  const [fixture, clip] = await setUp();
  await fixture.write(clip, CONTENT, 0, 1_000);
  fixture.disk.onCall = async ({ kind }) => {
    if (kind !== "sync") return;
    fixture.disk.onCall = () => {};
    await fixture.write(clip, CONTENT, 1_000, 3_000);
  };
  await clip.flush();
  assertEquals(clip.stored, 1_000);
  assertEquals((await fixture.catalog.clip(clip.row.id))?.held, [{ start: 0, end: 1_000 }]);
  await clip.flush();
  assertEquals(clip.stored, 3_000);
});

Deno.test("IncomingClip syncs by itself after a while, and after many bytes", async () => {
  const [fixture, clip] = await setUp(LIMITS.syncAfterBytes * 2);
  await fixture.write(clip, CONTENT);
  assertEquals(clip.stored, 0);
  await fixture.clock.advance(LIMITS.syncAfterMs);
  assertEquals(clip.stored, CONTENT.length);
  const piece = new Uint8Array(1024 * 1024);
  for (let at = CONTENT.length; at < CONTENT.length + LIMITS.syncAfterBytes; at += piece.length) {
    await clip.write(at, piece);
  }
  await fixture.clock.advance(0);
  assert(clip.stored >= CONTENT.length + LIMITS.syncAfterBytes, `${clip.stored} are stored`);
});

Deno.test("IncomingClip syncs by itself also what came during a sync that took longer than the time between two", async () => {
  const [fixture, clip] = await setUp();
  await fixture.write(clip, CONTENT, 0, 1_000);
  const slowDisk = Promise.withResolvers<void>();
  fixture.disk.onCall = ({ kind }) => kind === "sync" ? slowDisk.promise : undefined;
  await fixture.clock.advance(LIMITS.syncAfterMs);
  await fixture.write(clip, CONTENT, 1_000, 3_000);
  await fixture.clock.advance(2 * LIMITS.syncAfterMs);
  assertEquals(clip.stored, 0);
  fixture.disk.onCall = () => {};
  slowDisk.resolve();
  await fixture.clock.advance(2 * LIMITS.syncAfterMs);
  assertEquals(clip.stored, 3_000);
});

Deno.test("IncomingClip acks nothing after a failed sync, and never again with this object", async () => {
  const [fixture, clip, owner] = await setUp();
  await fixture.write(clip, CONTENT, 0, 10);
  await clip.flush();
  await fixture.write(clip, CONTENT, 10, 20);
  fixture.disk.failCall("sync");
  assertEquals(await codeOf(() => clip.flush()), "STORAGE_FAILED");
  assertEquals([owner.storedCount, clip.stored], [1, 10]);
  assertEquals(owner.lostCodes, ["STORAGE_FAILED"]);
  // The next sync would "succeed", although the bytes are lost.
  assertEquals(await codeOf(() => clip.flush()), "STORAGE_FAILED");
  assertEquals(await codeOf(() => fixture.write(clip, CONTENT, 20, 30)), "STORAGE_FAILED");
  const again = (await fixture.store.unfinished("box", clip.row.id))!;
  assert(again !== clip);
  assertEquals(again.held, [{ start: 0, end: 10 }]);
});

Deno.test("IncomingClip acks nothing after a failed commit", async () => {
  const [fixture, clip, owner] = await setUp();
  await fixture.write(clip, CONTENT, 0, 10);
  fixture.catalog.failCommit("before");
  assertEquals(await codeOf(() => clip.flush()), "STORAGE_FAILED");
  assertEquals([owner.storedCount, clip.stored], [0, 0]);
});

Deno.test("IncomingClip acks nothing when the last sync fails, and is not whole", async () => {
  const [fixture, clip] = await setUp();
  await fixture.write(clip, CONTENT);
  fixture.disk.failCall("sync");
  assertEquals(await codeOf(() => fixture.finish(clip, CONTENT)), "STORAGE_FAILED");
  assertEquals(fixture.clipPaths(), []);
});

Deno.test("IncomingClip never writes over bytes that it holds", async () => {
  const [fixture, clip] = await setUp();
  await fixture.write(clip, CONTENT, 1_000, 50_000);
  await clip.write(0, new Uint8Array(60_000));
  const there = fixture.disk.contentOf(fixture.store.folders.partPath(clip.row.id));
  assertEquals(there.subarray(1_000, 50_000), CONTENT.subarray(1_000, 50_000));
  assertEquals(there.subarray(50_000, 60_000), new Uint8Array(10_000));
  assertEquals(clip.taken, 49_000 + 60_000);
});

Deno.test("IncomingClip hashes what comes in any order", async () => {
  const random = new SeededRandom(2);
  for (let round = 0; round < 30; round++) {
    const [fixture, clip] = await setUp();
    const cuts = [0, ...Array.from({ length: 1 + random.int(20) }, () => random.int(CONTENT.length)), CONTENT.length];
    cuts.sort((a, b) => a - b);
    const pieces = cuts.slice(1).map((end, index) => [cuts[index]!, end] as const).filter(([from, to]) => to > from);
    while (pieces.length > 0) {
      const [start, end] = pieces.splice(random.int(pieces.length), 1)[0]!;
      await fixture.write(clip, CONTENT, Math.max(0, start - random.int(300)), end);
    }
    assertEquals(fixture.contentOf(await fixture.finish(clip, CONTENT)), CONTENT, `round ${round}`);
  }
});

Deno.test("IncomingClip tells the hash of any held range", async () => {
  const [fixture, clip] = await setUp();
  await fixture.write(clip, CONTENT, 50_000, 80_000);
  await fixture.write(clip, CONTENT, 0, 20_000);
  for (const [start, end] of [[50_000, 80_000], [0, 20_000], [0, 10_000], [60_000, 60_001]] as const) {
    assertEquals(await clip.digest({ start, end }), sha256Of(CONTENT.subarray(start, end)), `${start} to ${end}`);
  }
});

Deno.test("IncomingClip.complete names what is missing, and does nothing then", async () => {
  const [fixture, clip] = await setUp();
  await fixture.write(clip, CONTENT, 10_000, 20_000);
  const missing = await clip.complete(CONTENT.length, sha256Of(CONTENT));
  assertEquals(missing, [{ start: 0, end: 10_000 }, { start: 20_000, end: CONTENT.length }]);
  await fixture.write(clip, CONTENT);
  assertEquals(fixture.contentOf(await fixture.finish(clip, CONTENT)), CONTENT);
});

Deno.test("IncomingClip.complete refuses another content", async () => {
  const [fixture, clip] = await setUp();
  await fixture.write(clip, CONTENT);
  assertEquals(await codeOf(() => clip.complete(CONTENT.length, sha256Of(CONTENT.subarray(1)))), "HASH_MISMATCH");
  assertEquals(fixture.clipPaths(), []);
});

Deno.test("IncomingClip.complete sees what became other bytes on the disk before they were hashed", async () => {
  const [fixture, clip] = await setUp();
  await fixture.write(clip, CONTENT, 50_000);
  await clip.flush();
  const rotten = await fixture.disk.open(fixture.store.folders.partPath(clip.row.id), "update");
  await rotten.writeAt(Uint8Array.of(CONTENT[70_000]! ^ 1), 70_000);
  rotten.close();
  await fixture.write(clip, CONTENT, 0, 50_000);
  assertEquals(await codeOf(() => fixture.finish(clip, CONTENT)), "HASH_MISMATCH");
});

Deno.test("IncomingClip refuses an end which is not the announced one, and bytes behind it", async () => {
  const [fixture, clip] = await setUp();
  assertEquals(await codeOf(() => clip.write(CONTENT.length - 1, new Uint8Array(2))), "INVALID_RANGE");
  await fixture.write(clip, CONTENT);
  assertEquals(await codeOf(() => clip.complete(CONTENT.length - 1, sha256Of(CONTENT))), "INVALID_RANGE");
  const [pipeFixture, pipe] = await setUp(null);
  await pipeFixture.write(pipe, CONTENT);
  assertEquals(await codeOf(() => pipe.complete(5, sha256Of(CONTENT))), "INVALID_RANGE");
  await pipeFixture.finish(pipe, CONTENT);
});

Deno.test("IncomingClip holds a bounded number of separate ranges", async () => {
  const [, clip] = await setUp();
  const write = (index: number) => clip.write(index * 10, new Uint8Array(1));
  for (let index = 0; index < LIMITS.rangesPerClipMax; index++) await write(index);
  assertEquals(await codeOf(() => write(LIMITS.rangesPerClipMax)), "INVALID_RANGE");
});

Deno.test("IncomingClip belongs to the newest who claims it", async () => {
  const [, clip, first] = await setUp();
  const second = new MadeUpOwner();
  clip.claim(second);
  assertEquals(first.lostCodes, ["SUPERSEDED"]);
  clip.release(first);
  assert(clip.isOwnedBy(second));
  clip.release(second);
  assertEquals(clip.isOwned, false);
  assertEquals(second.lostCodes, []);
});

Deno.test("IncomingClip wakes who waits for a byte: when it comes, and when it never will", async () => {
  const [fixture, clip] = await setUp();
  const stop = new AbortController();
  const waits = [10, 20, 30].map((offset, index) =>
    clip.waitFor(offset, index === 1 ? stop.signal : new AbortController().signal)
  );
  await fixture.write(clip, CONTENT, 0, 15);
  assertEquals(await waits[0], true);
  assertEquals([clip.available(0), clip.available(10), clip.available(15)], [15, 5, 0]);
  stop.abort();
  assertEquals(await waits[1], false);
  await clip.close();
  assertEquals(await waits[2], false);
  assertEquals(await clip.waitFor(40, new AbortController().signal), false);
});
