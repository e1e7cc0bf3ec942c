/**
 * Values of a measure over a span of time, from rows of events or from what is summed up. Synchronous, in the worker; any
 * span is some ten milliseconds, as commits wait for it.
 */
import type { Series, SeriesPoint, SeriesQuery } from "./event_catalog.ts";
import { type Measure, measureOf } from "./event_measures.ts";
import { STEPS_MS } from "./event_rollups.ts";
import type { Statements } from "./statements.ts";

const POINTS_MAX = 2_000;
/** Rows of events which are looked at. */
const RAW_ROWS_MAX = 100_000;
/** ... when their JSON has to be parsed, and UTF-16 units of it. */
const JSON_ROWS_MAX = 20_000;
const JSON_TEXT_MAX = 8 * 1024 * 1024;

/** What is asked for, with bounds that are finite. */
interface Span {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Shorter ones would be too many. */
  readonly bucketMsMin: number;
}

/** Min, max, mean, count and how many were late, by bucket. */
export function seriesOf(sql: Statements, query: SeriesQuery): Series {
  const row = sql.get("SELECT * FROM measure WHERE feed_id = ? AND name = ?", query.feedId, query.measure);
  const measure = row === undefined ? undefined : measureOf(row);
  const span = measure === undefined ? undefined : spanOf(sql, measure, query);
  if (measure === undefined || span === undefined) return { bucketMs: STEPS_MS[0], points: [] };
  const fine = STEPS_MS.findLastIndex((stepMs) => stepMs <= span.bucketMsMin);
  // The coarsest that is fine enough; what is not kept any more is taken from the next one that has all of it.
  let at = Math.max(0, fine);
  for (let finer = at; finer + 1 < STEPS_MS.length; finer++) if (!isKept(sql, measure, span, finer)) at = finer + 1;
  if (fine < 0 && at === 0) {
    const raw = fromRows(sql, measure, span);
    if (raw !== undefined && areRowsKept(sql, measure, span, raw)) return raw;
  }
  return fromRollup(sql, measure, span, STEPS_MS[at]!);
}

/** Whether a step has all the values which the next one has, wherever that overlaps the span. */
function isKept(sql: Statements, measure: Measure, span: Span, at: number): boolean {
  const { sinceMs, untilMs } = widened(span, STEPS_MS[at + 1]!);
  const [finer, coarser] = [at, at + 1].map((at) => countOf(sql, measure, STEPS_MS[at]!, sinceMs, untilMs));
  return finer! >= coarser!;
}

/** Whether the rows have all the values of the minutes within the span; or around it, when they have none. */
function areRowsKept(sql: Statements, measure: Measure, span: Span, { points }: Series): boolean {
  const [minuteMs] = STEPS_MS;
  const sum = (some: readonly SeriesPoint[]) => some.reduce((sum, { count }) => sum + count, 0);
  if (points.length > 0) {
    return sum(points) >= countOf(sql, measure, minuteMs, span.sinceMs, span.untilMs - minuteMs);
  }
  const wide = widened(span, minuteMs);
  const around = fromRows(sql, measure, wide);
  return around === undefined || sum(around.points) >= countOf(sql, measure, minuteMs, wide.sinceMs, wide.untilMs);
}

/** The same span up to the ends of the parts of a step. */
function widened(span: Span, stepMs: number): Span {
  const [first, last] = [Math.floor(span.sinceMs / stepMs), Math.floor(span.untilMs / stepMs)];
  return { ...span, sinceMs: first * stepMs, untilMs: (last + 1) * stepMs - 1 };
}

/** Values of the parts of a step which begin between the times. */
function countOf(sql: Statements, { id }: Measure, stepMs: number, sinceMs: number, untilMs: number): number {
  const { count } = sql.get(
    "SELECT sum(count) AS count FROM rollup WHERE measure_id = ? AND step_ms = ? AND time_ms BETWEEN ? AND ?",
    ...[id, stepMs, sinceMs, untilMs],
  )!;
  return (count ?? 0) as number;
}

function spanOf(sql: Statements, { id }: Measure, { sinceMs, untilMs, buckets }: SeriesQuery): Span | undefined {
  const pointsMax = Math.min(Math.max(2, Math.floor(buckets)), POINTS_MAX);
  const bounds = (stepMs: number) =>
    sql.get(
      "SELECT min(time_ms) AS first, max(time_ms) AS last FROM rollup WHERE measure_id = ? AND step_ms = ?",
      ...[id, stepMs],
    ) as { first: number | null; last: number | null };
  const [minuteMs, , dayMs] = STEPS_MS;
  const [minutes, days] = [bounds(minuteMs), bounds(dayMs)];
  if (days.first === null) return undefined;
  // Minutes may be gone.
  const firstMs = minutes.first !== null && minutes.first < days.first + dayMs ? minutes.first : days.first;
  const lastMs = minutes.last === null ? days.last! + dayMs : minutes.last + minuteMs;
  const since = Number.isFinite(sinceMs) ? sinceMs : firstMs;
  const until = Number.isFinite(untilMs) ? untilMs : lastMs;
  if (!(since <= until)) return undefined;
  return { sinceMs: since, untilMs: until, bucketMsMin: Math.max(1, (until - since) / (pointsMax - 1)) };
}

/** From the rows of events; undefined when they are too many. */
function fromRows(sql: Statements, measure: Measure, span: Span): Series | undefined {
  const { feedId } = measure;
  const rowsMax = measure.json ? JSON_ROWS_MAX : RAW_ROWS_MAX;
  const where = "feed_id = ?1 AND time_ms BETWEEN ?2 AND ?3";
  const { rows } = sql.get(
    `SELECT count(*) AS rows FROM (SELECT 1 FROM event INDEXED BY event_by_time WHERE ${where} LIMIT ?4)`,
    ...[feedId, span.sinceMs, span.untilMs, rowsMax + 1],
  )!;
  if (rows as number > rowsMax) return undefined;
  const bucketMs = Math.ceil(span.bucketMsMin);
  if (measure.json) return fromJson(sql, measure, span, bucketMs);
  const { reading } = measure;
  const found = sql.all(
    `SELECT CAST(time_ms / ?5 AS INTEGER) AS bucket, min(${reading}) AS min, max(${reading}) AS max,
       sum(${reading}) AS sum, count(*) AS count, sum(late) AS late
     FROM event INDEXED BY event_by_time WHERE ${where} AND device_id = ?4 AND ${reading} IS NOT NULL
     GROUP BY bucket ORDER BY bucket`,
    ...[feedId, span.sinceMs, span.untilMs, measure.deviceId, bucketMs],
  );
  return toSeries(found as unknown as Bucket[], bucketMs);
}

/** Fields of JSON, and the readings of the same name. */
function fromJson(sql: Statements, measure: Measure, span: Span, bucketMs: number): Series | undefined {
  const { feedId, name, reading, deviceId } = measure;
  const where = "feed_id = ?1 AND time_ms BETWEEN ?2 AND ?3";
  const { chars } = sql.get(
    `SELECT sum(length(json)) AS chars FROM event INDEXED BY event_by_time WHERE ${where}`,
    ...[feedId, span.sinceMs, span.untilMs],
  )!;
  if ((chars ?? 0) as number > JSON_TEXT_MAX) return undefined;
  const rows = sql.all(
    `SELECT time_ms, late, json, CASE WHEN device_id = ?4 THEN ${reading ?? "NULL"} END AS reading
     FROM event INDEXED BY event_by_time WHERE ${where} ORDER BY time_ms`,
    ...[feedId, span.sinceMs, span.untilMs, deviceId],
  );
  const buckets: Bucket[] = [];
  for (const { time_ms: timeMs, late, json, reading } of rows) {
    const value = json === null ? reading : (JSON.parse(json as string) as Record<string, unknown>)[name];
    if (typeof value !== "number" || !Number.isFinite(value)) continue;
    const bucket = Math.trunc(timeMs as number / bucketMs);
    let last = buckets.at(-1);
    if (last?.bucket !== bucket) buckets.push(last = { bucket, min: value, max: value, sum: 0, count: 0, late: 0 });
    last.min = Math.min(last.min, value);
    last.max = Math.max(last.max, value);
    last.sum += value;
    last.count++;
    last.late += late as number;
  }
  return toSeries(buckets, bucketMs);
}

/** The rows of a step whose time overlaps the span. */
function fromRollup(sql: Statements, { id }: Measure, span: Span, stepMs: number): Series {
  const bucketMs = Math.ceil(span.bucketMsMin / stepMs) * stepMs;
  const found = sql.all(
    `SELECT CAST(time_ms / ?5 AS INTEGER) AS bucket, min(min) AS min, max(max) AS max, sum(sum) AS sum,
       sum(count) AS count, sum(late) AS late
     FROM rollup WHERE measure_id = ?1 AND step_ms = ?2 AND time_ms BETWEEN ?3 AND ?4 GROUP BY bucket ORDER BY bucket`,
    ...[id, stepMs, Math.floor(span.sinceMs / stepMs) * stepMs, span.untilMs, bucketMs],
  );
  return toSeries(found as unknown as Bucket[], bucketMs);
}

interface Bucket {
  readonly bucket: number;
  min: number;
  max: number;
  sum: number;
  count: number;
  late: number;
}

function toSeries(buckets: readonly Bucket[], bucketMs: number): Series {
  const points = buckets.map(({ bucket, min, max, sum, count, late }): SeriesPoint => ({
    timeMs: bucket * bucketMs,
    min,
    max,
    mean: sum / count,
    count,
    late,
  }));
  return { bucketMs, points };
}
