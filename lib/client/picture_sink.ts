/** Where `watch` puts pictures. */
import { join } from "node:path";
import { FramewireError, messageOf } from "../errors.ts";
import type { Disk } from "../platform/disk.ts";

/** A picture as it was received. */
export interface WatchedPicture {
  readonly jpeg: Uint8Array<ArrayBuffer>;
  /** As its box numbered it; a box that starts anew begins with 1 again. */
  readonly sequence: number;
  /** By the clock of the box and by that of the server, RFC 3339; empty when the server did not say. */
  readonly captured: string;
  readonly time: string;
  /** File name; empty if it had none. */
  readonly name: string;
}

/** Writes pictures into a folder: a file is there whole, or not at all. */
export class PictureFolder {
  readonly #disk: Disk;
  readonly #folder: string;

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
  }

  /**
   * Writes a picture; resolves with the name of its file, which is `<sequence>.jpg`, or `<sequence>-2.jpg` when there is
   * one of an earlier run.
   *
   * @throws {FramewireError} `STORAGE_FAILED`.
   */
  async write({ jpeg, sequence }: WatchedPicture): Promise<string> {
    const part = join(this.#folder, `.${sequence}.jpg.part`);
    try {
      await this.#disk.makeFolder(this.#folder);
      await this.#disk.remove(part);
      const file = await this.#disk.open(part, "create-new");
      try {
        await file.writeAt(jpeg, 0);
      } finally {
        file.close();
      }
      const name = await this.#freeName(sequence);
      await this.#disk.rename(part, join(this.#folder, name));
      return name;
    } catch (cause) {
      const text = `Cannot write picture ${sequence} into ${this.#folder}: ${messageOf(cause)}`;
      throw new FramewireError("STORAGE_FAILED", text, { cause });
    }
  }

  async #freeName(sequence: number): Promise<string> {
    for (let copy = 1;; copy++) {
      const name = copy === 1 ? `${sequence}.jpg` : `${sequence}-${copy}.jpg`;
      if (await this.#disk.info(join(this.#folder, name)) === null) return name;
    }
  }
}
