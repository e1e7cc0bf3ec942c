/**
 * The bytes reader: collects what a connection delivers, in whatever pieces, and hands out exactly the bytes that are
 * asked for. It does no input of its own: the owner reads into {@linkcode BytesReader.room} and says how much came.
 *
 * One contiguous buffer, so that a message is handed out as a view and never copied: a large message is asked for
 * exactly, and begins at the front of the buffer. Memory grows with the bytes that have arrived, never with a number
 * which a peer announced.
 */

/** Capacity of a fresh reader, bytes: a thousand idle connections must cost next to nothing. */
const CAPACITY_INITIAL = 4 * 1024;
/** Up to here it grows as long as reads fill it: many small messages fit in one read. */
const CAPACITY_BUSY = 64 * 1024;
/** From here on a message is read exactly, so that what follows it need not be moved. */
const EXACT_FROM = 96 * 1024;
/** A reader which has become larger than this gives its memory back as soon as it is empty. */
const CAPACITY_KEPT = 1024 * 1024;
/** After so many small pieces in a row a large reader gives its memory back, too: the large messages are over. */
const SMALL_BYTES = 1024;
const SMALL_IN_A_ROW = 16;

export class BytesReader {
  #buffer = new Uint8Array(CAPACITY_INITIAL);
  #start = 0;
  #end = 0;
  #roomBytes = 0;
  #wasFilled = false;
  #smallInARow = 0;

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
      if (this.#isTooSmall) this.#grow();
      else {
        this.#buffer.copyWithin(0, this.#start, this.#end);
        this.#end -= this.#start;
        this.#start = 0;
      }
    }
    if (this.#end === this.#buffer.length) this.#grow();
    const until = need < EXACT_FROM ? this.#buffer.length : this.#start + need + ahead;
    const room = this.#buffer.subarray(this.#end, Math.max(this.#end + 1, until));
    this.#roomBytes = room.length;
    return room;
  }

  /** Says that `count` bytes were read into the last {@linkcode room}. */
  filled(count: number): void {
    if (!(count >= 0 && this.#end + count <= this.#buffer.length)) {
      throw new RangeError(
        `Cannot fill as count must be between 0 and ${this.#buffer.length - this.#end}: received ${count}`,
      );
    }
    this.#end += count;
    this.#wasFilled = count === this.#roomBytes;
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
    this.#smallInARow = count < SMALL_BYTES ? this.#smallInARow + 1 : 0;
    return view;
  }

  /** When nothing is held, the size fits what has been going on. */
  #reset(): void {
    this.#start = 0;
    this.#end = 0;
    const capacity = this.#buffer.length;
    const isOver = capacity > CAPACITY_BUSY && this.#smallInARow >= SMALL_IN_A_ROW;
    if (capacity > CAPACITY_KEPT || isOver) this.#buffer = new Uint8Array(CAPACITY_INITIAL);
    else if (this.#isTooSmall) this.#buffer = new Uint8Array(capacity * 2);
  }

  /** More than fits seems to wait for the next read. */
  get #isTooSmall(): boolean {
    return this.#wasFilled && this.#buffer.length < CAPACITY_BUSY;
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
