import { assertEquals } from "@std/assert";
import { SpoolAge } from "../../lib/store/spool_age.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

/** Lets hours pass; asked each minute, as the spool does. */
async function hours(age: SpoolAge, clock: MadeUpClock, count: number): Promise<void> {
  for (let minute = 0; minute < count * 60; minute++) {
    await clock.advance(60_000);
    age.beforeMs();
  }
}

Deno.test("SpoolAge knows after an hour what is too old, and nothing while the clock is nonsense", async () => {
  const clock = new MadeUpClock(0);
  const age = new SpoolAge(clock, WEEK_MS);
  await hours(age, clock, 3);
  assertEquals([age.beforeMs(), age.plausibleMs()], [0, 0]);
  clock.setWall(Date.UTC(2026, 5, 1));
  assertEquals([age.beforeMs(), age.plausibleMs()], [0, clock.wallMs()]);
  await hours(age, clock, 1);
  assertEquals(age.beforeMs(), clock.wallMs() - WEEK_MS);
});

Deno.test("SpoolAge counts no jump ahead as age, for as long as something may be there from before", async () => {
  const clock = new MadeUpClock();
  const age = new SpoolAge(clock, WEEK_MS);
  await hours(age, clock, 2);
  const keptMs = clock.wallMs();
  clock.setWall(keptMs + 4 * WEEK_MS);
  assertEquals(age.beforeMs(), 0);
  await hours(age, clock, 1);
  assertEquals(age.beforeMs(), keptMs + HOUR_MS - WEEK_MS);
  await hours(age, clock, 7 * 24 - 2);
  assertEquals(age.beforeMs() < keptMs, true, "an hour is left to it");
  await hours(age, clock, 1);
  assertEquals(age.beforeMs(), clock.wallMs() - WEEK_MS);
  // A box that sleeps each night: each of the jumps is forgotten in its turn.
  for (let night = 0; night < 30; night++) {
    clock.setWall(clock.wallMs() + 8 * HOUR_MS);
    await hours(age, clock, 16);
  }
  assertEquals(age.beforeMs(), clock.wallMs() - WEEK_MS - 10 * 8 * HOUR_MS);
});

Deno.test("SpoolAge: a clock that is set back makes nothing older", async () => {
  const clock = new MadeUpClock();
  const age = new SpoolAge(clock, WEEK_MS);
  await hours(age, clock, 2);
  clock.setWall(clock.wallMs() - 4 * WEEK_MS);
  assertEquals(age.beforeMs(), 0);
  await hours(age, clock, 1);
  assertEquals(age.beforeMs(), clock.wallMs() - WEEK_MS);
});

Deno.test("SpoolAge remembers no more jumps than count, also of a clock which jumps for ever", async () => {
  const clock = new MadeUpClock();
  const keepMs = 6 * HOUR_MS;
  const age = new SpoolAge(clock, keepMs);
  let most = 0;
  for (let minute = 0; minute < 24 * 60; minute++) {
    clock.setWall(clock.wallMs() + 2 * 60_000);
    await hours(age, clock, 1 / 60);
    assertEquals(age.beforeMs(), 0, "it is never steady");
    most = Math.max(most, age.jumps);
  }
  assertEquals(most, 6 * 60);
  await hours(age, clock, 1);
  assertEquals(age.beforeMs(), clock.wallMs() - keepMs - 5 * 60 * 2 * 60_000);
  await hours(age, clock, 6);
  assertEquals([age.beforeMs(), age.jumps], [clock.wallMs() - keepMs, 0]);
});
