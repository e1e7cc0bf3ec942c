/** Each event once and none lost, whatever is sent again, in whatever order, over whatever restarts. */
import { assert, assertEquals } from "@std/assert";
import type { EventRow } from "../../lib/store/event_catalog.ts";
import { CatalogDatabase } from "../../lib/store/catalog_database.ts";
import { encodeBatch } from "../../lib/protocol/event_batch.ts";
import { type EventFixture, MemoryEventFixture, reading, withRealEvents } from "../helpers/event_store_fixture.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

/** Numbers of a feed by run which were told as stored. */
type Told = Map<string, Set<number>>;

/** Boxes with two feeds and two runs send again and again, in any order, and drop something now and then. */
async function sendAtRandom(fixture: EventFixture, random: SeededRandom, steps: number): Promise<Told> {
  const told: Told = new Map();
  let appends: Promise<unknown>[] = [];
  for (let step = 0; step < steps; step++) {
    const name = random.pick(["a", "b"]);
    const run = random.pick(["one", "two"]);
    const feed = await fixture.open(name, { run, floor: random.chance(0.1) ? random.int(30) : 1 });
    const key = `${name} ${run}`;
    const stored = told.get(key) ?? new Set();
    told.set(key, stored);
    const below = feed.held[0]?.first === 1 ? feed.held[0].last : 0;
    for (const sequence of stored) {
      assert(feed.held.some(({ first, last }) => sequence >= first && sequence <= last), `${key}: ${sequence} is lost`);
    }
    for (let batch = random.int(6); batch > 0; batch--) {
      const first = 1 + random.int(60);
      const temperatures = Array.from({ length: random.int(12) }, (_, index) => first + index);
      appends.push(
        feed.read(temperatures, { first, late: random.chance(0.5) }).then(({ stored: count, lastSequence }) => {
          assertEquals(lastSequence, temperatures.at(-1) ?? 0);
          assert(count <= temperatures.length);
          for (const sequence of temperatures) if (sequence > below) stored.add(sequence);
        }),
      );
    }
    if (random.chance(0.3)) {
      await Promise.all(appends);
      appends = [];
      if (random.chance(0.3)) await fixture.again();
    }
  }
  await Promise.all(appends);
  return told;
}

async function check(fixture: EventFixture, told: Told): Promise<void> {
  const rows = await fixture.all();
  const keys = rows.map(({ feed, run, sequence }) => `${feed} ${run} ${sequence}`);
  assertEquals(new Set(keys).size, keys.length, "an event is there twice");
  for (const row of rows) assertEquals(row.tempCel, row.sequence);
  // What came below a floor was left out, and its box knows.
  const held = new Map<string, readonly { first: number; last: number }[]>();
  for (const key of told.keys()) {
    const [name, run] = key.split(" ") as [string, string];
    held.set(key, (await fixture.open(name, { run })).held);
  }
  for (const [key, sequences] of told) {
    for (const sequence of sequences) {
      assert(held.get(key)!.some(({ first, last }) => sequence >= first && sequence <= last), `${key} ${sequence}`);
    }
  }
  const feeds = await fixture.store.feeds();
  assertEquals(feeds.reduce((sum, { events }) => sum + events, 0), rows.length);
  for (const { id, feed } of feeds) {
    const all = { feedId: id, measure: "temp_cel", sinceMs: 0, untilMs: 4e12, buckets: 10 };
    const { points } = await fixture.store.series(all);
    const own = rows.filter((row) => row.feed === feed);
    assertEquals(points.reduce((sum, { count }) => sum + count, 0), own.length, "each is summed up once");
  }
}

/** Ids are given in the order of arrival, which is the same for both. */
const inOrder = (rows: readonly EventRow[]) =>
  rows.toSorted((a, b) => a.id - b.id).map((row) => ({ ...row, id: 0, feedId: 0 }));

Deno.test("EventStore has each event once, whatever comes again and in whatever order; SQLite as its twin", async () => {
  for (let seed = 1; seed <= 4; seed++) {
    const memory = new MemoryEventFixture({});
    await memory.store.start();
    await check(memory, await sendAtRandom(memory, new SeededRandom(seed), 25));
    await withRealEvents(async (fixture) => {
      await check(fixture, await sendAtRandom(fixture, new SeededRandom(seed), 25));
      assertEquals(inOrder(await fixture.all()), inOrder(await memory.all()), `seed ${seed}`);
    });
  }
});

Deno.test("EventStore (in memory) has each event once, over many seeds", async () => {
  for (let seed = 100; seed < 250; seed++) {
    const memory = new MemoryEventFixture({});
    await memory.store.start();
    await check(memory, await sendAtRandom(memory, new SeededRandom(seed), 30));
  }
});

Deno.test("EventTables knows nothing any more of a transaction that was rolled back", async () => {
  await using folder = await tempFolder();
  const database = new CatalogDatabase(folder.join("framewire.db"));
  try {
    const opening = { device: "box", feed: "a", run: "r", floor: 1, nowMs: 1, feedsMax: 9 };
    const { feedId } = database.transaction(() => database.eventTables.openFeed(opening))!;
    const receivedMs = Date.UTC(2026, 0, 1);
    const append = (first: number, deviceId = 7) => {
      const event = { timeMs: receivedMs, source: null, body: reading(first, { deviceId }) };
      const batch = encodeBatch([{ ...event, sequence: first }, { ...event, sequence: first + 1 }]);
      return database.eventTables.append({ feedId, run: "r", late: false, receivedMs, offsetMs: 0, batch });
    };
    database.transaction(() => append(1));
    const failing = () => {
      append(2);
      append(10, 9);
      throw new Error("the disk is full");
    };
    for (let time = 0; time < 2; time++) {
      try {
        database.transaction(failing);
      } catch (error) {
        assertEquals((error as Error).message, "the disk is full");
      }
    }
    assertEquals(database.transaction(() => append(2)), { stored: 1, lastSequence: 3 });
    assertEquals(database.transaction(() => append(10, 9)), { stored: 2, lastSequence: 11 });
    const { rows } = database.eventQueries.page({ order: "ascending", limit: 99 });
    assertEquals(rows.map(({ sequence }) => sequence), [1, 2, 3, 10, 11]);
    const count = (measure: string) => {
      const all = { feedId, measure, sinceMs: 0, untilMs: 4e12, buckets: 2 };
      return database.eventQueries.series(all).points.map(({ count }) => count);
    };
    assertEquals([count("temp_cel"), count("temp_cel/9"), count("humidity/9")], [[3], [2], [2]]);
    assertEquals(database.eventQueries.feeds()[0]!.events, 5);
    const { held } = database.transaction(() => database.eventTables.openFeed(opening))!;
    assertEquals(held, [{ first: 1, last: 3 }, { first: 10, last: 11 }]);
  } finally {
    database.close();
  }
});
