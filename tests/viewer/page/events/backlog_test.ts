import { assertEquals } from "@std/assert";
import { BacklogHistory } from "../../../../lib/viewer/page/events/backlog.ts";

function trendOf(samples: readonly (readonly [atMs: number, count: number])[]) {
  const history = new BacklogHistory();
  for (const [atMs, count] of samples) history.note({ atMs, count });
  return history.trend;
}

Deno.test("a backlog which drains says how fast, how long, and how much of it is left", () => {
  assertEquals(trendOf([[0, 1000], [2_000, 800], [4_000, 600]]), {
    direction: "draining",
    perSecond: 100,
    leftMs: 6_000,
    part: 0.6,
  });
});

Deno.test("a backlog which grows, stands still, or is empty", () => {
  assertEquals(trendOf([[0, 100], [1_000, 150]]), { direction: "growing", perSecond: 50, leftMs: null, part: 1 });
  assertEquals(trendOf([[0, 1000], [1_000, 1001]]).direction, "steady");
  assertEquals(trendOf([[0, 1000]]).direction, "steady");
  assertEquals(trendOf([[0, 1000], [1_000, 0]]), { direction: "empty", perSecond: 0, leftMs: null, part: 0 });
  assertEquals(trendOf([]).direction, "empty");
});

Deno.test("what was long ago does not count, and after it was empty the bar begins anew", () => {
  assertEquals(trendOf([[0, 100], [60_000, 500], [61_000, 490]]).perSecond, 10);
  assertEquals(trendOf([[0, 1000], [1_000, 0], [2_000, 50], [3_000, 25]]).part, 0.5);
});
