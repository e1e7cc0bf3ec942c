import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { sleep } from "../../lib/platform/clock.ts";
import { MadeUpClock } from "./made_up_clock.ts";

Deno.test("advance fires timers in order of time, then of making, and none too early", async () => {
  const clock = new MadeUpClock();
  const fired: string[] = [];
  const note = (name: string) => () => fired.push(`${name} at ${clock.now()}`);
  clock.timer(20, note("c"));
  clock.timer(10, note("a"));
  clock.timer(10, note("b"));
  clock.timer(31, note("late"));
  clock.timer(15, note("cancelled"))();
  await clock.advance(30);
  assertEquals(fired, ["a at 10", "b at 10", "c at 20"]);
  assertEquals([clock.now(), clock.pendingTimers], [30, 1]);
});

Deno.test("advance lets what follows from a timer happen before the next one", async () => {
  const clock = new MadeUpClock();
  const steps: string[] = [];
  const walk = async (name: string, ms: number) => {
    for (let i = 0; i < 3; i++) {
      await sleep(clock, ms);
      for (let j = 0; j < 50; j++) await Promise.resolve();
      steps.push(`${name} ${clock.now()}`);
    }
  };
  const walks = Promise.all([walk("a", 10), walk("b", 15)]);
  await clock.advance(45);
  await walks;
  assertEquals(steps, ["a 10", "b 15", "a 20", "b 30", "a 30", "b 45"]);
});

Deno.test("advance counts timers which were about to be made", async () => {
  const clock = new MadeUpClock();
  let woke = 0;
  Promise.resolve().then(() => sleep(clock, 10)).then(() => woke = clock.now());
  await clock.advance(10);
  assertEquals(woke, 10);
});

Deno.test("runUntil passes an hour in no time, and gives the result or the error", async () => {
  const clock = new MadeUpClock();
  const start = performance.now();
  assertEquals(await clock.runUntil(sleep(clock, 3_600_000).then(() => "done")), "done");
  assertLess(performance.now() - start, 10_000);
  assertEquals(clock.now(), 3_600_000);
  await assertRejects(() => clock.runUntil(Promise.reject(new Error("no"))), Error, "no");
});

Deno.test("runUntil gives up when nothing can happen any more, and at its bounds", async () => {
  const clock = new MadeUpClock();
  const never = new Promise<void>(() => {});
  await assertRejects(() => clock.runUntil(never), Error, "no timer is left");
  const tick = () => void clock.timer(10, tick);
  tick();
  await assertRejects(() => clock.runUntil(never, { timersMax: 7 }), Error, "after 70 ms and 7 timers");
  await assertRejects(() => clock.runUntil(never, { msMax: 1000 }), Error, "the bound was reached");
});

Deno.test("runUntil waits for work outside of the made-up world", async () => {
  const clock = new MadeUpClock();
  const hash = crypto.subtle.digest("SHA-256", new Uint8Array(1_000_000));
  assertEquals((await clock.runUntil(hash)).byteLength, 32);
});

Deno.test("the wall clock goes on with time, jumps alone, and can stand at 1970", async () => {
  const clock = new MadeUpClock(0);
  let fired = false;
  clock.timer(100, () => fired = true);
  await clock.advance(50);
  assertEquals(clock.wallMs(), 50);
  clock.setWall(Date.UTC(2030, 0));
  assertEquals([clock.wallMs(), clock.now(), fired], [Date.UTC(2030, 0), 50, false]);
  await clock.advance(50);
  assert(fired);
  clock.setWall(0);
  assertEquals(clock.wallMs(), 0);
});
