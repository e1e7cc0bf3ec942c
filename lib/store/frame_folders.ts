/** Where the files of frames lie under the data directory. */
import { join } from "node:path";
import type { Disk } from "../platform/disk.ts";

/** Pictures on their way into their folder, in `incoming/`; of no use after a restart. */
const ARRIVING = ".picture";

export class FrameFolders {
  readonly #disk: Disk;
  readonly #data: string;
  /** Folders which this run has synced, or is making. */
  readonly #made = new Map<string, Promise<void>>();
  /** `<device>/<source>/<file>`. */
  readonly frames: string;
  /** Files which are not whole. */
  readonly incoming: string;

  constructor(disk: Disk, data: string) {
    this.#disk = disk;
    this.#data = data;
    this.frames = join(data, "frames");
    this.incoming = join(data, "incoming");
  }

  /** Makes what must be there, and removes what the last run left unfinished. */
  async start(): Promise<void> {
    await this.#disk.makeFolder(this.frames);
    await this.#disk.makeFolder(this.incoming);
    await this.#disk.syncFolder(this.#data);
    for (const { name } of await this.#disk.list(this.incoming)) {
      if (name.endsWith(ARRIVING)) await this.#disk.remove(join(this.incoming, name));
    }
  }

  /** Makes the folder of a source, durably; it may be of a run which was killed before it was synced. */
  makeForSource(folder: string): Promise<void> {
    const known = this.#made.get(folder);
    if (known !== undefined) return known;
    const path = this.path(folder);
    const made = this.#disk.makeFolder(path)
      .then(() => this.#disk.syncFolder(join(path, "..")))
      .then(() => this.#disk.syncFolder(this.frames));
    this.#made.set(folder, made);
    made.catch(() => this.#made.delete(folder));
    return made;
  }

  /** The folder of a source, or a file in it. */
  path(folder: string, file = ""): string {
    return join(this.frames, folder, file);
  }

  /** Where a picture lies until it is whole and synced. */
  arriving(id: string): string {
    return join(this.incoming, id + ARRIVING);
  }
}
