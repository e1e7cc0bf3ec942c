/** Runs of a simulation, each from its seed. */
import { assert } from "@std/assert";
import type { SimulatedWorld } from "./simulated_world.ts";

/** A world, and what happens in it, with the checks of its end. */
export interface Simulation {
  readonly world: SimulatedWorld;
  readonly run: () => Promise<void>;
}

/**
 * Runs seeds 1 to `seeds`; `FRAMEWIRE_SEEDS=5000` runs more, `FRAMEWIRE_SEED=17` one. The error of one which fails says
 * which it was, and the end of its history.
 */
export async function runSeeds(seeds: number, simulationOf: (seed: number) => Simulation): Promise<void> {
  const only = Deno.env.get("FRAMEWIRE_SEED");
  if (only !== undefined) return void await runSeed(Number(only), simulationOf);
  const count = Number(Deno.env.get("FRAMEWIRE_SEEDS") ?? seeds);
  let crashes = 0;
  for (let seed = 1; seed <= count; seed++) {
    const { history } = await runSeed(seed, simulationOf);
    crashes += history.filter((line) => line.includes("lost power")).length;
  }
  // A simulation in which nothing happens proves nothing.
  assert(count < 20 || crashes > count / 4, `only ${crashes} crashes in ${count} runs`);
}

async function runSeed(seed: number, simulationOf: (seed: number) => Simulation): Promise<SimulatedWorld> {
  const { world, run } = simulationOf(seed);
  try {
    await world.clock.runUntil(run());
    return world;
  } catch (cause) {
    const last = world.history.slice(-30).join("\n  ");
    throw new Error(`Seed ${seed} failed (FRAMEWIRE_SEED=${seed} runs it alone). The end of its history:\n  ${last}`, {
      cause,
    });
  }
}
