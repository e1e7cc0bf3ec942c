/** Spans and gaps of a timeline as arithmetic: how they grow with each commit, and how they are put together. */
import type { GapRow, GapSpan, SpanRow } from "./frame_catalog.ts";

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

/**
 * Gaps (by `fromMs`, rising), each by itself if they are no more than `countMax` (which is more than there are reasons).
 * Else those with one reason which are near each other are put together, for as short a time as does; none is left out.
 */
export function fewerGaps(gaps: readonly Gap[], countMax: number): GapSpan[] {
  let fewer = gaps.map((gap): GapSpan => ({ ...gap, count: 1 }));
  for (let lengthMs = GAP_JOIN_MS; fewer.length > countMax && lengthMs < Number.MAX_SAFE_INTEGER; lengthMs *= 2) {
    fewer = joinNear(fewer, lengthMs);
  }
  return fewer;
}

/** Puts together what is no longer than `lengthMs` in all; what lasts stays by itself. */
function joinNear(gaps: readonly GapSpan[], lengthMs: number): GapSpan[] {
  const joined: GapSpan[] = [];
  const last = new Map<GapSpan["reason"], number>();
  for (const gap of gaps) {
    const { reason, toMs, frames, count } = gap;
    const at = last.get(reason) ?? joined.length;
    const before = joined[at];
    const untilMs = Math.max(before?.toMs ?? 0, toMs ?? 0);
    if (before !== undefined && toMs !== null && untilMs - before.fromMs <= lengthMs) {
      joined[at] = { ...before, toMs: untilMs, frames: before.frames + frames, count: before.count + count };
    } else {
      if (toMs !== null) last.set(reason, joined.length);
      joined.push(gap);
    }
  }
  return joined;
}
