import { assert, assertEquals } from "@std/assert";
import {
  boundedSpan,
  pinched,
  redrawMs,
  reloadMs,
  shifted,
  SPAN_MS_MAX,
  SPAN_MS_MIN,
  spanWords,
  zoomed,
} from "../../../../lib/viewer/page/events/span.ts";
import { WayBack } from "../../../../lib/viewer/page/events/way_back.ts";

const NOW = 1_000_000_000;

Deno.test("a span has its ends in order, is bounded, and is never in the future", () => {
  assertEquals(boundedSpan(NOW - 5_000, NOW - 9_000, NOW), { fromMs: NOW - 9_000, toMs: NOW - 5_000 });
  assertEquals(boundedSpan(NOW - 2_000, NOW + 4_000, NOW), { fromMs: NOW - 6_000, toMs: NOW });
  const narrow = boundedSpan(NOW - 10_000, NOW - 10_000, NOW);
  assertEquals(narrow.toMs - narrow.fromMs, SPAN_MS_MIN);
  const wide = boundedSpan(-1e15, NOW, NOW);
  assertEquals(wide.toMs - wide.fromMs, SPAN_MS_MAX);
});

Deno.test("zooming keeps the time under the pointer where it is", () => {
  const window = { fromMs: NOW - 100_000, toMs: NOW - 60_000 };
  assertEquals(zoomed(window, 0.5, NOW), { fromMs: NOW - 90_000, toMs: NOW - 70_000 });
  assertEquals(zoomed(window, 0.5, NOW, NOW - 90_000), { fromMs: NOW - 95_000, toMs: NOW - 75_000 });
});

Deno.test("two fingers keep the times below them where they are, in any order, and on one place too", () => {
  const first = { timeMs: 1_000, at: 0.25 };
  assertEquals(pinched(first, { timeMs: 2_000, at: 0.75 }), { fromMs: 500, toMs: 2_500 });
  assertEquals(pinched({ timeMs: 2_000, at: 0.75 }, first), { fromMs: 500, toMs: 2_500 });
  const { fromMs, toMs } = pinched(first, { timeMs: 2_000, at: 0.1 });
  assertEquals([Math.round(toMs - fromMs), Math.round(fromMs + 0.25 * (toMs - fromMs))], [50_000, 1_000]);
  assert(Number.isFinite(pinched(first, first).toMs));
});

Deno.test("the way back has one step for each move, however many small ones it was made of", () => {
  const way = new WayBack();
  const span = (fromMs: number) => ({ fromMs, toMs: fromMs + 10, isLive: false });
  way.leave(span(1), true, 0);
  for (let ms = 100; ms < 3_000; ms += 100) way.leave(span(100 + ms), true, ms);
  way.leave(span(2), true, 10_000);
  assertEquals([way.back(), way.back(), way.back()], [span(2), span(1), undefined]);
  way.leave(span(3), true, 10_100);
  assertEquals(way.back(), span(3), "what was gone back to is a place of its own");
  for (let ms = 0; ms < 3; ms++) way.leave(span(ms), false, ms);
  way.leave(span(3), true, 4);
  assertEquals([0, 1, 2, 3].map(() => way.back()), [span(3), span(2), span(1), span(0)], "steps are not one");
  for (let i = 0; i < 200; i++) way.leave(span(i), false, 100_000 + i);
  let steps = 0;
  while (way.back() !== undefined) steps++;
  assertEquals(steps, 50);
});

Deno.test("shifting stops at now", () => {
  const window = { fromMs: NOW - 50_000, toMs: NOW - 10_000 };
  assertEquals(shifted(window, -0.5, NOW), { fromMs: NOW - 70_000, toMs: NOW - 30_000 });
  assertEquals(shifted(window, 0.5, NOW), { fromMs: NOW - 40_000, toMs: NOW });
});

Deno.test("charts are drawn four times a second at most, and no more often than they move by a pixel", () => {
  assertEquals(redrawMs(1_000, 1_000), 250);
  assertEquals(redrawMs(3_600_000, 1_000), 3_600);
  assertEquals(redrawMs(1e12, 1_000), 5_000);
  assert(reloadMs(300_000) >= 5_000 && reloadMs(1e12) <= 60_000);
});

Deno.test("spanWords", () => {
  const words = [300_000, 3_600_000, 365 * 86_400_000, 61_000, 5_400_000, 1_500, 3.5 * 86_400_000].map(spanWords);
  assertEquals(words, ["5 min", "1 h", "1 y", "61 s", "90 min", "1.5 s", "3.5 d"]);
});
