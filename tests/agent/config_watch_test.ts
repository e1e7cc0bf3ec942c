import { assertEquals } from "@std/assert";
import { ConfigWatch } from "../../lib/agent/config_watch.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

Deno.test("config watch: another text is told once it has stayed the same; a file that is gone is told once", async () => {
  const clock = new MadeUpClock();
  const stop = new AbortController();
  const told: string[] = [];
  let text: string | null = "a";
  const watch = new ConfigWatch("a", {
    read: () => {
      if (text === null) throw new Error("gone");
      return text;
    },
    clock,
    changed: (now) => Promise.resolve(void told.push(now)),
    gone: (error) => void told.push(String(error)),
  });
  const running = watch.run(stop.signal);
  await clock.advance(10_000);
  assertEquals(told, []);
  // An editor at work: no two looks see the same.
  for (let length = 1; length <= 5; length++) {
    text = "b".repeat(length);
    await clock.advance(1_000);
  }
  assertEquals(told, []);
  await clock.advance(1_000);
  assertEquals(told, ["bbbbb"]);
  text = null;
  await clock.advance(5_000);
  text = "bbbbb";
  await clock.advance(5_000);
  assertEquals(told, ["bbbbb", "Error: gone"]);
  text = "a";
  await clock.advance(2_000);
  assertEquals(told.at(-1), "a");
  stop.abort();
  await clock.runUntil(running);
  assertEquals(clock.pendingTimers, 0);
});
