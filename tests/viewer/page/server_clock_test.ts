import { assertEquals } from "@std/assert";
import { ServerClock } from "../../../lib/viewer/page/server_clock.ts";

Deno.test("the message with the shortest way tells the time best", () => {
  const clock = new ServerClock();
  assertEquals(clock.at(5_000), 5_000);
  for (const [sentMs, wayMs] of [[100_000, 900], [101_000, 30], [102_000, 400]] as const) {
    clock.note(sentMs, sentMs - 50_000 + wayMs);
  }
  assertEquals(clock.at(60_000), 110_000 - 30);
});

Deno.test("a clock which is set back is followed after a while, another server at once", () => {
  const clock = new ServerClock();
  clock.note(100_000, 0);
  for (let ms = 0; ms <= 70_000; ms += 1_000) clock.note(ms, ms);
  assertEquals(clock.at(70_000), 70_000);
  clock.reset();
  clock.note(5_000, 80_000);
  assertEquals(clock.at(80_001), 5_001);
});
