/** Rounds: each batch is synced, then committed, in order; a sync overlaps with the commit before it, and a failure ends all. */
import { assert, assertEquals } from "@std/assert";
import { FrameRounds } from "../../lib/store/frame_rounds.ts";

/** More than enough for a sync beside a commit. */
const ENOUGH = 16;

/** Steps which wait until they are let go, and note what they do. */
class HeldSteps {
  readonly events: string[] = [];
  readonly open: { readonly name: string; readonly resolve: () => void }[] = [];
  hasEnded = false;
  readonly rounds = new FrameRounds<number, string>({
    sync: () => this.#step("sync").then(() => ["a write"]),
    commit: (batch, underWay) => {
      assertEquals(underWay, ["a write"]);
      return this.#step(`commit ${batch}`);
    },
    alone: (batch) => this.#step(`alone ${batch}`),
    needsAlone: (batch) => batch.includes(-1),
    hasFailed: () => this.hasEnded,
  });

  #step(name: string): Promise<void> {
    this.events.push(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.open.push({ name, resolve });
    return promise.finally(() => this.events.push(`done ${name}`));
  }

  get underWay(): string[] {
    return this.open.map(({ name }) => name);
  }

  /** Lets the step go which is called so. */
  async finish(name: string): Promise<void> {
    const at = this.open.findIndex((step) => step.name === name);
    assert(at >= 0, `${name} is not under way: ${this.events}`);
    this.open.splice(at, 1)[0]!.resolve();
    await settled();
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

const many = (from: number) => Array.from({ length: ENOUGH }, (_, index) => from + index);

Deno.test("FrameRounds syncs, then commits", async () => {
  const steps = new HeldSteps();
  steps.rounds.add(1);
  const run = steps.rounds.run();
  for (const name of ["sync", "commit 1"]) await steps.finish(name);
  await run;
  assertEquals(steps.events, ["sync", "done sync", "commit 1", "done commit 1"]);
});

Deno.test("FrameRounds syncs the next batch beside a commit when there is enough, and commits two at a time", async () => {
  const steps = new HeldSteps();
  steps.rounds.add(1);
  const run = steps.rounds.run();
  await steps.finish("sync");
  for (const entry of many(100)) steps.rounds.add(entry);
  await settled();
  assertEquals(steps.underWay, ["commit 1", "sync"]);
  await steps.finish("sync");
  assertEquals(steps.underWay, ["commit 1", `commit ${many(100)}`]);
  for (const entry of many(200)) steps.rounds.add(entry);
  await settled();
  await steps.finish("sync");
  assertEquals(steps.underWay, ["commit 1", `commit ${many(100)}`], "a third one waits for the first");
  await steps.finish("commit 1");
  assertEquals(steps.underWay, [`commit ${many(100)}`, `commit ${many(200)}`]);
  for (const from of [100, 200]) await steps.finish(`commit ${many(from)}`);
  await run;
});

Deno.test("FrameRounds has ended when the commits under way have, though a sync has failed", async () => {
  const steps = new HeldSteps();
  let hasEnded = false;
  for (const entry of many(100)) steps.rounds.add(entry);
  const run = steps.rounds.run().then(() => hasEnded = true);
  await steps.finish("sync");
  for (const entry of many(200)) steps.rounds.add(entry);
  await settled();
  steps.hasEnded = true;
  await steps.finish("sync");
  assertEquals([steps.underWay, hasEnded], [[`commit ${many(100)}`], false]);
  await steps.finish(`commit ${many(100)}`);
  await run;
});

Deno.test("FrameRounds lets few wait until nothing is under way", async () => {
  const steps = new HeldSteps();
  steps.rounds.add(1);
  const run = steps.rounds.run();
  steps.rounds.add(2);
  await steps.finish("sync");
  assertEquals(steps.underWay, ["commit 1"]);
  await steps.finish("commit 1");
  for (const name of ["sync", "commit 2"]) await steps.finish(name);
  await run;
});

Deno.test("FrameRounds commits nothing behind a failed sync", async () => {
  const steps = new HeldSteps();
  steps.rounds.add(1);
  const run = steps.rounds.run();
  steps.hasEnded = true;
  await steps.finish("sync");
  await run;
  assertEquals(steps.events, ["sync", "done sync"]);
});

Deno.test("FrameRounds does what must be alone when nothing else is under way", async () => {
  const steps = new HeldSteps();
  steps.rounds.add(1);
  const run = steps.rounds.run();
  await steps.finish("sync");
  for (const entry of [...many(100), -1]) steps.rounds.add(entry);
  await settled();
  assertEquals(steps.underWay, ["commit 1"]);
  await steps.finish("commit 1");
  await steps.finish(`alone ${[...many(100), -1]}`);
  await run;
});
