/** New pictures of a folder, as they appear: looked for now and then, as not every file system tells. */
import { type Clock, sleep } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";
import { naturalOrder } from "./natural_order.ts";

/** How often the folder is looked at, ms. */
const LOOK_MS = 200;

/** Names of the pictures in a folder, in natural order; links count as what they lead to. */
export async function listPictures(disk: Disk, path: string): Promise<string[]> {
  const entries = await disk.list(path);
  return entries.filter(({ name, isDirectory }) => !isDirectory && /\.jpe?g$/i.test(name))
    .map(({ name }) => name).sort(naturalOrder);
}

export class FolderWatch {
  readonly #path: string;
  readonly #disk: Disk;
  readonly #clock: Clock;
  #given = new Set<string>();
  /** Size and time of those which are not given yet, when they were looked at last. */
  #seen = new Map<string, string>();

  constructor(path: string, outside: { disk: Disk; clock: Clock }) {
    this.#path = path;
    this.#disk = outside.disk;
    this.#clock = outside.clock;
  }

  /** Names which are new and did not change between two looks, at least one, in natural order; none when aborted. */
  async next(signal: AbortSignal): Promise<string[]> {
    while (!signal.aborted) {
      const names = await this.#look();
      if (names.length > 0) return names;
      await sleep(this.#clock, LOOK_MS, signal);
    }
    return [];
  }

  async #look(): Promise<string[]> {
    const names = await listPictures(this.#disk, this.#path);
    const present = new Set(names);
    // One that was taken away and comes back is a new one.
    this.#given = this.#given.intersection(present);
    const seen = new Map<string, string>();
    const ready: string[] = [];
    for (const name of names) {
      if (this.#given.has(name)) continue;
      const info = await this.#disk.info(`${this.#path}/${name}`);
      if (info === null) continue;
      const state = `${info.bytes} ${info.modifiedMs} ${info.identity}`;
      if (info.bytes > 0 && this.#seen.get(name) === state) ready.push(name);
      else seen.set(name, state);
    }
    this.#seen = seen;
    for (const name of ready) this.#given.add(name);
    return ready;
  }
}
