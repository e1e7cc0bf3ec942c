import { assertEquals } from "@std/assert";
import { ClockOffset } from "../../lib/protocol/clock_offset.ts";

Deno.test("ClockOffset: the sample of the shortest round trip counts", () => {
  const clock = new ClockOffset();
  assertEquals(clock.offsetMs, null);
  // 1000 ms ahead; the answer took 90 of 100 ms on its way back.
  clock.add(5_000, 5_010 + 1_000, 100);
  assertEquals(clock.offsetMs, 960);
  clock.add(6_000, 6_002 + 1_000, 4);
  assertEquals(clock.offsetMs, 1_000);
  clock.add(7_000, 7_100 + 1_000, 110);
  assertEquals(clock.offsetMs, 1_000);
});

Deno.test("ClockOffset: a clock that was set from 1970 to now is believed at once", () => {
  const clock = new ClockOffset();
  clock.add(1_800_000_000_000, 5_001, 2);
  assertEquals(clock.offsetMs, -1_799_999_995_000);
  clock.add(1_800_000_005_000, 1_800_000_005_010, 20);
  assertEquals(clock.offsetMs, 0);
});

Deno.test("ClockOffset: a clock that drifts is followed, as old samples are forgotten", () => {
  const clock = new ClockOffset();
  for (let at = 0; at < 20; at++) clock.add(at * 5_000, at * 5_000 + 1 + at, 2);
  assertEquals(clock.offsetMs, 12);
});
