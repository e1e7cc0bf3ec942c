import { assert, assertEquals } from "@std/assert";
import { CaptureClock, toServerMs } from "../../lib/frames/capture_clock.ts";

const NOW = Date.UTC(2026, 0, 15, 12);

Deno.test("toServerMs takes the offset of the clocks away", () => {
  assertEquals(toServerMs(NOW + 5_000 - 40, 5_000, NOW), NOW - 40);
  assertEquals(toServerMs(100_000 - 40, 100_000 - NOW, NOW), NOW - 40, "a box in 1970");
  assertEquals(toServerMs(NOW - 7 * 86_400_000, 0, NOW), NOW - 7 * 86_400_000, "kept for a week on the box");
});

Deno.test("toServerMs says when it arrived where the box says what cannot be", () => {
  for (const boxMs of [0, -1e15, 1e15, NOW + 3_600_000, NaN]) assertEquals(toServerMs(boxMs, 0, NOW), NOW, `${boxMs}`);
  assertEquals(toServerMs(NOW + 300, 0, NOW), NOW + 300, "the offset is not known better");
});

Deno.test("CaptureClock keeps the order of the frames, whatever the box's clock does", () => {
  const clock = new CaptureClock();
  // It was set to 1970, and by the heartbeats back again.
  const captured = [NOW - 50, 1_000, 1_033, NOW + 86_400_000, NOW, NOW, NOW + 66];
  const times = captured.map((capturedMs, index) => clock.next(capturedMs, 0, NOW + index * 33));
  for (const [index, timeMs] of times.entries()) {
    assert(index === 0 || timeMs > times[index - 1]!, `frame ${index} is not behind the one before`);
    assert(timeMs <= NOW + index * 33 + 1_001, `frame ${index} is from the future`);
  }
});

Deno.test("CaptureClock does not stay in the future when the server's clock is set back", () => {
  const clock = new CaptureClock();
  clock.next(NOW, 0, NOW);
  const hourAgo = NOW - 3_600_000;
  assertEquals(clock.next(hourAgo - 20, 0, hourAgo), hourAgo - 20);
});
