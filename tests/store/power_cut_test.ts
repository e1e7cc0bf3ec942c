/** The power goes at every single call of disk and catalog during uploads, and again at every call of the recovery. */
import { assert, assertEquals } from "@std/assert";
import { type ByteRange, containsRange } from "../../lib/protocol/ranges.ts";
import type { ClipRow } from "../../lib/store/catalog.ts";
import type { IncomingClip } from "../../lib/store/incoming_clip.ts";
import { cutAt } from "../helpers/cut_power.ts";
import type { CrashKeeps } from "../helpers/memory_inode.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { StoreFixture } from "../helpers/store_fixture.ts";

const KEEPS: readonly CrashKeeps[] = ["nothing", "random", "everything"];
const random = new SeededRandom(1);
const A = random.bytes(30_000);
const B = random.bytes(9_000);
const C = random.bytes(20_000);
const WHOLE = [A, B, C, new Uint8Array(0)];

/** What the store has promised so far. */
interface Promises {
  /** Clips which were said to be stored. */
  readonly stored: { row: ClipRow; content: Uint8Array }[];
  /** Bytes of unfinished clips which were said to be durable. */
  readonly durable: Map<string, { held: readonly ByteRange[]; content: Uint8Array }>;
}

/** Uploads as connections do them: in pieces, out of order, with the same name twice, and one which is not ended. */
async function uploads(fixture: StoreFixture, promises: Promises): Promise<void> {
  const { store } = fixture;
  const create = (name: string, content: Uint8Array | null) =>
    store.create("box", { name, bytes: content?.length ?? null, modifiedMs: null });
  const flush = async (clip: IncomingClip, content: Uint8Array) => {
    await clip.flush();
    promises.durable.set(clip.row.id, { held: clip.durable, content });
  };
  const finish = async (clip: IncomingClip, content: Uint8Array) => {
    const row = await fixture.finish(clip, content);
    promises.durable.delete(clip.row.id);
    promises.stored.push({ row, content });
  };
  await store.start();
  const a = await create("clip.bin", A);
  await fixture.write(a, A, 20_000, 30_000);
  await fixture.write(a, A, 0, 5_000);
  await flush(a, A);
  await fixture.write(a, A, 5_000, 20_000);
  await finish(a, A);

  const pipe = await create("clip.bin", null);
  await fixture.write(pipe, B);
  await flush(pipe, B);
  await finish(pipe, B);

  await finish(await create("empty", new Uint8Array(0)), new Uint8Array(0));

  const open = await create("open.bin", C);
  await fixture.write(open, C, 0, 8_000);
  await flush(open, C);
  await fixture.write(open, C, 8_000, 15_000);
  await flush(open, C);
  await open.close();
}

/** All promises hold. */
function check(fixture: StoreFixture, promises: Promises): void {
  for (const { row, content } of promises.stored) {
    const found = fixture.catalog.rows.find(({ id }) => id === row.id);
    assert(found?.storedMs, `${row.storedName} was stored, and is not in the catalog`);
    assertEquals(found.sha256, row.sha256);
    assertEquals(fixture.contentOf(found), content);
  }
  for (const [id, { held, content }] of promises.durable) {
    const row = fixture.catalog.rows.find((one) => one.id === id);
    assert(row !== undefined, "a clip with durable bytes is gone");
    for (const { start, end } of held) assert(containsRange(row.held, start, end), `${start} to ${end} are gone`);
    const path = row.storedMs === null ? fixture.store.folders.partPath(id) : fixture.store.folders.storedPath(row);
    const there = fixture.disk.contentOf(path);
    for (const { start, end } of row.held) assertEquals(there.subarray(start, end), content.subarray(start, end));
  }
  checkVisible(fixture);
}

/** Nothing that can be seen is partial, not even before the recovery. */
function checkVisible(fixture: StoreFixture): void {
  for (const path of fixture.clipPaths()) {
    const content = fixture.disk.contentOf(path);
    assert(WHOLE.some((whole) => whole.length === content.length && equal(whole, content)), `${path} is partial`);
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, index) => byte === b[index]);
}

/** A fixture whose power went at call `at` of the uploads; undefined when there are not so many. */
async function interrupted(at: number, keeps: CrashKeeps): Promise<[StoreFixture, Promises] | undefined> {
  const fixture = new StoreFixture({ seed: at });
  const promises: Promises = { stored: [], durable: new Map() };
  const gone = await cutAt(fixture, at, keeps, () => uploads(fixture, promises));
  return gone ? [fixture, promises] : undefined;
}

/** After the recovery everything goes on as if nothing had been: what is unfinished can be finished. */
async function goOn(fixture: StoreFixture): Promise<void> {
  for (const row of fixture.catalog.rows.filter(({ storedMs }) => storedMs === null)) {
    const content = row.name === "open.bin" ? C : row.name === "empty" ? new Uint8Array(0) : row.bytes === null ? B : A;
    const clip = (await fixture.store.unfinished("box", row.id))!;
    if (content.length > 0) await fixture.write(clip, content);
    assertEquals(fixture.contentOf(await fixture.finish(clip, content)), content);
  }
  assertEquals(fixture.disk.paths().filter((path) => path.endsWith(".part")), []);
}

for (const keeps of KEEPS) {
  Deno.test(`ClipStore keeps its promises whenever the power goes (${keeps} of what was not synced survives)`, async () => {
    let calls = 0;
    for (let at = 1;; at++) {
      const state = await interrupted(at, keeps);
      if (state === undefined) break;
      calls++;
      const [fixture, promises] = state;
      try {
        checkVisible(fixture);
        await fixture.store.start();
        check(fixture, promises);
        await goOn(fixture);
        check(fixture, promises);
      } catch (cause) {
        throw new Error(`The power went at call ${at}`, { cause });
      }
    }
    assert(calls > 50, `only ${calls} calls were made`);
  });
}

Deno.test("ClipStore keeps its promises when the power goes again during the recovery, at every call", async () => {
  let cuts = 0;
  for (let at = 1; at < 1000; at++) {
    for (let again = 1;; again++) {
      const state = await interrupted(at, "random");
      if (state === undefined) return assert(cuts > 200, `only ${cuts} cuts were made`);
      const [fixture, promises] = state;
      const gone = await cutAt(fixture, again, "random", () => fixture.store.start());
      if (!gone) break;
      cuts++;
      try {
        await fixture.store.start();
        check(fixture, promises);
        await goOn(fixture);
        check(fixture, promises);
      } catch (cause) {
        throw new Error(`The power went at call ${at}, and at call ${again} of the recovery`, { cause });
      }
    }
  }
});
