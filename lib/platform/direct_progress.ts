/** What has become of direct writes, in memory that threads share: one thread writes, others wait for it. */

/** Writes that are remembered: many more than are under way. One that was forgotten counts as failed. */
const REMEMBERED = 4096;
/** Where the ticket of the last write is that has ended. */
const LAST = REMEMBERED;

export class DirectProgress {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;

  /** `memory`: that of the same thing in another thread. */
  constructor(memory = new SharedArrayBuffer((REMEMBERED + 1) * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  /** A write has ended; tickets rise by 1, and wrap as 32-bit numbers do. */
  ended(ticket: number, isDurable: boolean): void {
    Atomics.store(this.#words, slotOf(ticket), isDurable ? ticket : ~ticket);
    Atomics.store(this.#words, LAST, ticket);
    Atomics.notify(this.#words, LAST);
  }

  /** Blocks the thread, which must not be the main one, until the write has ended; whether it is durable. */
  wait(ticket: number): boolean {
    while (true) {
      const last = Atomics.load(this.#words, LAST);
      if (((last - ticket) | 0) >= 0) return Atomics.load(this.#words, slotOf(ticket)) === ticket;
      Atomics.wait(this.#words, LAST, last);
    }
  }
}

function slotOf(ticket: number): number {
  return (ticket >>> 0) % REMEMBERED;
}
