import { assertEquals } from "@std/assert";
import { toServerMs } from "../../lib/protocol/box_time.ts";

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
