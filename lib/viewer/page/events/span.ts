/** Which span of time the charts show. Pure. */
import type { TimeWindow } from "../live/timeline_math.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Spans to choose from. */
export const SPANS = [
  { name: "5 min", ms: 5 * MINUTE_MS },
  { name: "1 h", ms: HOUR_MS },
  { name: "24 h", ms: DAY_MS },
  { name: "7 d", ms: 7 * DAY_MS },
  { name: "30 d", ms: 30 * DAY_MS },
  { name: "1 y", ms: 365 * DAY_MS },
] as const;

/** Nobody zooms further in or out. */
export const SPAN_MS_MIN = 1_000;
export const SPAN_MS_MAX = 5 * 365 * DAY_MS;

/** Nearer than this part of the chart two fingers do not come. */
const FINGERS_APART = 0.02;

/** A window with its ends in order, not too narrow and not too wide, and neither in the future nor before 1970. */
export function boundedSpan(aMs: number, bMs: number, nowMs: number): TimeWindow {
  const middleMs = (aMs + bMs) / 2;
  const widthMs = Math.min(SPAN_MS_MAX, Math.max(SPAN_MS_MIN, Math.abs(bMs - aMs)));
  const toMs = Math.min(nowMs, Math.max(widthMs, middleMs + widthMs / 2));
  return { fromMs: toMs - widthMs, toMs };
}

/** Narrower (`factor` < 1) or wider around its middle, or around `atMs`, which stays where it is. */
export function zoomed({ fromMs, toMs }: TimeWindow, factor: number, nowMs: number, atMs?: number): TimeWindow {
  const at = atMs ?? (fromMs + toMs) / 2;
  return boundedSpan(at - (at - fromMs) * factor, at + (toMs - at) * factor, nowMs);
}

/** Moved by a part of itself; it stops at now. */
export function shifted({ fromMs, toMs }: TimeWindow, part: number, nowMs: number): TimeWindow {
  const moveMs = Math.min(part * (toMs - fromMs), nowMs - toMs);
  return { fromMs: fromMs + moveMs, toMs: toMs + moveMs };
}

/** The window in which two times are where two fingers are, from 0 to 1; fingers on one place count as apart a little. */
export function pinched(
  first: { readonly timeMs: number; readonly at: number },
  second: { readonly timeMs: number; readonly at: number },
): TimeWindow {
  const [left, right] = first.timeMs <= second.timeMs ? [first, second] : [second, first];
  const apart = Math.max(FINGERS_APART, right.at - left.at);
  const widthMs = Math.max(1, right.timeMs - left.timeMs) / apart;
  const fromMs = left.timeMs - left.at * widthMs;
  return { fromMs, toMs: fromMs + widthMs };
}

/** How often a window that moves on has to be drawn: as often as it moves by a pixel, and never more often than four times a second. */
export function redrawMs(spanMs: number, widthPixels: number): number {
  return Math.min(5_000, Math.max(250, spanMs / Math.max(1, widthPixels)));
}

/** How often what the server knows is asked for anew while the window moves on. */
export function reloadMs(spanMs: number): number {
  return Math.min(60_000, Math.max(5_000, spanMs / 60));
}

/** A span in words: `5 min`, `24 h`, `3.5 d`. */
export function spanWords(ms: number): string {
  const known = SPANS.find((span) => Math.abs(span.ms - ms) < span.ms / 200);
  if (known !== undefined) return known.name;
  const [unit, name] = ms < 2 * MINUTE_MS
    ? [1_000, "s"]
    : ms < 2 * HOUR_MS
    ? [MINUTE_MS, "min"]
    : ms < 2 * DAY_MS
    ? [HOUR_MS, "h"]
    : [DAY_MS, "d"];
  const value = ms / Number(unit);
  return `${Number(value.toFixed(value < 10 ? 1 : 0))} ${name}`;
}
