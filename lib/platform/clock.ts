/** Time, passed in as a value so that tests can make their own. */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary start; for every deadline and rate. */
  now(): number;
  /** Wall clock, milliseconds since 1970; data only, nothing is ordered by it. */
  wallMs(): number;
  /** Calls `fn` once after `ms`; the returned function cancels it, and may be called at any time. */
  timer(ms: number, fn: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallMs: () => Date.now(),
  timer(ms, fn) {
    const id = setTimeout(fn, ms);
    return () => clearTimeout(id);
  },
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
