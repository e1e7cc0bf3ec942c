/** Times and places on a timeline. Pure: a window is shown as fractions from 0 to 1. */
import type { TimelineView } from "../../frame_library.ts";

/** What a timeline shows, ms since 1970. */
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How much one may see at once. */
export const RANGES = [
  { name: "5 min", ms: 5 * 60_000 },
  { name: "1 h", ms: 3_600_000 },
  { name: "24 h", ms: 24 * 3_600_000 },
  { name: "7 d", ms: 7 * 24 * 3_600_000 },
] as const;

/** Narrower than this nobody sees it. */
const WIDTH_MIN = 0.002;
const STEPS_MS = [1, 2, 5, 10, 30].map((minutes) => minutes * 60_000)
  .concat([1, 2, 4, 6, 12, 24, 48].map((hours) => hours * 3_600_000));

/** Where a time is, as a fraction; outside of 0 to 1 when it is not in the window. */
export function fractionOf({ fromMs, toMs }: TimeWindow, ms: number): number {
  return (ms - fromMs) / (toMs - fromMs);
}

/** The time at a fraction; outside of the window its nearest end. */
export function timeAt({ fromMs, toMs }: TimeWindow, fraction: number): number {
  return fromMs + Math.min(1, Math.max(0, fraction)) * (toMs - fromMs);
}

/** The window of `rangeMs` which ends at `endMs`. */
export function windowUntil(endMs: number, rangeMs: number): TimeWindow {
  return { fromMs: endMs - rangeMs, toMs: endMs };
}

/** The window itself if `ms` is in it; else moved so that `ms` is in its middle. */
export function windowWith(window: TimeWindow, ms: number): TimeWindow {
  if (ms >= window.fromMs && ms <= window.toMs) return window;
  const half = (window.toMs - window.fromMs) / 2;
  return { fromMs: ms - half, toMs: ms + half };
}

/** Left edge and width of a time in the window, as fractions, wide enough to be seen; null when it lies outside. */
export function barOf(window: TimeWindow, fromMs: number, toMs: number): { left: number; width: number } | null {
  if (toMs < window.fromMs || fromMs > window.toMs || toMs < fromMs) return null;
  const left = Math.max(0, fractionOf(window, fromMs));
  const width = Math.max(WIDTH_MIN, Math.min(1, fractionOf(window, toMs)) - left);
  return { left: Math.min(left, 1 - width), width };
}

/** Round times to write below, at most `countMax`. `zoneMs`: the viewer's zone, so that days begin where theirs do. */
export function marksOf({ fromMs, toMs }: TimeWindow, countMax: number, zoneMs: number): number[] {
  const step = STEPS_MS.find((ms) => (toMs - fromMs) / ms <= countMax) ?? STEPS_MS.at(-1)!;
  const marks: number[] = [];
  for (let ms = Math.ceil((fromMs + zoneMs) / step) * step - zoneMs; ms <= toMs; ms += step) marks.push(ms);
  return marks;
}

/** What a timeline says about a time: that it is recorded, or which gap it is in; null when nothing is known. */
export function whatIsAt(view: TimelineView, ms: number): "recorded" | TimelineView["gaps"][number] | null {
  if (view.spans.some(({ fromMs, toMs }) => ms >= fromMs && ms <= toMs)) return "recorded";
  return view.gaps.find(({ fromMs, toMs }) => ms >= fromMs && (toMs === null || ms <= toMs)) ?? null;
}

/** Sums of what is in a timeline. */
export function totalsOf(view: TimelineView): { frames: number; defects: number; lost: number; gaps: number } {
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return {
    frames: sum(view.spans.map(({ frames }) => frames)),
    defects: sum(view.spans.map(({ defects }) => defects)),
    lost: sum(view.gaps.map(({ frames }) => frames)),
    gaps: sum(view.gaps.map(({ count }) => count)),
  };
}

/** A selection with its ends in order; null until both are there and differ. */
export function selectionOf(startMs: number | null, endMs: number | null): TimeWindow | null {
  if (startMs === null || endMs === null || startMs === endMs) return null;
  return { fromMs: Math.min(startMs, endMs), toMs: Math.max(startMs, endMs) };
}
