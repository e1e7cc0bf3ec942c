/**
 * The bytes reader: collects what a connection delivers, in whatever pieces, and hands out exactly the bytes that are
 * asked for. It does no input of its own: the owner reads into {@linkcode BytesReader.room} and says how much came.
 *
 * One contiguous buffer, so that a message is handed out as a view and never copied: a large message is asked for
 * exactly, and begins at the front of the buffer. Memory grows with the bytes that have arrived, never with a number
 * which a peer announced.
 */

/** Capacity of a fresh reader, bytes; many small messages fit in one read. */
const CAPACITY_INITIAL = 64 * 1024;
/** From here on a message is read exactly, so that what follows it need not be moved. */
const EXACT_FROM = 16 * 1024;
/** A reader which has become larger than this gives its memory back when it is empty. */
const CAPACITY_KEPT = 1024 * 1024;

export class BytesReader {
  #buffer = new Uint8Array(CAPACITY_INITIAL);
  #start = 0;
  #end = 0;

  /** Bytes that have arrived and were not taken yet. */
  get available(): number {
    return this.#end - this.#start;
  }

  /** Memory held, bytes. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /**
   * A view of at least one byte to read into, while `need` bytes in a row are being waited for; `ahead` more may be
   * read with them. All views handed out before become invalid.
   */
  room(need: number, ahead: number): Uint8Array {
    if (this.available === 0) this.#reset();
    if (this.#start + need > this.#buffer.length && this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    if (this.#end === this.#buffer.length) this.#grow();
    const until = need < EXACT_FROM ? this.#buffer.length : this.#start + need + ahead;
    return this.#buffer.subarray(this.#end, Math.max(this.#end + 1, until));
  }

  /** Says that `count` bytes were read into the last {@linkcode room}. */
  filled(count: number): void {
    if (!(count >= 0 && this.#end + count <= this.#buffer.length)) {
      throw new RangeError(
        `Cannot fill as count must be between 0 and ${this.#buffer.length - this.#end}: received ${count}`,
      );
    }
    this.#end += count;
  }

  /** The next four bytes as a big-endian number, which stay where they are; undefined when they are not all there. */
  peekUint32(): number | undefined {
    if (this.available < 4) return undefined;
    const bytes = this.#buffer;
    const at = this.#start;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  /** Takes exactly `count` bytes: a view, valid until the next {@linkcode room}; undefined when they are not all there. */
  take(count: number): Uint8Array | undefined {
    if (this.available < count) return undefined;
    const view = this.#buffer.subarray(this.#start, this.#start + count);
    this.#start += count;
    return view;
  }

  #reset(): void {
    this.#start = 0;
    this.#end = 0;
    if (this.#buffer.length > CAPACITY_KEPT) this.#buffer = new Uint8Array(CAPACITY_INITIAL);
  }

  /** Doubles, so that a message which comes byte by byte is moved a bounded number of times. */
  #grow(): void {
    const larger = new Uint8Array(this.#buffer.length * 2);
    larger.set(this.#buffer.subarray(this.#start, this.#end));
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = larger;
  }
}
