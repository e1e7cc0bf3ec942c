import { SeededRandom } from "../helpers/seeded_random.ts";
import { makeAccidents } from "./accidents.ts";
import { runSeeds } from "./seeds.ts";
import { SimulatedSources, someSources } from "./simulated_sources.ts";
import { SimulatedWorld } from "./simulated_world.ts";

const SEEDS = 40;
const DEVICES = ["box-1", "box-2"];

async function simulate(world: SimulatedWorld, sources: SimulatedSources): Promise<void> {
  const { random } = world;
  for (const device of DEVICES) {
    for (const source of someSources(device, random)) if (random.chance(0.7)) sources.add(source);
  }
  // Beside a clip, which shares the connection.
  await world.addFile({ device: DEVICES[0]!, name: "clip.bin", content: random.bytes(random.int(300_000)) });
  await world.startServer();
  const boxes = new Map<string, { kill(): void }>();
  const running = new Map<string, Promise<void>>();
  const restart = (device: string) => {
    const run = world.startBox(device);
    run.done.catch(() => {});
    boxes.set(device, run);
    running.set(device, run.done);
  };
  DEVICES.forEach(restart);
  await makeAccidents(world, { boxes, restart, killed: DEVICES, check: () => sources.checkPromises() });
  await Promise.all(running.values());
  await world.stopServer();
  await world.leave();
  await sources.checkEnd();
}

Deno.test("whatever happens, what was told stored is there once and in order, and of policy all nothing is missing", () =>
  runSeeds(SEEDS, (seed) => {
    const sources = new SimulatedSources(new SeededRandom(seed + 1_000_000));
    const world = new SimulatedWorld(seed, sources);
    return { world, run: () => simulate(world, sources) };
  }));
