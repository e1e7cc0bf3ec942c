import { assert, assertEquals, assertGreater, assertLess, assertLessOrEqual, assertRejects } from "@std/assert";
import { join } from "node:path";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import { systemDisk } from "../../lib/platform/disk.ts";
import { decodeBatch } from "../../lib/protocol/event_batch.ts";
import { Spool } from "../../lib/store/spool.ts";
import type { SpoolOptions } from "../../lib/store/spool_options.ts";
import { SpoolDatabase } from "../../lib/store/spool_database.ts";
import { SpoolSegments } from "../../lib/store/spool_segments.ts";
import { SpoolSource } from "../../lib/store/spool_source.ts";
import type { SourceHome } from "../../lib/store/spool_source_home.ts";
import { upTo } from "../helpers/feed_world.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { madeUpJpeg } from "../helpers/source_world.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

const clock = new MadeUpClock(1_790_000_000_000);
let seed = 1;

function open(path: string, options: Partial<SpoolOptions> = {}): Promise<Spool> {
  const random = new SeededRandom(seed++);
  return Spool.open({
    ...{ path, bytesMax: 1e9, keepMs: 7 * 86_400_000, disk: systemDisk, clock, random, note: () => {} },
    ...options,
  });
}

/** Adds pictures; the seed of each is its place. */
function add(source: SpoolSource, count: number, { from = 1, bytes = 1_000 } = {}): void {
  for (let number = from; number < from + count; number++) source.add(madeUpJpeg(bytes, number), number);
}

/** Numbers and capture times of what waits, from `after` on; each must be what was added. */
async function take(source: SpoolSource, after = 0, count = Infinity): Promise<[number, number][]> {
  const taken: [number, number][] = [];
  for (let behind = after; taken.length < count;) {
    const picture = await source.next(behind);
    if (picture === null) break;
    assertEquals(picture.jpeg, madeUpJpeg(picture.jpeg.length, picture.capturedMs));
    taken.push([picture.sequence, picture.capturedMs]);
    behind = picture.sequence;
  }
  return taken;
}

/** Lets what is in memory be written. */
async function written(source: SpoolSource, time = clock): Promise<void> {
  await time.advance(LIMITS.spoolPictureMs);
  await waitFor(() => source.memoryBytes === 0, { what: "pictures on the disk" });
}

async function files(path: string): Promise<number> {
  return (await Array.fromAsync(Deno.readDir(join(path, "frames")))).length;
}

Deno.test("SpoolSource gives pictures from memory at once; what the server has in time is never written", async () => {
  await using folder = await tempFolder();
  const spool = await open(folder.path);
  const source = await spool.source("left", "visible");
  add(source, 5);
  const taken = await take(source);
  assertEquals(taken.map(([, time]) => time), [1, 2, 3, 4, 5]);
  assertEquals([source.pictures, source.bytes, spool.status().frames], [5, 5_000, 0]);
  source.stored(taken.at(-1)![0]);
  await clock.advance(5_000);
  assertEquals([source.pictures, source.bytes, await files(folder.path)], [0, 0, 0]);
  await spool.close();
});

Deno.test("SpoolSource writes what is not stored in half a second, reads it back in order, and removes what is stored", async () => {
  await using folder = await tempFolder();
  const spool = await open(folder.path);
  const source = await spool.source("left", "visible");
  add(source, 200);
  await clock.advance(LIMITS.spoolPictureMs - 1);
  assertEquals(await files(folder.path), 0);
  await clock.advance(1);
  await written(source);
  add(source, 10, { from: 201 });
  const taken = await take(source);
  assertEquals(taken.map(([, time]) => time), Array.from({ length: 210 }, (_, i) => i + 1));
  const first = taken[0]![0];
  assertEquals(taken.map(([sequence]) => sequence), Array.from({ length: 210 }, (_, i) => first + i));
  source.stored(first + 99);
  await clock.advance(200);
  await waitFor(() => source.pictures === 110, { what: "half of it gone" });
  assertEquals((await take(source)).length, 110);
  source.stored(first + 209);
  await clock.advance(1_000);
  await waitFor(() => source.pictures === 0, { what: "all of it gone" });
  await spool.close();
  const again = await open(folder.path);
  assertEquals([again.sources(), await files(folder.path)], [[], 0]);
  await again.close();
});

Deno.test("SpoolSource keeps run and pictures over a close, and never gives a number twice", async () => {
  await using folder = await tempFolder();
  let last = 0;
  const runs = new Set<string>();
  for (let life = 0; life < 3; life++) {
    const spool = await open(folder.path);
    const source = await spool.source("left", "infrared");
    runs.add(source.run);
    assertEquals(source.pictures, life * 3);
    add(source, 3, { from: life * 3 + 1 });
    const taken = await take(source);
    assertEquals(taken.map(([, time]) => time), Array.from({ length: life * 3 + 3 }, (_, i) => i + 1));
    assert(taken.every(([sequence], index) => index === 0 || sequence > taken[index - 1]![0]));
    assertGreater(taken.at(-1)![0], last);
    last = taken.at(-1)![0];
    assertEquals(spool.sources(), [{ name: "left", kind: "infrared" }]);
    // What is in memory is written.
    await spool.close();
  }
  assertEquals(runs.size, 1);
});

Deno.test("SpoolSource that is full drops its oldest pictures, but none on its way, and tells both ends", async () => {
  await using folder = await tempFolder();
  const spool = await open(folder.path, { bytesMax: 4_000_000 });
  const source = await spool.source("left", "visible");
  add(source, 10, { bytes: 10_000 });
  const sent = await take(source, 0, 5);
  for (let round = 0; round < 60; round++) {
    add(source, 10, { from: 11 + round * 10, bytes: 10_000 });
    await written(source);
    assertLessOrEqual(source.reservedBytes, 4_300_000);
  }
  assertGreater(source.droppedPictures, 100);
  const left = await take(source, sent.at(-1)![0]);
  assertEquals(left.length + sent.length + source.droppedPictures, 610);
  const [drop, ...others] = source.unknown;
  assertEquals([others, drop!.pictures, drop!.reason, drop!.cause], [[], source.droppedPictures, "offline", "full"]);
  assertGreater(drop!.first, sent.at(-1)![0]);
  assertEquals(drop!.first + drop!.pictures <= left.at(-1)![0], true);
  assertEquals((await take(source))[0]![0], sent[0]![0], "what was on its way is there");
  await spool.tellDropped();
  await spool.tellDropped();
  const told = await (await spool.feed("framewire")).read(0, 1e6);
  const texts = told.flatMap(({ bytes }) => decodeBatch(bytes)).map(({ body }) =>
    JSON.parse((body as { json: string }).json)
  );
  assertEquals(texts.length, 1);
  assertEquals([texts[0].dropped, texts[0].source, texts[0].reason], [source.droppedPictures, "left", "full"]);
  const count = source.droppedPictures;
  await spool.close();
  // The server is told in the next life, too, and until it has what comes behind.
  const again = await open(folder.path, { bytesMax: 4_000_000 });
  const same = await again.source("left", "visible");
  assertEquals(same.unknown.map(({ pictures }) => pictures), [count]);
  same.stored(drop!.first + 9);
  assertEquals(same.unknown.map(({ first, pictures }) => [first, pictures]), [[drop!.first + 10, count - 10]]);
  same.stored(left.at(-1)![0]);
  assertEquals(same.unknown, []);
  await clock.advance(1_000);
  await waitFor(() => same.pictures === 0, { what: "all of it gone" });
  await again.close();
  const third = await open(folder.path);
  assertEquals((await third.source("left", "visible")).unknown, []);
  await third.close();
});

Deno.test("readings push out pictures before they push out readings, and pictures never push out readings", async () => {
  await using folder = await tempFolder();
  const spool = await open(folder.path, { bytesMax: 3_000_000, policyOf: () => "refuse-new" });
  const source = await spool.source("left", "visible");
  for (let round = 0; round < 30; round++) {
    add(source, 10, { from: 1 + round * 10, bytes: 10_000 });
    await written(source);
  }
  assertGreater(source.pictures, 200);
  const feed = await spool.feed("room");
  const event = () => ({ timeMs: 1, source: null, body: { kind: "text" as const, text: "x".repeat(50_000) } });
  let kept = 0;
  const refused = new Set<string>();
  for (let round = 0; round < 100; round++) {
    await feed.append([event()]).then(() => kept++, (error) => void refused.add(error.code));
    await clock.advance(0);
  }
  assertEquals(refused, new Set(["NO_SPACE"]));
  // What stays of the pictures is the file that is being written.
  assertGreater(kept, 45);
  assertGreater(source.droppedPictures, 150);
  assertEquals(feed.dropped, 0);
  add(source, 200, { from: 1_000, bytes: 100_000 });
  await clock.advance(60_000);
  assertEquals(feed.events, kept);
  assertLess(source.bytes, LIMITS.spoolPictureBytesMax + 1_000_000, "memory is bounded, too");
  await spool.close();
});

Deno.test("SpoolSource drops what is too old, and not because the clock of the box jumped", async () => {
  await using folder = await tempFolder();
  const jumpy = new MadeUpClock(1_000);
  const spool = await open(folder.path, { clock: jumpy, keepMs: 3_600_000 });
  const source = await spool.source("left", "visible");
  for (let number = 1; number <= 12; number++) {
    add(source, 1, { from: number, bytes: 300_000 });
    await written(source, jumpy);
  }
  await jumpy.advance(2 * 3_600_000);
  assertEquals(source.droppedPictures, 0, "nobody knows the time");
  await spool.close();
  const later = new MadeUpClock(1_790_000_000_000);
  const again = await open(folder.path, { clock: later, keepMs: 3_600_000, bytesMax: 10_000_000 });
  const same = await again.source("left", "visible");
  await later.advance(3_000_000);
  assertEquals(same.droppedPictures, 0, "it counts from when the time was known");
  add(same, 1, { from: 13 });
  await written(same, later);
  await later.advance(3_600_000 + 120_000);
  await waitFor(() => same.pictures === 0, { what: "old ones to go, also that of the file which was written last" });
  assertEquals(same.droppedPictures, 13);
  assertEquals(same.unknown[0]?.cause, "age");
  await again.close();
});

Deno.test("a picture whose file is damaged or gone is dropped, and told; the others come", async () => {
  await using folder = await tempFolder();
  const spool = await open(folder.path);
  const source = await spool.source("left", "visible");
  add(source, 3, { bytes: 1_000 });
  await written(source);
  await spool.close();
  const [file] = await Array.fromAsync(Deno.readDir(folder.join("frames")));
  const path = folder.join("frames", file!.name);
  const bytes = await Deno.readFile(path);
  bytes[1_500]! ^= 1;
  await Deno.writeFile(path, bytes);
  const again = await open(folder.path);
  const same = await again.source("left", "visible");
  assertEquals((await take(same)).map(([, time]) => time), [1, 3]);
  assertEquals([same.pictures, same.unknown.map(({ pictures, cause }) => [pictures, cause])], [2, [[1, "damaged"]]]);
  await again.close();
  await Deno.remove(path);
  const third = await open(folder.path);
  const last = await third.source("left", "visible");
  assertEquals([await take(last), last.droppedPictures, last.pictures], [[], 2, 0]);
  await third.close();
});

Deno.test("gaps of a camera are told with their number, also in the next life, and do not grow without bound", async () => {
  await using folder = await tempFolder();
  const spool = await open(folder.path);
  const source = await spool.source("left", "visible");
  add(source, 2);
  source.gap(10, 20);
  for (let number = 0; number < 400; number++) {
    source.gap(100 + number, 101 + number);
    add(source, 1, { from: 3 + number });
  }
  assertLessOrEqual(source.unknown.length, 256);
  const before = source.unknown;
  assertEquals([before[0]!.pictures, before[0]!.fromMs, before.at(-1)!.toMs], [0, 10, 500]);
  await spool.close();
  const again = await open(folder.path);
  assertEquals((await again.source("left", "visible")).unknown, before);
  await again.close();
});

/**
 * A source whose database is in this thread. Calls of the method that `failing` names fail: `before` they do something, as
 * on a full disk, or the next one `behind` its commit.
 */
async function inThread(path: string) {
  const database = new SpoolDatabase(join(path, "spool.db"));
  const segments = new SpoolSegments(systemDisk, path, 1e9);
  await segments.open([]);
  const failing = { before: "", behind: "" };
  const call = async (method: string, ...args: readonly unknown[]) => {
    await Promise.resolve();
    if (method === failing.before) throw new FramewireError("NO_SPACE", "database or disk is full");
    const frames = database.frames as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
    const value = database.transaction(() => frames[method.slice("frames.".length)]!(...args));
    if (method !== failing.behind) return value;
    failing.behind = "";
    throw new FramewireError("STORAGE_FAILED", "I/O");
  };
  database.transaction(() => database.frames.addSource("left", "visible", "run", 0));
  const row = () => database.frames.sources()[0]!;
  const rest = { reserve: () => {}, makeRoom: () => Promise.resolve(false), later: () => {}, now: () => 0 };
  const home = { segments, ...rest, call: call as SourceHome["call"], plausibleMs: () => 1 };
  const close = () => {
    segments.close();
    database.close();
  };
  return { source: new SpoolSource(home, row()), row, failing, close };
}

Deno.test("SpoolSource goes on behind a commit which failed after it had reached the disk", async () => {
  await using folder = await tempFolder();
  const { source, row, failing, close } = await inThread(folder.path);
  add(source, 3);
  failing.behind = "frames.add";
  await assertRejects(() => source.flush(), FramewireError, "I/O");
  add(source, 1, { from: 4 });
  await source.reopened(row());
  assertEquals([source.pictures, source.memoryBytes], [4, 1_000]);
  await source.flush();
  assertEquals([source.pictures, source.memoryBytes, source.bytes], [4, 0, 4_000]);
  assertEquals(await take(source), [[1, 1], [2, 2], [3, 3], [4, 4]]);
  close();
});

Deno.test("SpoolSource whose commits meet the full disk leaves no files behind which nobody knows", async () => {
  await using folder = await tempFolder();
  const { source, failing, close } = await inThread(folder.path);
  const bytes = async () => {
    const names = (await Array.fromAsync(Deno.readDir(folder.join("frames")))).map(({ name }) => name).sort();
    return await Promise.all(names.map(async (name) => (await Deno.stat(folder.join("frames", name))).size));
  };
  add(source, 3);
  await source.flush();
  add(source, 7, { from: 4 });
  failing.before = "frames.add";
  for (let attempt = 0; attempt < 3; attempt++) {
    await assertRejects(() => source.flush(), FramewireError, "full");
    assertEquals(await bytes(), [3_000]);
  }
  failing.before = "";
  await source.flush();
  assertEquals(await bytes(), [3_000, 7_000]);
  assertEquals((await take(source)).map(([, time]) => time), upTo(10));
  close();
});
