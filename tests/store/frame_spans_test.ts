import { assertEquals } from "@std/assert";
import { growSpans, joinGaps, mergeSpans } from "../../lib/store/frame_spans.ts";

const spanOf = (fromMs: number, toMs: number, frames = 1, defects = 0) => ({ fromMs, toMs, frames, defects });
const gapOf = (fromMs: number, toMs: number | null, frames = 1, reason: "link" | "camera" = "link") => ({
  fromMs,
  toMs,
  frames,
  reason,
});
const framesAt = (...timesMs: number[]) => timesMs.map((timeMs) => ({ timeMs, isDefect: timeMs % 1000 === 7 }));

Deno.test("growSpans goes on with a span while the pause is short, in both directions", () => {
  assertEquals(growSpans(undefined, []), []);
  assertEquals(growSpans(undefined, framesAt(5000)), [spanOf(5000, 5000)]);
  assertEquals(growSpans(spanOf(1000, 2000, 10, 1), framesAt(4000, 4007)), [spanOf(1000, 4007, 12, 2)]);
  assertEquals(growSpans(spanOf(1000, 2000, 10), framesAt(4001)), [spanOf(1000, 2000, 10), spanOf(4001, 4001)]);
  assertEquals(growSpans(spanOf(9000, 9500, 2), framesAt(7000)), [spanOf(7000, 9500, 3)]);
  assertEquals(growSpans(undefined, framesAt(60_000, 0, 60_000)), [60_000, 0, 60_000].map((ms) => spanOf(ms, ms)));
});

Deno.test("mergeSpans puts together what is nearer than the pause, or overlaps", () => {
  const spans = [spanOf(0, 10, 2, 1), spanOf(5, 8, 1), spanOf(15, 20, 3, 1), spanOf(26, 30, 4)];
  assertEquals(mergeSpans(spans, 5), [spanOf(0, 20, 6, 2), spanOf(26, 30, 4)]);
  assertEquals(mergeSpans(spans, 6), [spanOf(0, 30, 10, 2)]);
  assertEquals(mergeSpans([], 6), []);
});

Deno.test("joinGaps makes one of gaps which touch and have one reason", () => {
  assertEquals(joinGaps(gapOf(0, 1000), gapOf(2000, 3000, 2)), gapOf(0, 3000, 3));
  assertEquals(joinGaps(gapOf(2000, 3000), gapOf(0, 1500)), gapOf(0, 3000, 2));
  assertEquals(joinGaps(gapOf(0, 1000), gapOf(2001, 3000)), undefined);
  assertEquals(joinGaps(gapOf(0, 1000), gapOf(1000, 3000, 1, "camera")), undefined);
  assertEquals(joinGaps(gapOf(0, null), gapOf(500, null, 3)), gapOf(0, null, 4));
  assertEquals(joinGaps(gapOf(0, null), gapOf(500, 600)), undefined);
  assertEquals(joinGaps(gapOf(0, 600), gapOf(500, null)), undefined);
});
