import { assert, assertEquals, assertGreater, assertLess, assertLessOrEqual, assertRejects } from "@std/assert";
import { join } from "node:path";
import { FramewireError } from "../../lib/errors.ts";
import { systemDisk } from "../../lib/platform/disk.ts";
import { decodeBatch } from "../../lib/protocol/event_batch.ts";
import type { FeedQueue } from "../../lib/store/feed_queue.ts";
import { Spool } from "../../lib/store/spool.ts";
import type { SpoolOptions } from "../../lib/store/spool_options.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { upTo } from "../helpers/feed_world.ts";
import { waitFor } from "../helpers/wait_for.ts";

const clock = new MadeUpClock();
let seed = 1;

function open(path: string, options: Partial<SpoolOptions> = {}): Promise<Spool> {
  const random = new SeededRandom(seed++);
  return Spool.open({
    ...{ path, bytesMax: 1e9, keepMs: 7 * 86_400_000, disk: systemDisk, clock, random, note: () => {} },
    ...options,
  });
}

function texts(count: number, from = 1, bytes = 10) {
  return upTo(count).map((number) => ({
    timeMs: clock.wallMs(),
    source: null,
    body: { kind: "text" as const, text: String(from + number - 1).padEnd(bytes, ".") },
  }));
}

/** Numbers and texts of all that waits. */
async function contentOf(queue: FeedQueue, bytesMax = 10_000): Promise<[number, string][]> {
  const content: [number, string][] = [];
  for (let after = 0;;) {
    const packs = await queue.read(after, bytesMax);
    if (packs.length === 0) return content;
    for (const pack of packs) {
      const events = decodeBatch(pack.bytes);
      assertEquals([events[0]?.sequence, events.at(-1)?.sequence], [pack.first, pack.last]);
      for (const { sequence, body } of events) content.push([sequence, (body as { text: string }).text]);
      after = pack.last;
    }
  }
}

async function numbersOf(queue: FeedQueue): Promise<number[]> {
  return (await contentOf(queue)).map(([number]) => number);
}

Deno.test("Spool keeps events, their numbers, the run and the mark over a close", async () => {
  await using folder = await tempFolder();
  const first = await open(folder.path);
  const queue = await first.feed("room");
  assertEquals(await queue.append(texts(1_500)), { firstSequence: 1 });
  assertEquals(await queue.append([{ ...texts(1, 1_501)[0]!, mark: "byte 7" }]), { firstSequence: 1_501 });
  await first.close();
  const second = await open(folder.path);
  assertEquals(second.feeds(), ["room"]);
  const again = await second.feed("room");
  assertEquals([again.run, again.mark, again.lastSequence, again.floor, again.events], [
    queue.run,
    "byte 7",
    1_501,
    1,
    1_501,
  ]);
  const content = await contentOf(again);
  assertEquals(content.map(([number]) => number), upTo(1_501));
  assertEquals(content[1_500], [1_501, "1501......"]);
  assertEquals(await again.append(texts(1)), { firstSequence: 1_502 });
  await second.close();
});

Deno.test("Spool gives what is asked for behind any event, across packs and from memory and disk alike", async () => {
  await using folder = await tempFolder();
  const spool = await open(folder.path);
  const queue = await spool.feed("room");
  for (let number = 1; number <= 300; number++) await queue.append(texts(1, number));
  await queue.append(texts(2_500, 301));
  await spool.close();
  const again = await open(folder.path);
  const cold = await again.feed("room");
  for (const after of [0, 1, 63, 64, 299, 300, 301, 1_299, 1_300, 2_798, 2_799]) {
    const [pack] = await cold.read(after, 1);
    assertEquals([pack?.first, decodeBatch(pack!.bytes)[0]?.sequence], [after + 1, after + 1]);
  }
  assertEquals(await cold.read(2_800, 1), []);
  await cold.append(texts(3, 2_801));
  assertEquals((await cold.read(2_800, 1))[0]?.first, 2_801);
  assertEquals((await cold.read(10, 1))[0]?.first, 11);
  await again.close();
});

Deno.test("Spool forgets what is stored, also in the middle of a pack, and counts it", async () => {
  await using folder = await tempFolder();
  const spool = await open(folder.path);
  const queue = await spool.feed("room");
  await queue.append(texts(1_000));
  await queue.append(texts(1_000, 1_001));
  await queue.append(texts(1_000, 2_001));
  queue.stored(1, 1_500, 1_500);
  assertEquals([queue.events, queue.floor], [1_500, 1_501]);
  queue.stored(2_901, 2_950, 50);
  assertEquals(queue.events, 1_450);
  assertEquals(await numbersOf(queue), [...upTo(2_900).slice(1_500), ...upTo(3_000).slice(2_950)]);
  assertEquals(await queue.held([{ first: 1, last: 1_600 }, { first: 2_901, last: 2_950 }]), 100);
  assertEquals([queue.events, queue.floor], [1_350, 1_601]);
  const { bytes } = queue;
  queue.stored(1_601, 2_000, 400);
  await clock.advance(300);
  await waitFor(() => queue.bytes < bytes, { what: "the pack to be removed" });
  queue.stored(2_001, 3_000, 950);
  await waitFor(() => queue.bytes === 0, { what: "all packs to be removed" });
  assertEquals([queue.events, queue.floor, spool.feeds(), spool.status().events], [0, 3_001, [], 0]);
  await spool.close();
  const again = await open(folder.path);
  assertEquals(await (await again.feed("room")).append(texts(1)), { firstSequence: 3_001 });
  await again.close();
});

Deno.test("Spool commits what is appended in the same moment together", async () => {
  await using folder = await tempFolder();
  const spool = await open(folder.path);
  const queue = await spool.feed("room");
  const startMs = performance.now();
  for (let number = 1; number <= 20; number++) await queue.append(texts(1));
  const oneByOneMs = performance.now() - startMs;
  const answers = await Promise.all(upTo(2_000).map(() => queue.append(texts(1))));
  const togetherMs = performance.now() - startMs - oneByOneMs;
  assertEquals(answers.map(({ firstSequence }) => firstSequence), upTo(2_020).slice(20));
  // A hundred times as many; each by itself would take a hundred times as long.
  assertLess(togetherMs, 30 * oneByOneMs + 500);
  await spool.close();
});

Deno.test("Spool that is full drops the oldest events of the feed that has most, and says so in an event", async () => {
  await using folder = await tempFolder();
  const spool = await open(folder.path, { bytesMax: 200_000 });
  const [busy, quiet] = [await spool.feed("busy"), await spool.feed("quiet")];
  await quiet.append(texts(20));
  for (let round = 0; round < 60; round++) {
    await busy.append(texts(100, 1, 100));
    assertLessOrEqual(spool.status().bytes, 200_000 + 30_000);
  }
  await waitFor(() => spool.status().bytes <= 200_000, { what: "the spool to keep to its bound" });
  assertEquals([quiet.events, quiet.dropped], [20, 0]);
  const numbers = await numbersOf(busy);
  assertEquals([numbers.at(-1), numbers.length], [6_000, 6_000 - busy.dropped]);
  assertEquals(numbers, upTo(6_000).slice(busy.dropped));
  assertGreater(busy.events, 1_000);
  await spool.tellDropped();
  await spool.tellDropped();
  const told = await spool.feed("framewire");
  const [[, json]] = await jsonsOf(told) as [[number, string]];
  const now = new Date(clock.wallMs()).toISOString();
  assertEquals(JSON.parse(json), { dropped: busy.dropped, feed: "busy", reason: "full", from: now, to: now });
  assertEquals(told.events, 1);
  await spool.close();
});

Deno.test("Spool that is full drops for appends of one moment no more than they need, and nothing of another feed", async () => {
  await using folder = await tempFolder();
  const spool = await open(folder.path, { bytesMax: 1_000_000 });
  const [busy, quiet] = [await spool.feed("busy"), await spool.feed("quiet")];
  await quiet.append(texts(20));
  while (busy.dropped === 0) await busy.append(texts(1, 1, 900));
  const before = busy.events + busy.dropped;
  await Promise.all(upTo(100).map(() => busy.append(texts(1, 1, 900))));
  assertGreater(spool.status().bytes, 950_000);
  assertLessOrEqual(spool.status().bytes, 1_000_000);
  assertEquals([quiet.events, busy.events + busy.dropped], [20, before + 100]);
  // More than all there is room for: what was told as safe stays.
  const ends = await Promise.allSettled(upTo(40).map(() => busy.append(texts(1, 1, 50_000))));
  const codes = ends.map((end) => end.status === "fulfilled" ? "safe" : (end.reason as FramewireError).code);
  assertEquals([...new Set(codes)].sort(), ["NO_SPACE", "safe"]);
  const safe = codes.filter((code) => code === "safe").length;
  assertGreater(safe, 15);
  const large = (await contentOf(busy)).filter(([, { length }]) => length === 50_000);
  assertEquals([quiet.events, large.length], [20, safe]);
  await spool.close();
});

async function jsonsOf(queue: FeedQueue): Promise<[number, string][]> {
  const packs = await queue.read(0, 1e6);
  return packs.flatMap(({ bytes }) => decodeBatch(bytes))
    .map(({ sequence, body }) => [sequence, (body as { json: string }).json]);
}

Deno.test("Spool does not drop what is on its way", async () => {
  await using folder = await tempFolder();
  const spool = await open(folder.path, { bytesMax: 100_000 });
  const queue = await spool.feed("room");
  for (let round = 0; round < 5; round++) await queue.append(texts(100, 1, 100));
  queue.sending = [{ first: 1, last: 150 }];
  for (let round = 0; round < 20; round++) await queue.append(texts(100, 1, 100));
  await waitFor(() => spool.status().bytes <= 100_000, { what: "the spool to keep to its bound" });
  const numbers = await numbersOf(queue);
  // Whole packs.
  assertEquals(numbers.slice(0, 200), upTo(200));
  assertGreater(numbers[200]!, 1_000);
  await spool.close();
});

Deno.test("Spool refuses new events of a feed whose rule that is, and goes on when there is room", async () => {
  await using folder = await tempFolder();
  const spool = await open(folder.path, { bytesMax: 50_000, policyOf: () => "refuse-new" });
  const queue = await spool.feed("room");
  let kept = 0;
  const error = await assertRejects(async () => {
    for (;; kept += 100) await queue.append(texts(100, 1, 100));
  }, FramewireError);
  assertEquals(error.code, "NO_SPACE");
  assertEquals(await numbersOf(queue), upTo(kept));
  assertEquals([queue.dropped, queue.lastSequence], [0, kept]);
  queue.stored(1, 200, 200);
  await clock.advance(300);
  await waitFor(() => queue.bytes < 30_000, { what: "room" });
  assertEquals(await queue.append(texts(100)), { firstSequence: kept + 1 });
  await spool.close();
});

Deno.test("Spool drops what is too old, and never because the clock of the box jumped", async () => {
  await using folder = await tempFolder();
  const boxClock = new MadeUpClock(0);
  const spool = await open(folder.path, { clock: boxClock, keepMs: 3_600_000 });
  const queue = await spool.feed("room");
  // The box has no time yet, and gets it.
  await queue.append(texts(10));
  await boxClock.advance(120_000);
  boxClock.setWall(Date.UTC(2026, 5, 1));
  await queue.append(texts(10));
  const minutes = async (count: number) => {
    for (let minute = 0; minute < count; minute++) {
      await boxClock.advance(60_000);
      await spool.tellDropped();
    }
  };
  await minutes(55);
  assertEquals(queue.events, 20);
  await queue.append(texts(10));
  await minutes(10);
  await waitFor(() => queue.events === 10, { what: "the old ones to go" });
  assertEquals([queue.dropped, await numbersOf(queue)], [20, upTo(30).slice(20)]);
  await spool.close();
});

Deno.test("Spool keeps what waits for as long as it may when the clock of the box is set weeks ahead", async () => {
  await using folder = await tempFolder();
  const boxClock = new MadeUpClock();
  const spool = await open(folder.path, { clock: boxClock, keepMs: 2 * 3_600_000 });
  const queue = await spool.feed("room");
  await queue.append(texts(10));
  await boxClock.advance(600_000);
  boxClock.setWall(boxClock.wallMs() + 28 * 86_400_000);
  for (let minute = 10; minute < 115; minute++) {
    await boxClock.advance(60_000);
    await spool.tellDropped();
    assertEquals(queue.events, 10, `${minute} min`);
  }
  await boxClock.advance(20 * 60_000);
  await waitFor(() => queue.events === 0, { what: "the old ones to go" });
  await spool.close();
});

Deno.test("Spool whose file is damaged is moved aside, with a message, and begun anew", async () => {
  for (const damage of ["header", "page"] as const) {
    await using folder = await tempFolder();
    const spool = await open(folder.path);
    const queue = await spool.feed("room");
    for (let round = 0; round < 20; round++) await queue.append(texts(500, 1, 100));
    await spool.close();
    const path = join(folder.path, "spool.db");
    const file = await Deno.open(path, { write: true });
    await file.seek(damage === "header" ? 0 : 4_096, Deno.SeekMode.Start);
    await file.write(new SeededRandom(5).bytes(20_000));
    file.close();
    const notes: string[] = [];
    const again = await open(folder.path, { note: (text) => void notes.push(text) });
    assertEquals(notes.length, 1, damage);
    assert(/^The spool was damaged \(.+\); it is kept as spool-damaged-\w+\.db, and another/.test(notes[0]!), notes[0]);
    const fresh = await again.feed("room");
    assert(fresh.run !== queue.run);
    assertEquals(await fresh.append(texts(1)), { firstSequence: 1 });
    assert((await Array.fromAsync(Deno.readDir(folder.path))).some(({ name }) => name.startsWith("spool-damaged-")));
    await again.close();
  }
});

Deno.test("Spool is one program's at a time", async () => {
  await using folder = await tempFolder();
  const spool = await open(folder.path);
  const error = await assertRejects(() => open(folder.path), FramewireError);
  assertEquals(error.code, "DATA_LOCKED");
  await spool.close();
  await (await open(folder.path)).close();
});

Deno.test("Spool refuses an event that is too large, and gives its number to the next", async () => {
  await using folder = await tempFolder();
  const spool = await open(folder.path);
  const queue = await spool.feed("room");
  const error = await assertRejects(() => queue.append(texts(1, 1, 1 << 21)), FramewireError);
  assertEquals(error.code, "MALFORMED");
  assertEquals(await queue.append(texts(1)), { firstSequence: 1 });
  await spool.close();
});

Deno.test("Spool under another run: the same events, and no number is known as stored", async () => {
  await using folder = await tempFolder();
  const spool = await open(folder.path);
  const queue = await spool.feed("room");
  await queue.append(texts(10));
  const { run } = queue;
  await queue.renew();
  assert(queue.run !== run);
  assertEquals(await numbersOf(queue), upTo(10));
  await spool.close();
  const again = await open(folder.path);
  assertEquals((await again.feed("room")).run, queue.run);
  await again.close();
});
