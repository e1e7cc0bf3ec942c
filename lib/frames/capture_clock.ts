/** Capture times of the pictures of a source: in the order in which the box numbered them. Arithmetic only. */
import { FUTURE_MS_MAX, toServerMs } from "../protocol/box_time.ts";

/** The smallest step, ms: microseconds are what is kept. */
const STEP_MS = 0.001;

/** Capture times of one source. */
export class CaptureClock {
  #lastMs = -Infinity;

  /** As {@linkcode toServerMs}, later than all before it. */
  next(capturedMs: number, offsetMs: number, receivedMs: number): number {
    // The server's own clock was set back.
    if (this.#lastMs > receivedMs + 2 * FUTURE_MS_MAX) this.#lastMs = -Infinity;
    this.#lastMs = Math.max(toServerMs(capturedMs, offsetMs, receivedMs), this.#lastMs + STEP_MS);
    return this.#lastMs;
  }
}
