import { assertEquals } from "@std/assert";
import {
  addLive,
  columnsOf,
  extentOf,
  gapLimitMs,
  type History,
  joinedSeries,
  lateSpans,
  LIVE_POINTS_MAX,
  type LivePoint,
  pointNear,
  POINTS_MAX,
  type SeriesPoint,
} from "../../../../lib/viewer/page/events/series.ts";

const one = (timeMs: number, value = timeMs): SeriesPoint => ({
  timeMs,
  min: value,
  max: value,
  mean: value,
  count: 1,
  late: 0,
});
const times = (points: readonly SeriesPoint[]) => points.map(({ timeMs }) => timeMs);
const history = (points: readonly SeriesPoint[], untilMs: number, bucketMs = 10): History => ({
  points,
  untilMs,
  bucketMs,
});

Deno.test("a live reading which the answer has already does not count twice, one behind its end does", () => {
  const known = history([one(100, 5), one(110, 6)], 115);
  const live = [[112, 60], [115, 70], [116, 8], [131, 9]].map(([timeMs, value]) => ({
    timeMs: timeMs!,
    value: value!,
    late: timeMs === 116,
  }));
  assertEquals(joinedSeries(known, live, { fromMs: 0, toMs: 200 }), [
    one(100, 5),
    { timeMs: 110, min: 6, max: 8, mean: 7, count: 2, late: 1 },
    { ...one(130, 9) },
  ]);
});

Deno.test("live readings are put in order, and those outside of the window are left out", () => {
  const live = [30, 20, 900].map((timeMs) => ({ timeMs, value: timeMs, late: false }));
  assertEquals(times(joinedSeries(history([], 0, 1), live, { fromMs: 0, toMs: 100 })), [20, 30]);
  assertEquals(times(joinedSeries(history([one(20), one(80)], 90, 1), [], { fromMs: 50, toMs: 100 })), [80]);
});

Deno.test("a series keeps so many points and no more: the oldest go", () => {
  const points = Array.from({ length: POINTS_MAX + 5 }, (_, i) => one(i));
  const joined = joinedSeries(history(points, 10_000, 1), [], { fromMs: 0, toMs: 10_000 });
  assertEquals([joined.length, joined[0]?.timeMs], [POINTS_MAX, 5]);
  const live: LivePoint[] = [];
  for (let i = 0; i < LIVE_POINTS_MAX + 3; i++) addLive(live, { timeMs: i, value: i, late: false });
  assertEquals([live.length, live[0]?.timeMs], [LIVE_POINTS_MAX, 3]);
});

Deno.test("a gap breaks the line, and neither the usual interval nor the width of the buckets is one", () => {
  const points = [0, 10, 20, 30, 90, 100].map((ms) => one(ms));
  assertEquals(gapLimitMs(points, 1), 30);
  assertEquals(columnsOf(points, 1).timeMs, [0, 10, 20, 30, 60, 90, 100]);
  assertEquals(columnsOf(points, 1).mean, [0, 10, 20, 30, null, 90, 100]);
  assertEquals(columnsOf(points, 1).min[4], null);
  assertEquals(columnsOf(points, 1).max[4], null);
  assertEquals(columnsOf(points, 40).mean.includes(null), false);
  assertEquals(columnsOf([one(0)], 1).mean, [0]);
});

Deno.test("pointNear finds the nearest point, and none in a gap", () => {
  const points = [0, 10, 20, 100].map((ms) => one(ms));
  assertEquals(pointNear(points, 14, 10)?.timeMs, 10);
  assertEquals(pointNear(points, 16, 10)?.timeMs, 20);
  assertEquals(pointNear(points, 60, 30), null);
  assertEquals(pointNear([], 60, 30), null);
});

Deno.test("extentOf weighs means by what is behind them", () => {
  assertEquals(extentOf([{ timeMs: 0, min: 1, max: 9, mean: 4, count: 3, late: 0 }, one(1, 8)]), {
    min: 1,
    max: 9,
    mean: 5,
    count: 4,
  });
  assertEquals(extentOf([]), null);
});

Deno.test("late points next to each other are one span; a gap, or a point which came in time, ends it", () => {
  const points = [0, 10, 20, 30, 40, 50, 200, 210].map((ms) => ({
    ...one(ms),
    late: [10, 20, 40, 50, 200].includes(ms) ? 1 : 0,
  }));
  assertEquals(lateSpans(points, 10), [
    { fromMs: 10, toMs: 30 },
    { fromMs: 40, toMs: 60 },
    { fromMs: 200, toMs: 210 },
  ]);
  assertEquals(lateSpans([one(0)], 10), []);
});
