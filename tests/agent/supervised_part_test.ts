import { assert, assertEquals, assertLess } from "@std/assert";
import { type Part, type PartHealth, SupervisedPart } from "../../lib/agent/supervised_part.ts";
import type { LogLevel } from "../../lib/log.ts";
import { sleep } from "../../lib/platform/clock.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

/** A part whose runs are given, and what was said of it. */
class World {
  readonly clock = new MadeUpClock();
  readonly said: string[] = [];
  readonly startsMs: number[] = [];
  readonly supervised: SupervisedPart;

  constructor(run: (times: number, signal: AbortSignal, health: PartHealth, clock: MadeUpClock) => Promise<void>) {
    const part: Part = {
      name: "part",
      run: (signal, health) => {
        this.startsMs.push(this.clock.now());
        return run(this.startsMs.length, signal, health, this.clock);
      },
    };
    const log = (level: LogLevel, text: string) => void (level !== "debug" && this.said.push(`${level} ${text}`));
    this.supervised = new SupervisedPart(part, { clock: this.clock, random: new SeededRandom(1), log });
  }
}

Deno.test("supervised part: what fails starts again, after pauses that grow to a bound, for ever", async () => {
  const world = new World(() => Promise.reject(new Error("unplugged")));
  world.supervised.start();
  await world.clock.advance(3_600_000);
  const pauses = world.startsMs.slice(1).map((ms, at) => ms - world.startsMs[at]!);
  assert(world.startsMs.length > 60, `${world.startsMs.length} starts in an hour`);
  assertLess(Math.max(...pauses), 30_001);
  assertLess(Math.max(...pauses.slice(0, 3)), 2_001);
  assert(Math.max(...pauses) > 20_000);
  assertEquals(world.supervised.trouble, "part: unplugged");
  await world.supervised.stop();
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("supervised part: the same trouble is said now and then, another at once", async () => {
  const world = new World((times) => Promise.reject(new Error(times < 4 ? "one" : "two")));
  world.supervised.start();
  await world.clock.advance(50_000);
  assertEquals(world.said, ["warn part: one", "warn part: two"]);
  await world.clock.advance(600_000);
  assert(world.said.length >= 8 && world.said.length <= 13, `${world.said.length} lines in ten minutes`);
  await world.supervised.stop();
});

Deno.test("supervised part: after a good run the pauses are short again", async () => {
  const world = new World(async (times, signal, _, clock) => {
    if (times === 10) await sleep(clock, 60_000, signal);
    throw new Error("gone");
  });
  world.supervised.start();
  await world.clock.advance(600_000);
  assertLess(world.startsMs[10]! - world.startsMs[9]! - 60_000, 501);
  await world.supervised.stop();
});

Deno.test("supervised part: trouble ends when it works, not when it works for a moment between failures", async () => {
  let plugged = false;
  const world = new World(async (_, signal, health, clock) => {
    health.works();
    if (!plugged) throw new Error("unplugged");
    while (!signal.aborted) {
      await sleep(clock, 1_000, signal);
      health.works();
    }
  });
  world.supervised.start();
  await world.clock.advance(100_000);
  assertEquals(world.supervised.trouble, "part: unplugged");
  plugged = true;
  await world.clock.advance(60_000);
  assertEquals(world.supervised.trouble, null);
  assertEquals(world.said.at(-1), "info part works again");
  await world.supervised.stop();
});

Deno.test("supervised part: one that has ended well is not started again", async () => {
  const world = new World(() => Promise.resolve());
  world.supervised.start();
  await world.clock.advance(100_000);
  assertEquals([world.startsMs, world.supervised.hasEnded, world.supervised.trouble], [[0], true, null]);
});

Deno.test("supervised part: stop waits for the end of the run, and is silent about how it ended", async () => {
  let ended = false;
  const world = new World(async (_, signal, __, clock) => {
    await sleep(clock, Infinity, signal);
    await sleep(clock, 1_000);
    ended = true;
    throw new Error("killed");
  });
  world.supervised.start();
  await world.clock.advance(10);
  await world.clock.runUntil(world.supervised.stop());
  assertEquals([ended, world.said, world.supervised.trouble], [true, [], null]);
});
