/** Rounds: each batch is written, then synced, then committed, in order; the stages overlap, and a failure ends all. */
import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { FrameRounds } from "../../lib/store/frame_rounds.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

const ENOUGH = LIMITS.frameWindowFrames / 4;

/** Steps which wait until they are let go, and note what they do. */
class HeldSteps {
  readonly events: string[] = [];
  readonly open: { readonly name: string; readonly resolve: () => void; readonly reject: (error: Error) => void }[] =
    [];
  hasEnded = false;
  readonly clock = new MadeUpClock();
  readonly rounds = new FrameRounds<number>({
    write: (batch) => this.#step(`write ${batch}`),
    sync: () => this.#step("sync"),
    commit: (batch) => this.#step(`commit ${batch}`),
    alone: (batch) => this.#step(`alone ${batch}`),
    needsAlone: (batch) => batch.includes(-1),
    hasFailed: () => this.hasEnded,
    failed: (cause) => {
      this.hasEnded = true;
      this.events.push(`failed ${(cause as Error).message}`);
      return Promise.resolve();
    },
  }, this.clock);

  #step(name: string): Promise<void> {
    this.events.push(name);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.open.push({ name, resolve, reject });
    return promise.finally(() => this.events.push(`done ${name}`));
  }

  /** Lets the step go which began first of those called so. */
  async finish(name: string, error?: Error): Promise<void> {
    const at = this.open.findIndex((step) => step.name === name);
    assert(at >= 0, `${name} is not under way: ${this.events}`);
    const [step] = this.open.splice(at, 1);
    if (error === undefined) step!.resolve();
    else step!.reject(error);
    await settled();
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

const many = (from: number) => Array.from({ length: ENOUGH }, (_, index) => from + index);

Deno.test("FrameRounds writes, then syncs, then commits", async () => {
  const steps = new HeldSteps();
  steps.rounds.add(1);
  const run = steps.rounds.run();
  for (const name of ["write 1", "sync", "commit 1"]) await steps.finish(name);
  await run;
  assertEquals(steps.events, ["write 1", "done write 1", "sync", "done sync", "commit 1", "done commit 1"]);
});

Deno.test("FrameRounds has all three stages busy when there is enough", async () => {
  const steps = new HeldSteps();
  steps.rounds.add(1);
  const run = steps.rounds.run();
  await steps.finish("write 1");
  for (const entry of many(100)) steps.rounds.add(entry);
  await settled();
  await steps.finish(`write ${many(100)}`);
  await steps.finish("sync");
  for (const entry of many(200)) steps.rounds.add(entry);
  await settled();
  assertEquals(steps.open.map(({ name }) => name), ["commit 1", "sync", `write ${many(200)}`]);
  await steps.finish("sync");
  assertEquals(steps.open.length, 2, "a commit waits for the one before it");
  await steps.finish("commit 1");
  await steps.finish(`commit ${many(100)}`);
  await steps.finish(`write ${many(200)}`);
  await steps.finish("sync");
  await steps.finish(`commit ${many(200)}`);
  await run;
});

Deno.test("FrameRounds lets few wait until nothing is under way", async () => {
  const steps = new HeldSteps();
  steps.rounds.add(1);
  const run = steps.rounds.run();
  await steps.finish("write 1");
  steps.rounds.add(2);
  await steps.finish("sync");
  assertEquals(steps.open.map(({ name }) => name), ["commit 1"]);
  await steps.finish("commit 1");
  for (const name of ["write 2", "sync", "commit 2"]) await steps.finish(name);
  await run;
});

Deno.test("FrameRounds gathers for a moment when several came meanwhile, unless somebody waits for them", async () => {
  for (const end of ["time", "hurry"]) {
    const steps = new HeldSteps();
    steps.rounds.add(1);
    const run = steps.rounds.run();
    await steps.finish("write 1");
    for (const entry of [2, 3]) steps.rounds.add(entry);
    for (const name of ["sync", "commit 1"]) await steps.finish(name);
    assertEquals(steps.open, []);
    steps.rounds.add(4);
    if (end === "hurry") steps.rounds.hurry();
    else await steps.clock.advance(10);
    await settled();
    for (const name of ["write 2,3,4", "sync", "commit 2,3,4"]) await steps.finish(name);
    await run;
    assertEquals(steps.clock.pendingTimers, 0);
  }
});

Deno.test("FrameRounds syncs once for all that was written while a sync ran, and not for what is being written", async () => {
  const steps = new HeldSteps();
  steps.rounds.add(1);
  const run = steps.rounds.run();
  await steps.finish("write 1");
  for (const from of [100, 200, 300]) {
    for (const entry of many(from)) steps.rounds.add(entry);
    await settled();
    if (from < 300) await steps.finish(`write ${many(from)}`);
  }
  await steps.finish("sync");
  await steps.finish("sync");
  await steps.finish("commit 1");
  assertEquals(steps.open.map(({ name }) => name), [`write ${many(300)}`, `commit ${[...many(100), ...many(200)]}`]);
  await steps.finish(`write ${many(300)}`);
  await steps.finish(`commit ${[...many(100), ...many(200)]}`);
  await steps.finish("sync");
  await steps.finish(`commit ${many(300)}`);
  await run;
});

Deno.test("FrameRounds tells a failed write when what came before is committed, and does nothing more", async () => {
  const steps = new HeldSteps();
  steps.rounds.add(1);
  const run = steps.rounds.run();
  await steps.finish("write 1");
  for (const entry of many(100)) steps.rounds.add(entry);
  await settled();
  await steps.finish(`write ${many(100)}`, new Error("full"));
  steps.rounds.add(5);
  await steps.finish("sync");
  assert(!steps.hasEnded);
  await steps.finish("commit 1");
  await run;
  assertEquals(steps.events.slice(-2), ["done commit 1", "failed full"]);
});

Deno.test("FrameRounds commits nothing behind a failed sync", async () => {
  const steps = new HeldSteps();
  steps.rounds.add(1);
  const run = steps.rounds.run();
  await steps.finish("write 1");
  for (const entry of many(100)) steps.rounds.add(entry);
  await settled();
  steps.hasEnded = true;
  await steps.finish("sync");
  await steps.finish(`write ${many(100)}`);
  await run;
  assertEquals(steps.open, []);
  assert(!steps.events.some((event) => event.startsWith("commit")), `${steps.events}`);
});

Deno.test("FrameRounds does what must be alone when nothing else is under way", async () => {
  const steps = new HeldSteps();
  steps.rounds.add(1);
  const run = steps.rounds.run();
  await steps.finish("write 1");
  for (const entry of many(100)) steps.rounds.add(entry);
  steps.rounds.add(-1);
  await settled();
  await steps.finish("sync");
  assertEquals(steps.open.map(({ name }) => name), ["commit 1"]);
  await steps.finish("commit 1");
  await steps.finish(`alone ${[...many(100), -1]}`);
  await run;
});
