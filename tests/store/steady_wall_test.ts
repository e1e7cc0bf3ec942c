import { assertEquals } from "@std/assert";
import { SteadyWall } from "../../lib/store/steady_wall.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

Deno.test("SteadyWall believes a clock which has not jumped for an hour, or for as long as is kept", async () => {
  const clock = new MadeUpClock();
  const wall = new SteadyWall(clock);
  assertEquals(wall.isSteady(WEEK_MS), false);
  await clock.advance(60_000);
  assertEquals([wall.isSteady(60_000), wall.isSteady(WEEK_MS)], [true, false]);
  await clock.advance(HOUR_MS);
  assertEquals(wall.isSteady(WEEK_MS), true);
  // A jump of years, and back.
  for (const yearsMs of [10 * 52 * WEEK_MS, -10 * 52 * WEEK_MS]) {
    clock.setWall(clock.wallMs() + yearsMs);
    assertEquals(wall.isSteady(WEEK_MS), false);
    await clock.advance(HOUR_MS - 1);
    assertEquals(wall.isSteady(WEEK_MS), false);
    await clock.advance(1);
    assertEquals(wall.isSteady(WEEK_MS), true);
  }
});

Deno.test("SteadyWall takes a clock which is set little by little for a steady one", async () => {
  const clock = new MadeUpClock();
  const wall = new SteadyWall(clock);
  for (let minute = 0; minute < 60; minute++) {
    await clock.advance(60_000);
    clock.setWall(clock.wallMs() + 500);
    wall.isSteady(WEEK_MS);
  }
  assertEquals(wall.isSteady(WEEK_MS), true);
});
