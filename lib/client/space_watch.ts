/** How full the disk of a box is: looked at now and then, as asking it may take a moment. */
import { type Clock, sleep } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";

const LOOK_MS = 10_000;

export class SpaceWatch {
  readonly #path: string;
  readonly #disk: Disk;
  readonly #clock: Clock;
  /** Of the file system, as it was last; null when it does not say. */
  freeBytes: number | null = null;
  totalBytes: number | null = null;

  /** `path`: something on the disk. */
  constructor(path: string, { disk, clock }: { readonly disk: Disk; readonly clock: Clock }) {
    this.#path = path;
    this.#disk = disk;
    this.#clock = clock;
  }

  /** Looks at once, and again until `signal` aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await sleep(this.#clock, LOOK_MS, signal);
    }
  }

  /** Never rejects. */
  async look(): Promise<void> {
    this.freeBytes = await this.#disk.freeBytes(this.#path).catch(() => null);
    this.totalBytes = await this.#disk.totalBytes(this.#path).catch(() => null);
  }
}
