/** The clock of the server, as well as a page can know it. Pure. */

/** Samples are forgotten after one to two of these, so that a clock which was set is followed. */
const WINDOW_MS = 30_000;

/**
 * Each message says when it was sent. It came later than that, never earlier: so the sample which lets the server's clock be
 * furthest ahead had the shortest way, and is the best one.
 */
export class ServerClock {
  #best = -Infinity;
  #bestBefore = -Infinity;
  #windowStartMs = 0;

  /** A message said `serverMs` and is here at `localMs`, both ms since 1970. */
  note(serverMs: number, localMs: number): void {
    if (Math.abs(localMs - this.#windowStartMs) > WINDOW_MS) {
      this.#bestBefore = this.#best;
      this.#best = -Infinity;
      this.#windowStartMs = localMs;
    }
    this.#best = Math.max(this.#best, serverMs - localMs);
  }

  /** Forgets everything: another server, or a connection after a pause. */
  reset(): void {
    this.#best = this.#bestBefore = -Infinity;
    this.#windowStartMs = 0;
  }

  /** The server's time when it is `localMs` here; the same while nothing is known. */
  at(localMs: number): number {
    const offset = Math.max(this.#best, this.#bestBefore);
    return Number.isFinite(offset) ? localMs + offset : localMs;
  }
}
