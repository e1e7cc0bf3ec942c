/** Time, passed in as a value so that tests can make their own. */
import { setImmediate } from "node:timers";

export interface Clock {
  /** Monotonic milliseconds from an arbitrary start; for every deadline and rate. */
  now(): number;
  /** Wall clock, milliseconds since 1970; data only, nothing is ordered by it. */
  wallMs(): number;
  /** Calls `fn` once after `ms`; the returned function cancels it, and may be called at any time. */
  timer(ms: number, fn: () => void): () => void;
  /** Resolves when what the outside has ready by now (bytes, connections, answers of threads) has had its turn. */
  turn(): Promise<void>;
  /** Resolves when what other threads have answered by now has had its turn: quicker than `turn`, and sees no bytes. */
  answers(): Promise<void>;
}

const NOTHING = new Uint8Array(1);

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallMs: () => Date.now(),
  timer(ms, fn) {
    const id = setTimeout(fn, ms);
    return () => clearTimeout(id);
  },
  // A loop which is never idle looks at its sockets only now and then (tokio: every 61 polls, so `setImmediate` makes the
  // others wait for 61 slices). Waiting for another thread lets it be idle; a hash of nothing is the cheapest such wait.
  turn: () => crypto.subtle.digest("SHA-1", NOTHING).then(() => {}),
  answers: () => new Promise((resolve) => void setImmediate(resolve)),
};

/** Resolves after `ms`, or at once when `signal` aborts; it never rejects. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const cancel = clock.timer(ms, done);
    function done() {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
  });
}
