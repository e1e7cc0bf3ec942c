/** What is appended to a segment is there, in order and whole, whichever way it went, also behind a power cut. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { BLOCK_BYTES } from "../../lib/platform/direct_writes.ts";
import { SegmentFile } from "../../lib/store/segment_file.ts";
import { MemoryDirectWrites } from "../helpers/memory_direct_writes.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const PATH = "/segment";

interface Setting {
  readonly disk: MemoryDisk;
  readonly direct: MemoryDirectWrites;
  readonly file: SegmentFile;
}

async function setting(seed: number, buffers?: number, bytes?: number): Promise<Setting> {
  const disk = new MemoryDisk({ seed });
  const direct = new MemoryDirectWrites(disk, buffers, bytes);
  const file = new SegmentFile(await disk.open(PATH, "create-new"), PATH, direct);
  await disk.syncFolder("/");
  return { disk, direct, file };
}

function sameStart(content: Uint8Array, expected: Uint8Array, what: string): void {
  assert(content.length >= expected.length, `${what}: ${content.length} bytes of ${expected.length}`);
  const at = expected.findIndex((byte, index) => byte !== content[index]);
  assertEquals(at, -1, `${what}: differs at ${at} of ${expected.length}`);
}

Deno.test("SegmentFile holds what was appended when it is synced, whatever way it went and whatever the power leaves", async () => {
  const begun = { some: 0, none: 0 };
  for (let seed = 1; seed <= 400; seed++) {
    const random = new SeededRandom(seed);
    const { disk, direct, file } = await setting(seed, random.int(4), BLOCK_BYTES * (1 + random.int(6)));
    const all = random.bytes(60 * BLOCK_BYTES);
    let [bytes, durable] = [0, 0];
    disk.onCall = async () => {
      for (let turn = random.int(40); turn > 0; turn--) await Promise.resolve();
    };
    let syncing: Promise<unknown> = Promise.resolve();
    const told: Promise<void>[] = [];
    const gathers = random.pick([0, 0.5, 0.9, 1]);
    for (let step = 0; step < 40 && bytes < all.length - 5 * BLOCK_BYTES; step++) {
      const count = 1 + random.int(random.pick([10, 700, BLOCK_BYTES, 5 * BLOCK_BYTES]));
      await file.append(all.subarray(bytes, bytes += count), random.chance(gathers));
      if (!random.chance(0.3)) continue;
      // One sync at a time; more is appended meanwhile, and what is under way may end behind the next.
      await syncing;
      const upTo = bytes;
      const sync = file.sync();
      syncing = sync.catch(() => {});
      told.push(sync.then(async (writes) => {
        await Promise.all(writes.map(({ done }) => done));
        durable = Math.max(durable, upTo);
      }));
      for (const one of told) one.catch(() => {});
    }
    if (random.chance(0.5)) {
      const atCut = durable;
      const found = disk.crash(random.pick(["nothing", "random"]));
      sameStart(found.contentOf(PATH), all.subarray(0, atCut), `seed ${seed}, power cut`);
      continue;
    }
    await syncing;
    await Promise.all((await file.sync()).map(({ done }) => done));
    await Promise.all(told);
    await file.end();
    file.close();
    const content = disk.crash("nothing").contentOf(PATH);
    assertEquals(content.length, bytes, `seed ${seed}: its length`);
    sameStart(content, all.subarray(0, bytes), `seed ${seed}`);
    direct.begun > 0 ? begun.some++ : begun.none++;
  }
  assert(begun.some > 50 && begun.none > 20, JSON.stringify(begun));
});

Deno.test("SegmentFile tells a direct write which has failed with every sync that follows", async () => {
  const { disk, direct, file } = await setting(1);
  await file.append(new Uint8Array(3 * BLOCK_BYTES).fill(1), true);
  disk.failCall("write");
  const [write] = await file.sync();
  await assertRejects(() => write!.done);
  await file.append(new Uint8Array(10).fill(2), false);
  assertEquals(await file.sync(), [write!]);
  assertEquals(direct.begun, 1);
});

Deno.test("SegmentFile gives its memory back when it is cut off or closed, and cuts behind what is under way", async () => {
  const { disk, direct, file } = await setting(1, 2);
  await file.append(new Uint8Array(3 * BLOCK_BYTES).fill(1), true);
  await file.sync();
  await file.append(new Uint8Array(100).fill(2), true);
  const slow = Promise.withResolvers<void>();
  disk.onCall = ({ kind }) => kind === "write" ? slow.promise : undefined;
  const cut = file.truncate(5);
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  slow.resolve();
  await cut;
  assertEquals(disk.contentOf(PATH), new Uint8Array(5).fill(1));
  await file.append(new Uint8Array(100).fill(3), true);
  file.close();
  assertEquals([direct.take(), direct.take()].map((buffer) => buffer !== undefined), [true, true]);
});

Deno.test("SegmentFile keeps no memory, and begins no write, when it is closed while one appends", async () => {
  const { direct, file } = await setting(1);
  await file.append(new Uint8Array(3 * BLOCK_BYTES + 1), true);
  const appending = file.append(new Uint8Array(2 * BLOCK_BYTES), true).catch(() => {});
  file.close();
  await appending;
  assertEquals([direct.take() !== undefined, direct.take() !== undefined, direct.begun], [true, true, 0]);
});

Deno.test("SegmentFile tells a sync what is missing, though it was an append which could not write it", async () => {
  const { disk, file } = await setting(1);
  await file.append(new Uint8Array(BLOCK_BYTES), true);
  disk.failCall("write");
  await assertRejects(() => file.append(new Uint8Array(4 * BLOCK_BYTES), true));
  await assertRejects(() => file.sync());
  await file.truncate(0);
  assertEquals(await file.sync(), []);
});
