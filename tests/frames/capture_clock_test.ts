import { assert, assertEquals } from "@std/assert";
import { CaptureClock } from "../../lib/frames/capture_clock.ts";

const NOW = Date.UTC(2026, 0, 15, 12);

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
