import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { choosePair, nearestInTime } from "../../../../lib/viewer/page/live/pairing.ts";

const at = (...times: number[]) => times.map((timeMs) => ({ timeMs }));
const chosen = (first: number[], second: number[]) => {
  const pair = choosePair(at(...first), at(...second));
  return pair === null ? null : [pair.first.timeMs, pair.second.timeMs, pair.skewMs, pair.isSameInstant];
};

Deno.test("the side that is behind gives the instant, the other its nearest picture", () => {
  assertEquals(chosen([100, 133, 166, 200], [90, 145]), [133, 145, 12, true]);
  assertEquals(chosen([90, 145], [100, 133, 166, 200]), [145, 133, -12, true]);
  assertEquals(chosen([1000], [1000]), [1000, 1000, 0, true]);
});

Deno.test("of a side that stands still the newest is shown, and it is said that it is another instant", () => {
  assertEquals(chosen([100], [5_000, 5_100]), [100, 5_100, 5_000, false]);
  assertEquals(chosen([1_000], [1_501]), [1_000, 1_501, 501, false]);
  assertEquals(chosen([1_000], [1_500]), [1_000, 1_500, 500, true]);
});

Deno.test("there is no pair before both sides have a picture", () => {
  assertEquals([chosen([], [1]), chosen([1], []), chosen([], [])], [null, null, null]);
  assertEquals(nearestInTime([], 5), undefined);
});

Deno.test("no other picture would fit the instant better", () => {
  const times = fc.array(fc.nat(2_000), { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(times, times, (first, second) => {
    const pair = choosePair(at(...first), at(...second))!;
    assertEquals(pair.skewMs, pair.second.timeMs - pair.first.timeMs);
    if (!pair.isSameInstant) return;
    const firstIsBehind = Math.max(...first) <= Math.max(...second);
    const [instant, others] = firstIsBehind ? [Math.max(...first), second] : [Math.max(...second), first];
    assertEquals(Math.abs(pair.skewMs), Math.min(...others.map((time) => Math.abs(time - instant))));
  }));
});
