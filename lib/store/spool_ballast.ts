/** Space of the disk that the spool holds for the day on which there is none: to drop something, SQLite must write. */
import { join } from "node:path";
import type { Disk } from "../platform/disk.ts";

/** The log of SQLite, and what dropping a file of pictures or a part of the events writes; bytes. */
const BALLAST_BYTES = 4 * 1024 * 1024;
const PIECE_BYTES = 256 * 1024;

export class SpoolBallast {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #path: string;
  #isThere = false;
  #taking: Promise<void> | undefined;

  /** `folder` is that of the spool. */
  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
    this.#path = join(folder, "spool.ballast");
  }

  /** Takes the space, if it is not taken and there is some; never rejects. */
  take(): Promise<void> {
    return this.#taking ??= this.#take().finally(() => this.#taking = undefined);
  }

  async #take(): Promise<void> {
    if (this.#isThere) return;
    try {
      // Not the last that there is.
      if (await this.#disk.freeBytes(this.#folder) < 2 * BALLAST_BYTES) return;
      const file = await this.#disk.open(this.#path, "create-or-update");
      try {
        const piece = new Uint8Array(PIECE_BYTES);
        for (let at = (await file.info()).bytes; at < BALLAST_BYTES; at += piece.length) await file.writeAt(piece, at);
        await file.sync();
        this.#isThere = true;
      } finally {
        file.close();
      }
    } catch {
      // There is nothing to be held; the rest of it is given back.
      await this.#disk.remove(this.#path).catch(() => {});
    }
  }

  /** Gives the space back. */
  async giveBack(): Promise<void> {
    await this.#taking;
    this.#isThere = false;
    await this.#disk.remove(this.#path);
  }
}
