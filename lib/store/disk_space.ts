/** How much of the disk clips may have. */
import { FramewireError } from "../errors.ts";
import type { Disk } from "../platform/disk.ts";
import { NO_SPACE_RETRY_MS } from "./storage_error.ts";

export class DiskSpace {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #reserveBytes: number;

  /** `reserveBytes` of the file system of `folder` are never given to clips: the catalog must be able to commit. */
  constructor(disk: Disk, folder: string, reserveBytes: number) {
    this.#disk = disk;
    this.#folder = folder;
    this.#reserveBytes = reserveBytes;
  }

  /** @throws {FramewireError} `NO_SPACE` unless `bytes` more fit, beside the `promisedBytes` of clips that are arriving. */
  async check(bytes: number, promisedBytes: number): Promise<void> {
    const freeBytes = await this.#disk.freeBytes(this.#folder) - this.#reserveBytes;
    if (bytes + promisedBytes <= freeBytes && freeBytes > 0) return;
    const bytesMax = Math.max(0, freeBytes - promisedBytes);
    const text = `Cannot take clip as its size must be <= ${bytesMax} bytes, which are free: received ${bytes}`;
    throw new FramewireError("NO_SPACE", text, { retryAfterMs: NO_SPACE_RETRY_MS });
  }

  /**
   * For bytes which arrive: nobody promised the space of a pipe, and others write to the disk, too.
   *
   * @throws {FramewireError} `NO_SPACE` when only the reserve is left, and `moreBytes`.
   */
  async checkReserve(moreBytes = 0): Promise<void> {
    const freeBytes = await this.#disk.freeBytes(this.#folder);
    const bytesMin = this.#reserveBytes + moreBytes;
    if (freeBytes > bytesMin) return;
    const text = `Cannot take more as free bytes must be > ${bytesMin}, the reserve: received ${freeBytes}`;
    throw new FramewireError("NO_SPACE", text, { retryAfterMs: NO_SPACE_RETRY_MS });
  }
}
