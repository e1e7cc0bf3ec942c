/**
 * Memory in which small pictures wait one behind the other, so that many are one write. It is used again and again: what
 * was just read into a cache is copied there in a few microseconds, and the collector has nothing to do with it.
 */

/** Some twenty pictures of a camera. */
const BLOCK_BYTES = 1024 * 1024;
/** Those of a window of small pictures. */
const FREE_MAX = 3;
/** Larger pictures are worth a write of their own. */
const PICTURE_BYTES_MAX = BLOCK_BYTES / 8;

interface Block {
  readonly bytes: Uint8Array<ArrayBuffer>;
  usedBytes: number;
  /** Pictures in it which are not written. */
  waiting: number;
}

export class WriteBlocks {
  readonly #blocks = new Map<ArrayBuffer, Block>();
  #current: Block | undefined;
  readonly #free: Block[] = [];

  /** Memory held, bytes. */
  get capacity(): number {
    return (this.#blocks.size + this.#free.length) * BLOCK_BYTES;
  }

  /** A copy which stays until {@linkcode written} is told of it, or the picture itself if it is large. */
  hold(picture: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const { length } = picture;
    if (length > PICTURE_BYTES_MAX) return picture;
    const block = this.#blockFor(length);
    const copy = block.bytes.subarray(block.usedBytes, block.usedBytes += length);
    copy.set(picture);
    block.waiting++;
    return copy;
  }

  /** What {@linkcode hold} gave is in its file, and may be overwritten. */
  written(held: Uint8Array<ArrayBuffer>): void {
    const block = this.#blocks.get(held.buffer);
    if (block === undefined || --block.waiting > 0) return;
    block.usedBytes = 0;
    if (block === this.#current) return;
    this.#blocks.delete(held.buffer);
    if (this.#free.length < FREE_MAX) this.#free.push(block);
  }

  /** Gives back what holds nothing. */
  trim(): void {
    this.#free.length = 0;
    if (this.#current?.waiting !== 0) return;
    this.#blocks.delete(this.#current.bytes.buffer);
    this.#current = undefined;
  }

  #blockFor(bytes: number): Block {
    const current = this.#current;
    if (current !== undefined && current.usedBytes + bytes <= BLOCK_BYTES) return current;
    const next = this.#free.pop() ?? { bytes: new Uint8Array(BLOCK_BYTES), usedBytes: 0, waiting: 0 };
    this.#blocks.set(next.bytes.buffer, next);
    this.#current = next;
    return next;
  }
}
