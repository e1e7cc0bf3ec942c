import { BLOCK_BYTES, type DirectWrite, type DirectWrites } from "../../lib/platform/direct_writes.ts";
import type { Disk, DiskFile } from "../../lib/platform/disk.ts";

/**
 * Direct writes to a made-up disk: one after the other, durable when told, failing as the disk does. Little memory; every
 * fifth is to be written as usual.
 */
export class MemoryDirectWrites implements DirectWrites {
  readonly bytesMin = 2 * BLOCK_BYTES;
  /** Writes that were begun. */
  begun = 0;
  readonly #disk: Disk;
  readonly #free: Uint8Array[];
  readonly #files = new Map<string, Promise<DiskFile>>();
  #asked = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(disk: Disk, buffers = 2, bytes = 4 * BLOCK_BYTES) {
    this.#disk = disk;
    // What was in it before must not matter.
    this.#free = Array.from({ length: buffers }, () => new Uint8Array(bytes).fill(0xee));
  }

  take(_path?: string): Uint8Array | undefined {
    return this.#free.pop();
  }

  giveBack(buffer: Uint8Array): void {
    this.#free.push(buffer.fill(0xee));
  }

  write(path: string, buffer: Uint8Array, bytes: number, offset: number): DirectWrite | undefined {
    if (bytes % BLOCK_BYTES !== 0 || offset % BLOCK_BYTES !== 0) throw new RangeError(`${bytes} bytes at ${offset}`);
    if (++this.#asked % 5 === 0) return undefined;
    const done = this.#turn.then(async () => {
      try {
        if (!this.#files.has(path)) this.#files.set(path, this.#disk.open(path, "update"));
        const file = await this.#files.get(path)!;
        await file.writeAt(buffer.subarray(0, bytes), offset);
        await file.sync();
      } finally {
        this.giveBack(buffer);
      }
    });
    this.#turn = done.catch(() => {});
    return { ticket: ++this.begun, done };
  }

  close(path: string): void {
    this.#turn = this.#turn.then(async () => {
      const file = this.#files.get(path);
      this.#files.delete(path);
      (await file)?.close();
    }).catch(() => {});
  }
}
