import { assert, assertEquals } from "@std/assert";
import { fewerGaps, growSpans, joinGaps, mergeSpans } from "../../lib/store/frame_spans.ts";

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

Deno.test("fewerGaps leaves gaps as they are while they are few enough", () => {
  const gaps = [gapOf(0, 10), gapOf(12, 20), gapOf(15, null, 0, "camera")];
  assertEquals(fewerGaps(gaps, 3), gaps.map((gap) => ({ ...gap, count: 1 })));
});

Deno.test("fewerGaps puts together those of one reason which are near each other, and leaves none out", () => {
  const gaps = [
    gapOf(0, 1_000, 5),
    gapOf(500, 4_000, 1, "camera"),
    gapOf(1_900, 3_000, 7),
    gapOf(60_000, 61_000, 2),
    gapOf(62_000, null, 0),
  ];
  const near = { ...gapOf(0, 3_000, 12), count: 2 };
  assertEquals(fewerGaps(gaps, 4), [
    near,
    ...gaps.filter((_, i) => [1, 3, 4].includes(i)).map((gap) => ({ ...gap, count: 1 })),
  ]);
  const all = { ...gapOf(0, 61_000, 14), count: 3 };
  const others = [{ ...gaps[1]!, count: 1 }, { ...gaps[4]!, count: 1 }];
  assertEquals(fewerGaps(gaps, 3), [all, ...others]);
  assertEquals(fewerGaps(gaps, 1), [all, ...others], "two reasons, and what lasts, are three");
});

Deno.test("fewerGaps makes no more of a crowd than it may, with all its frames", () => {
  const gaps = Array.from(
    { length: 10_000 },
    (_, i) => gapOf(i * 60_000, i * 60_000 + 2_000, i % 3, i % 7 === 0 ? "camera" : "link"),
  );
  const fewer = fewerGaps(gaps, 1_000);
  assert(fewer.length <= 1_000 && fewer.length > 400, `${fewer.length}`);
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  assertEquals(sum(fewer.map(({ count }) => count)), 10_000);
  assertEquals(sum(fewer.map(({ frames }) => frames)), sum(gaps.map(({ frames }) => frames)));
  assertEquals(Math.max(...fewer.map(({ toMs }) => toMs!)), gaps.at(-1)!.toMs);
  for (const { fromMs, toMs } of fewer) assert(toMs! - fromMs < 40 * 60_000, "longer than it must be");
  for (const gap of gaps) {
    assert(
      fewer.some(({ reason, fromMs, toMs }) => reason === gap.reason && fromMs <= gap.fromMs && toMs! >= gap.toMs!),
    );
  }
});
