/** A series of readings: what the server knows, joined with what came since, and where nothing came. Pure. */
import type { TimeWindow } from "../live/timeline_math.ts";

/** Readings of one bucket of time. */
export interface SeriesPoint {
  /** Begin of the bucket, or the time of the one reading. */
  readonly timeMs: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly count: number;
  /** How many of them had to wait on their box. */
  readonly late: number;
}

/** One reading that came over the WebSocket. */
export interface LivePoint {
  readonly timeMs: number;
  readonly value: number;
  readonly late: boolean;
}

/** What the server answered: everything up to `untilMs` inclusive. */
export interface History {
  readonly bucketMs: number;
  readonly untilMs: number;
  readonly points: readonly SeriesPoint[];
}

/** Columns as a chart draws them: null where the line is to be broken. */
export interface Columns {
  readonly timeMs: number[];
  readonly mean: (number | null)[];
  readonly min: (number | null)[];
  readonly max: (number | null)[];
}

/** Points of a series which the page keeps, at most; older ones go first. */
export const POINTS_MAX = 2_000;
/** Live points which are kept until the server's answer has them. */
export const LIVE_POINTS_MAX = 1_000;
/** This many times as long as usual without a reading is a gap. */
const GAP_FACTOR = 3;
/** Intervals that are looked at to know what is usual. */
const SAMPLED_MAX = 400;

/**
 * The points of a window, oldest first. The answer holds everything up to its end, so only live points behind it are
 * added: no reading counts twice.
 */
export function joinedSeries(history: History, live: readonly LivePoint[], window: TimeWindow): SeriesPoint[] {
  const { bucketMs } = history;
  const marginMs = bucketMs + (window.toMs - window.fromMs) * 0.02;
  const points = history.points.filter(({ timeMs }) =>
    timeMs >= window.fromMs - marginMs && timeMs <= window.toMs + marginMs
  );
  const newer = live
    .filter(({ timeMs }) => timeMs > history.untilMs && timeMs >= window.fromMs && timeMs <= window.toMs + marginMs)
    .sort((a, b) => a.timeMs - b.timeMs);
  for (const { timeMs, value, late } of newer) {
    const last = points.at(-1);
    if (last !== undefined && timeMs < last.timeMs + bucketMs) points[points.length - 1] = withValue(last, value, late);
    else {
      const stepsMs = last === undefined || bucketMs <= 0
        ? timeMs
        : last.timeMs + Math.floor((timeMs - last.timeMs) / bucketMs) * bucketMs;
      points.push({ timeMs: stepsMs, min: value, max: value, mean: value, count: 1, late: Number(late) });
    }
  }
  return points.slice(-POINTS_MAX);
}

function withValue(point: SeriesPoint, value: number, late: boolean): SeriesPoint {
  return {
    timeMs: point.timeMs,
    min: Math.min(point.min, value),
    max: Math.max(point.max, value),
    mean: (point.mean * point.count + value) / (point.count + 1),
    count: point.count + 1,
    late: point.late + Number(late),
  };
}

/** Longer than this between two points is a gap, ms: three times what is usual, and never less than the buckets can show. */
export function gapLimitMs(points: readonly SeriesPoint[], bucketMs: number): number {
  const recent = points.slice(-SAMPLED_MAX);
  const intervals = recent.slice(1).map(({ timeMs }, i) => timeMs - recent[i]!.timeMs).sort((a, b) => a - b);
  const usual = intervals[Math.floor(intervals.length / 2)] ?? 0;
  return intervals.length === 0 ? Infinity : Math.max(GAP_FACTOR * usual, 2.5 * bucketMs);
}

/** Columns with the line broken in each gap. */
export function columnsOf(points: readonly SeriesPoint[], bucketMs: number): Columns {
  const limitMs = gapLimitMs(points, bucketMs);
  const columns: Columns = { timeMs: [], mean: [], min: [], max: [] };
  const put = (timeMs: number, mean: number | null, min: number | null, max: number | null) => {
    columns.timeMs.push(timeMs);
    columns.mean.push(mean);
    columns.min.push(min);
    columns.max.push(max);
  };
  points.forEach(({ timeMs, mean, min, max }, i) => {
    const before = points[i - 1];
    if (before !== undefined && timeMs - before.timeMs > limitMs) {
      put(before.timeMs + (timeMs - before.timeMs) / 2, null, null, null);
    }
    put(timeMs, mean, min, max);
  });
  return columns;
}

/** Spans whose readings waited on their box: of points next to each other one. */
export function lateSpans(points: readonly SeriesPoint[], bucketMs: number): TimeWindow[] {
  const limitMs = gapLimitMs(points, bucketMs);
  const spans: { fromMs: number; toMs: number }[] = [];
  let before: SeriesPoint | undefined;
  for (const point of points) {
    const last = spans.at(-1);
    const isNext = before !== undefined && before.late > 0 && point.timeMs - before.timeMs <= limitMs;
    if (point.late > 0 && isNext) last!.toMs = point.timeMs + bucketMs;
    else if (point.late > 0) spans.push({ fromMs: point.timeMs, toMs: point.timeMs + bucketMs });
    before = point;
  }
  return spans;
}

/** The point nearest to a time; null when there is none within `limitMs`. */
export function pointNear(points: readonly SeriesPoint[], timeMs: number, limitMs: number): SeriesPoint | null {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle]!.timeMs < timeMs) low = middle + 1;
    else high = middle;
  }
  const near = [points[low - 1], points[low]].filter((point) => point !== undefined)
    .sort((a, b) => Math.abs(a.timeMs - timeMs) - Math.abs(b.timeMs - timeMs))[0];
  return near === undefined || Math.abs(near.timeMs - timeMs) > limitMs ? null : near;
}

/** Adds a live point in place; the oldest go when there are too many. */
export function addLive(live: LivePoint[], point: LivePoint): void {
  live.push(point);
  if (live.length > LIVE_POINTS_MAX) live.splice(0, live.length - LIVE_POINTS_MAX);
}

/** Least and greatest value of a series in a window; null when there is none. */
export function extentOf(
  points: readonly SeriesPoint[],
): { min: number; max: number; mean: number; count: number } | null {
  if (points.length === 0) return null;
  let [min, max, sum, count] = [Infinity, -Infinity, 0, 0];
  for (const point of points) {
    min = Math.min(min, point.min);
    max = Math.max(max, point.max);
    sum += point.mean * point.count;
    count += point.count;
  }
  return { min, max, mean: sum / count, count };
}
