/** Readers who wait for bytes that have not arrived. */
import { type ByteRange, containsRange } from "../protocol/ranges.ts";

interface Waiter {
  readonly offset: number;
  readonly settle: (available: boolean) => void;
}

export class ByteWaiters {
  readonly #waiters = new Set<Waiter>();
  #ended = false;

  /** Readers who wait at the moment. */
  get count(): number {
    return this.#waiters.size;
  }

  /** True once the byte at `offset` is held; false after {@linkcode end}, or when `signal` aborts. */
  wait(offset: number, signal: AbortSignal): Promise<boolean> {
    if (this.#ended || signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (available: boolean) => {
        this.#waiters.delete(waiter);
        signal.removeEventListener("abort", giveUp);
        resolve(available);
      };
      const giveUp = () => settle(false);
      const waiter = { offset, settle };
      this.#waiters.add(waiter);
      signal.addEventListener("abort", giveUp);
    });
  }

  /** Wakes those whose bytes are held now. */
  wake(held: readonly ByteRange[]): void {
    for (const { offset, settle } of [...this.#waiters]) if (containsRange(held, offset, offset + 1)) settle(true);
  }

  /** No more bytes will come. */
  end(): void {
    this.#ended = true;
    for (const { settle } of [...this.#waiters]) settle(false);
  }
}
