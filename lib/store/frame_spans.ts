/** Spans and gaps of a timeline as arithmetic: how they grow with each commit, and how they are put together. */
import type { GapRow, SpanRow } from "./frame_catalog.ts";

/** Frames which are further apart are two spans; below it a slow camera would be one pause after the other. */
export const SPAN_PAUSE_MS = 2_000;
/** Gaps with one reason which are nearer than this are one: a link that is too slow drops a few frames many times. */
export const GAP_JOIN_MS = 1_000;

/** What a span needs to know of a frame. */
export interface SpannedFrame {
  readonly timeMs: number;
  readonly isDefect: boolean;
}

/** Spans with the frames added, in the order in which they come; the first one is `last`, grown, if it was given. */
export function growSpans(last: SpanRow | undefined, frames: Iterable<SpannedFrame>): SpanRow[] {
  const spans: SpanRow[] = last === undefined ? [] : [last];
  for (const { timeMs, isDefect } of frames) {
    const span = spans.at(-1);
    const defects = isDefect ? 1 : 0;
    if (span === undefined || timeMs < span.fromMs - SPAN_PAUSE_MS || timeMs > span.toMs + SPAN_PAUSE_MS) {
      spans.push({ fromMs: timeMs, toMs: timeMs, frames: 1, defects });
    } else {
      spans[spans.length - 1] = {
        fromMs: Math.min(span.fromMs, timeMs),
        toMs: Math.max(span.toMs, timeMs),
        frames: span.frames + 1,
        defects: span.defects + defects,
      };
    }
  }
  return spans;
}

/** Spans (by `fromMs`, rising) put together where the pause is not longer than `pauseMs`. */
export function mergeSpans(spans: Iterable<SpanRow>, pauseMs: number): SpanRow[] {
  const merged: SpanRow[] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last === undefined || span.fromMs > last.toMs + pauseMs) merged.push(span);
    else {
      merged[merged.length - 1] = {
        fromMs: last.fromMs,
        toMs: Math.max(last.toMs, span.toMs),
        frames: last.frames + span.frames,
        defects: last.defects + span.defects,
      };
    }
  }
  return merged;
}

/** What is said of a gap. */
type Gap = Omit<GapRow, "id" | "sourceId">;

/** Both as one; undefined when they are two. An open one grows by what is known of its beginning. */
export function joinGaps(last: Gap, next: Gap): Gap | undefined {
  if (last.reason !== next.reason) return undefined;
  if (last.toMs === null || next.toMs === null) {
    if (last.toMs !== null || next.toMs !== null) return undefined;
    return { ...last, frames: last.frames + next.frames };
  }
  if (next.fromMs > last.toMs + GAP_JOIN_MS || next.toMs < last.fromMs - GAP_JOIN_MS) return undefined;
  const fromMs = Math.min(last.fromMs, next.fromMs);
  return { ...last, fromMs, toMs: Math.max(last.toMs, next.toMs), frames: last.frames + next.frames };
}
