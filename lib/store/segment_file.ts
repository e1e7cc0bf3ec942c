/**
 * The file of a segment, to which pictures are appended. While there are many, they gather in memory and go past the page
 * cache, whole blocks at a time: the last block is written again with what follows in it, and until its end the file is
 * longer than what it holds by a part of a block, zeros.
 */
import type { DiskFile } from "../platform/disk.ts";
import { BLOCK_BYTES, type DirectWrite, type DirectWrites } from "../platform/direct_writes.ts";

export class SegmentFile {
  readonly #file: DiskFile;
  readonly #path: string;
  readonly #direct: DirectWrites | undefined;
  #bytes = 0;
  /** What is in the last block, if that is not full; zeros behind it. */
  readonly #tail: Uint8Array;
  /** Memory in which it gathers, and how much of it is filled; the first block is the last one of the file. */
  #buffer: Uint8Array | undefined;
  #filled = 0;
  /** Changes of the file, one after the other. Never rejects. */
  #turn: Promise<void> = Promise.resolve();
  /** Direct writes which are not known to be durable. */
  readonly #underWay = new Set<DirectWrite>();
  /** The last one of them; never rejects. */
  #lastWrite: Promise<void> = Promise.resolve();
  /** A sync of what is in the page cache, while it runs; never rejects. */
  #syncing: Promise<void> | undefined;
  /** Why something is missing that was appended; for every sync from then on. */
  #lost: unknown;
  /** Written to the page cache since the last sync. */
  #isDirty = false;
  /** The last block was written directly: it is not in the page cache. */
  #isCold = false;
  /** Direct writes were used: the file may be longer than what it holds. */
  #usedDirect = false;
  #isClosed = false;

  /** An empty file at `path`. Without `direct` everything goes through the page cache. */
  constructor(file: DiskFile, path: string, direct?: DirectWrites) {
    this.#file = file;
    this.#path = path;
    this.#direct = direct;
    this.#tail = new Uint8Array(direct === undefined ? 0 : BLOCK_BYTES);
  }

  /** Appends; resolves when it takes more. `gathers`: a sync of what is there already is under way, so this has time. */
  async append(bytes: Uint8Array, gathers: boolean): Promise<void> {
    const fits = () => this.#buffer !== undefined && this.#filled + bytes.length <= this.#buffer.length;
    if (this.#buffer !== undefined && !fits()) await this.#flush();
    if (this.#buffer === undefined && gathers) this.#gather();
    if (this.#buffer === undefined || !fits()) {
      this.#drop();
      return await this.#writeThrough(bytes);
    }
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
    this.#bytes += bytes.length;
  }

  /** Makes durable what was appended, but for what is under way still: all of it is when that is. */
  async sync(): Promise<readonly DirectWrite[]> {
    await this.#flush();
    if (this.#lost !== undefined) throw this.#lost;
    if (this.#isDirty) {
      this.#isDirty = false;
      const syncing = this.#file.sync();
      this.#syncing = syncing.catch(() => {}).then(() => this.#syncing = undefined);
      await syncing;
    }
    return [...this.#underWay];
  }

  /** Nothing more is appended: cuts off the zeros behind the end, durably. */
  async end(): Promise<void> {
    if (!this.#usedDirect) return;
    await this.truncate(this.#bytes);
    await this.#file.sync();
  }

  /** Cuts off what is behind `bytes`, whether it was written or not; for a sync to make durable. */
  truncate(bytes: number): Promise<void> {
    this.#drop();
    return this.#inTurn(async () => {
      await this.#lastWrite;
      await this.#file.truncate(bytes);
      this.#isDirty = true;
      this.#lost = undefined;
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
    this.#file.close();
    this.#direct?.close(this.#path);
  }

  #gather(): void {
    const buffer = this.#isClosed ? undefined : this.#direct?.take(this.#path);
    if (buffer === undefined) return;
    this.#buffer = buffer;
    this.#filled = this.#bytes % BLOCK_BYTES;
    buffer.set(this.#tail.subarray(0, this.#filled));
  }

  #drop(): void {
    if (this.#buffer !== undefined) this.#direct!.giveBack(this.#buffer);
    this.#buffer = undefined;
  }

  /** Writes what has gathered, if it has; directly when it is enough, and then it only begins. */
  async #flush(): Promise<void> {
    const [buffer, filled] = [this.#buffer, this.#filled];
    if (buffer === undefined) return await this.#turn;
    this.#buffer = undefined;
    const offset = this.#bytes - filled;
    const tailBytes = filled % BLOCK_BYTES;
    const blockBytes = filled + (tailBytes === 0 ? 0 : BLOCK_BYTES - tailBytes);
    buffer.fill(0, filled, blockBytes);
    if (tailBytes > 0) this.#tail.set(buffer.subarray(blockBytes - BLOCK_BYTES, blockBytes));
    await this.#inTurn(async () => {
      const direct = this.#direct!;
      // Else that may put an older last block on the disk, behind this one.
      while (this.#syncing !== undefined) await this.#syncing;
      const isMuch = blockBytes >= direct.bytesMin && !this.#isClosed;
      const write = isMuch ? direct.write(this.#path, buffer, blockBytes, offset) : undefined;
      if (write !== undefined) return this.#begin(write);
      try {
        // The same block is in both.
        await this.#lastWrite;
        await this.#file.writeAt(buffer.subarray(0, this.#isCold ? Math.max(filled, BLOCK_BYTES) : filled), offset);
      } catch (error) {
        this.#lost = error;
        throw error;
      } finally {
        direct.giveBack(buffer);
      }
      this.#isCold = false;
      this.#isDirty = true;
    });
  }

  #begin(write: DirectWrite): void {
    this.#usedDirect = this.#isCold = true;
    // It syncs what was written before, too.
    this.#isDirty = false;
    this.#underWay.add(write);
    // One that has failed stays, for whoever syncs.
    this.#lastWrite = write.done.then(() => void this.#underWay.delete(write), () => {});
  }

  #writeThrough(bytes: Uint8Array): Promise<void> {
    const offset = this.#bytes;
    const tailBytes = offset % BLOCK_BYTES;
    this.#bytes += bytes.length;
    return this.#inTurn(async () => {
      await this.#lastWrite;
      // The whole block first: else the kernel reads it.
      if (this.#isCold && tailBytes > 0) await this.#file.writeAt(this.#tail, offset - tailBytes);
      this.#isCold = false;
      await this.#file.writeAt(bytes, offset);
      // Not before: a sync which began meanwhile knows nothing of it.
      this.#isDirty = true;
      this.#keepTail(bytes, tailBytes);
    });
  }

  /** Notes the last block, behind `tailBytes` of which `bytes` were written. */
  #keepTail(bytes: Uint8Array, tailBytes: number): void {
    if (this.#direct === undefined) return;
    const kept = (tailBytes + bytes.length) % BLOCK_BYTES;
    if (kept < bytes.length) this.#tail.set(bytes.subarray(bytes.length - kept));
    else this.#tail.set(bytes, kept - bytes.length);
    this.#tail.fill(0, kept);
  }

  #inTurn(job: () => void | Promise<void>): Promise<void> {
    const done = this.#turn.then(job);
    this.#turn = done.catch(() => {});
    return done;
  }
}
