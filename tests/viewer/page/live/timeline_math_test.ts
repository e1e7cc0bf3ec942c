import { assert, assertEquals } from "@std/assert";
import {
  barOf,
  fractionOf,
  marksOf,
  selectionOf,
  timeAt,
  totalsOf,
  whatIsAt,
  windowUntil,
  windowWith,
} from "../../../../lib/viewer/page/live/timeline_math.ts";

const WINDOW = { fromMs: 1_000, toMs: 2_000 };

Deno.test("times and fractions are each other's inverse, and a time never leaves the window", () => {
  assertEquals([fractionOf(WINDOW, 1_250), timeAt(WINDOW, 0.25)], [0.25, 1_250]);
  assertEquals([timeAt(WINDOW, -3), timeAt(WINDOW, 7)], [1_000, 2_000]);
  assertEquals(windowUntil(2_000, 1_000), WINDOW);
});

Deno.test("a window stays while the playhead is in it, and moves around it otherwise", () => {
  assertEquals(windowWith(WINDOW, 1_999), WINDOW);
  assertEquals(windowWith(WINDOW, 5_000), { fromMs: 4_500, toMs: 5_500 });
});

Deno.test("a bar is cut at the ends, wide enough to be seen, and not there when it lies outside", () => {
  assertEquals(barOf(WINDOW, 500, 1_500), { left: 0, width: 0.5 });
  assertEquals(barOf(WINDOW, 1_500, 9_000), { left: 0.5, width: 0.5 });
  assertEquals(barOf(WINDOW, 1_500, 1_500), { left: 0.5, width: 0.002 });
  const last = barOf(WINDOW, 2_000, 2_000)!;
  assert(last.left + last.width <= 1);
  assertEquals([barOf(WINDOW, 0, 999), barOf(WINDOW, 2_001, 3_000)], [null, null]);
});

Deno.test("marks are round times of the viewer's zone", () => {
  const hour = 3_600_000;
  const day = { fromMs: 10 * 24 * hour, toMs: 11 * 24 * hour };
  const marks = marksOf(day, 6, 5.5 * hour);
  assert(marks.length >= 3 && marks.length <= 7, String(marks.length));
  for (const ms of marks) assertEquals((ms + 5.5 * hour) % (4 * hour), 0);
});

Deno.test("it is told what is at a time: recorded, a gap with its reason, or nothing", () => {
  const spans = [{ fromMs: 1_000, toMs: 1_200, frames: 5, defects: 1 }];
  const gaps = [
    { fromMs: 1_200, toMs: 1_300, frames: 4, reason: "link" as const, count: 3 },
    { fromMs: 1_500, toMs: null, frames: 0, reason: "offline" as const, count: 1 },
  ];
  const view = { spans, gaps };
  assertEquals(whatIsAt(view, 1_100), "recorded");
  assertEquals(whatIsAt(view, 1_250), gaps[0]!);
  assertEquals(whatIsAt(view, 1_400), null);
  assertEquals(whatIsAt(view, 9_000), gaps[1]!);
  assertEquals(totalsOf(view), { frames: 5, defects: 1, lost: 4, gaps: 4 });
});

Deno.test("a selection has its ends in order", () => {
  assertEquals(selectionOf(5, 2), { fromMs: 2, toMs: 5 });
  assertEquals([selectionOf(5, 5), selectionOf(null, 5), selectionOf(5, null)], [null, null, null]);
});
