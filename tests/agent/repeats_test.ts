import { assertEquals } from "@std/assert";
import { Repeats } from "../../lib/agent/repeats.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

Deno.test("repeats: the same words are news once, and again when they are over or have not been said for long", async () => {
  const clock = new MadeUpClock();
  const repeats = new Repeats(clock, 60_000);
  const said: string[] = [];
  for (let second = 0; second < 150; second++) {
    if (second === 130) repeats.forget();
    if (repeats.isNews(second === 7 ? "other" : "same")) said.push(`${second}`);
    await clock.advance(1_000);
  }
  assertEquals(said, ["0", "7", "8", "68", "128", "130"]);
});
