/** What is drawn, against a plain calculation. */
import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals } from "@std/assert";
import type { Series } from "../../lib/store/event_catalog.ts";
import { eventContract, type EventFixture, reading, withRealEvents } from "../helpers/event_store_fixture.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Value {
  readonly timeMs: number;
  readonly value: number;
  readonly late: boolean;
}

/** Buckets of `values`, of which those in parts of `stepMs` that overlap the span count. */
function plainly(values: readonly Value[], sinceMs: number, untilMs: number, bucketMs: number, stepMs: number) {
  const inside = values.filter(({ timeMs }) => {
    const partMs = stepMs === 0 ? timeMs : Math.floor(timeMs / stepMs) * stepMs;
    return partMs > sinceMs - (stepMs === 0 ? 1e-9 : stepMs) && partMs <= untilMs;
  });
  return [...Map.groupBy(inside, ({ timeMs }) => Math.floor(timeMs / bucketMs))].sort(([a], [b]) => a - b).map(
    ([bucket, some]) => ({
      timeMs: bucket * bucketMs,
      min: Math.min(...some.map(({ value }) => value)),
      max: Math.max(...some.map(({ value }) => value)),
      mean: some.reduce((sum, { value }) => sum + value, 0) / some.length,
      count: some.length,
      late: some.filter(({ late }) => late).length,
    }),
  );
}

function assertSeries({ points }: Series, expected: ReturnType<typeof plainly>, what: string): void {
  const exact = (some: typeof expected) => some.map(({ mean: _, ...point }) => point);
  assertEquals(exact(points), exact(expected), what);
  points.forEach(({ mean }, index) => assert(Math.abs(mean - expected[index]!.mean) < 1e-6, what));
}

/** Three weeks of values with holes, in batches which come in any order, some of them twice. */
async function fill(fixture: EventFixture): Promise<Map<string, Value[]>> {
  const random = new SeededRandom(3);
  const feed = await fixture.open();
  const nowMs = fixture.clock.wallMs();
  const values = new Map<string, Value[]>();
  const add = (name: string, timeMs: number, value: number, late: boolean) => {
    const own = values.get(name) ?? [];
    values.set(name, own);
    own.push({ timeMs, value, late });
  };
  for (const batch of shuffled(Array.from({ length: 60 }, (_, index) => index), random)) {
    const stepMs = random.pick([10_000, 100, 90_500.25]);
    const endMs = nowMs - batch * 8 * HOUR - random.int(HOUR);
    const late = random.chance(0.3);
    const bodies = Array.from({ length: 50 }, (_, index) => {
      const timeMs = endMs - (49 - index) * stepMs;
      const deviceId = random.pick([1, 1, 2]);
      const value = random.int(1_000) / 8 - 50;
      if (random.chance(0.2)) {
        add("temp_cel", timeMs, value, late);
        return { kind: "json", json: `{"temp_cel": ${value}, "other": "x"}` } as const;
      }
      const isPlain = deviceId === 1;
      add(isPlain ? "temp_cel" : "temp_cel/2", timeMs, value, late);
      add(isPlain ? "humidity" : "humidity/2", timeMs, value + 100, late);
      return reading(value, { deviceId, humidity: value + 100 });
    });
    // The first that is seen has the plain name.
    const fields = { first: 1 + batch * 50, endMs, stepMs, late };
    await feed.append(bodies, fields);
    // Sent again, it is what it was first.
    if (batch % 7 === 0) await feed.append(bodies, { ...fields, late: !late });
  }
  return values;
}

function shuffled<T>(items: T[], random: SeededRandom): T[] {
  for (let at = items.length - 1; at > 0; at--) {
    const other = random.int(at + 1);
    [items[at], items[other]] = [items[other]!, items[at]!];
  }
  return items;
}

eventContract("draws min, max, mean, count and how many were late of each bucket of any span", async (fixture) => {
  const feedId = (await fixture.open()).feedId;
  // Device 1 comes first.
  await (await fixture.open("sensor", { run: "first" })).append([reading(1, { deviceId: 1, humidity: 1 })], {
    endMs: 0,
  });
  const first = { timeMs: fixture.clock.wallMs(), value: 1, late: false };
  const values = await fill(fixture);
  values.get("temp_cel")!.push(first);
  values.get("humidity")!.push(first);
  const nowMs = fixture.clock.wallMs();
  const spans = [[nowMs - 30 * DAY, nowMs], [nowMs - 3 * DAY, nowMs - DAY], [nowMs - HOUR, nowMs], [0, 4e12]] as const;
  const steps = new Set<number>();
  for (const [measure, own] of values) {
    for (const [sinceMs, untilMs] of spans) {
      for (const buckets of [2, 10, 300, 2_000, 1e9]) {
        const series = await fixture.store.series({ feedId, measure, sinceMs, untilMs, buckets });
        const { bucketMs, points } = series;
        const leastMs = (untilMs - sinceMs) / (Math.min(buckets, 2_000) - 1);
        const stepMs = [DAY, HOUR, MINUTE].find((step) => step <= leastMs) ?? 0;
        steps.add(stepMs);
        assert(points.length <= buckets && points.length <= 2_000, `${points.length} of ${buckets}`);
        assert(bucketMs >= leastMs && bucketMs < leastMs + Math.max(1, stepMs), `${bucketMs} for ${leastMs}`);
        const what = `${measure}, ${buckets} of ${untilMs - sinceMs} ms`;
        assertSeries(series, plainly(own, sinceMs, untilMs, bucketMs, stepMs), what);
      }
    }
  }
  assertEquals(steps.size, 4, "rows, minutes, hours and days were all drawn from");
});

eventContract("draws all there is of a span without bounds, and nothing of what is not there", async (fixture) => {
  const feed = await fixture.open();
  const all = { feedId: feed.feedId, sinceMs: -Infinity, untilMs: Infinity, buckets: 100 };
  assertEquals((await fixture.store.series({ ...all, measure: "temp_cel" })).points, []);
  await feed.read([1, NaN, 2, Infinity, 3]);
  const { points } = await fixture.store.series({ ...all, measure: "temp_cel" });
  assertEquals(points.map(({ count }) => count), [1, 1, 1]);
  assertEquals(points.map(({ mean }) => mean), [1, 2, 3]);
  assertEquals((await fixture.store.series({ ...all, measure: "pressure" })).points, []);
  assertEquals((await fixture.store.series({ ...all, feedId: 99, measure: "temp_cel" })).points, []);
  const backwards = { ...all, sinceMs: 2e12, untilMs: 1e12, measure: "temp_cel" };
  assertEquals((await fixture.store.series(backwards)).points, []);
});

eventContract("draws a value in the moment in which it is stored", async (fixture) => {
  const feed = await fixture.open();
  const all = { feedId: feed.feedId, sinceMs: 0, untilMs: 4e12, buckets: 100, measure: "temp_cel" };
  // While the first is committed, the others gather: they share the next commit.
  const stored = [feed.read([9], { first: 9 }), feed.read([1, 2, 3])];
  const { points } = await fixture.store.series(all);
  await Promise.all(stored);
  assertEquals(points.map(({ count }) => count), [4]);
});

Deno.test("EventStore draws a year of a value a second from what is summed up, and a span with many rows, too", () =>
  withRealEvents(async (fixture) => {
    const feed = await fixture.open();
    const nowMs = fixture.clock.wallMs();
    // Makes the measure.
    await feed.read([1], { endMs: nowMs - 400 * DAY });
    const database = new DatabaseSync(fixture.path, { timeout: 5_000 });
    database.exec("BEGIN");
    const insert = database.prepare("INSERT OR REPLACE INTO rollup VALUES (1, ?, ?, ?, ?, ?, ?, 30)");
    for (const [stepMs, spanMs] of [[MINUTE, 40 * DAY], [HOUR, 365 * DAY], [DAY, 365 * DAY]] as const) {
      const count = stepMs / 1_000;
      for (let at = Math.floor((nowMs - spanMs) / DAY) * DAY; at < Math.floor(nowMs / DAY) * DAY; at += stepMs) {
        insert.run(stepMs, at, count, 20 * count, at === 0 ? 0 : 10, 30);
      }
    }
    database.exec("COMMIT");
    database.close();
    const query = { feedId: feed.feedId, measure: "temp_cel", untilMs: nowMs, buckets: 2_000 };
    const year = await fixture.store.series({ ...query, sinceMs: nowMs - 365 * DAY });
    assertEquals(year.bucketMs, 5 * HOUR);
    assert(year.points.length > 1_700 && year.points.length <= 2_000);
    assertEquals(year.points[5], {
      timeMs: year.points[5]!.timeMs,
      min: 10,
      max: 30,
      mean: 20,
      count: 5 * 3_600,
      late: 150,
    });
    const week = await fixture.store.series({ ...query, sinceMs: nowMs - 7 * DAY });
    assertEquals([week.bucketMs, week.points[5]!.count], [6 * MINUTE, 360]);
  }));
