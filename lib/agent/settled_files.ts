/** Which files of a folder have stopped growing. Arithmetic; nothing is looked at here. */
import type { FileInfo } from "../platform/disk.ts";

/** A file that was seen. */
interface Seen {
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly identity: string;
  /** Since when it looks like this, on the monotonic clock, ms. */
  readonly sinceMs: number;
}

export class SettledFiles {
  readonly #settledMs: number;
  #seen = new Map<string, Seen>();

  constructor(settledMs: number) {
    this.#settledMs = settledMs;
  }

  /**
   * Takes what a look at the folder gave; the names of those which have not changed for long enough, or of which `isKnown`
   * says that they had not, before the program was started.
   */
  look(
    files: ReadonlyMap<string, FileInfo>,
    nowMs: number,
    isKnown: (name: string, info: FileInfo) => boolean = () => false,
  ): string[] {
    const seen = new Map<string, Seen>();
    const settled: string[] = [];
    for (const [name, info] of files) {
      const { bytes, modifiedMs, identity } = info;
      const before = this.#seen.get(name);
      const isSame = before !== undefined && before.bytes === bytes && before.modifiedMs === modifiedMs &&
        before.identity === identity;
      const sinceMs = isSame ? before.sinceMs : nowMs;
      seen.set(name, { bytes, modifiedMs, identity, sinceMs });
      if ((isSame && nowMs - sinceMs >= this.#settledMs) || isKnown(name, info)) settled.push(name);
    }
    this.#seen = seen;
    return settled;
  }
}
