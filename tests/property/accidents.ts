/** What may happen to a {@linkcode SimulatedWorld}. */
import type { SimulatedWorld } from "./simulated_world.ts";

/** Bytes after which a connection is cut, at most: about those of a clip. */
const BYTES_MAX = 400_000;

export interface AccidentSetting {
  /** The programs which run, by device. */
  readonly boxes: ReadonlyMap<string, { kill(): void }>;
  readonly restart: (device: string) => void;
  /** Devices whose programs may be killed. */
  readonly killed: readonly string[];
  /** Called after each power cut of the server. */
  readonly check: () => Promise<void> | void;
}

/** Accidents, one after the other, with random pauses. */
export async function makeAccidents(world: SimulatedWorld, setting: AccidentSetting): Promise<void> {
  const { clock, random, network } = world;
  const pause = (ms: number) => new Promise<void>((resolve) => void clock.timer(ms, resolve));
  for (let left = random.int(9); left > 0; left--) {
    await pause(random.pick([5, 50, 400, 3_000]) * random.fraction());
    const link = network.links.length === 0 ? undefined : network.links[network.links.length - 1 - random.int(2)];
    switch (random.int(9)) {
      case 0:
        link?.reset();
        break;
      case 1:
        link?.blackHole();
        break;
      case 2:
        link?.up.resetAfter(random.int(BYTES_MAX));
        break;
      case 3:
        link?.down.endAfter(random.int(2_000));
        break;
      case 4: {
        const device = random.pick(setting.killed);
        setting.boxes.get(device)!.kill();
        await pause(random.int(200));
        setting.restart(device);
        break;
      }
      case 5:
        world.crashServer();
        await setting.check();
        await pause(random.int(500));
        await world.startServer();
        break;
      case 6:
      case 7:
        await world.breakDisk();
        break;
      default:
        // The power goes again while the server starts.
        world.crashServer();
        world.startServer();
        await pause(random.int(60));
        world.crashServer();
        await setting.check();
        await pause(random.int(500));
        await world.startServer();
    }
  }
}
