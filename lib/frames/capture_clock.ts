/**
 * Times of the box as times of the server. A box may say anything: what comes out is a time at which the picture may have
 * been taken, and the pictures of a source are in the order in which the box numbered them. Arithmetic only.
 */

/** The offset of the clocks is known to about half a round trip: a picture from the future by less is left there, ms. */
const FUTURE_MS_MAX = 1_000;
/** 2000-01-01: who says that a picture is older has no clock, ms since 1970. */
const PAST_MS = 946_684_800_000;
/** The smallest step, ms: microseconds are what is kept. */
const STEP_MS = 0.001;

/** The time of the server at which it was `boxMs` at the box; `nowMs`, the server's own time, when that cannot be. */
export function toServerMs(boxMs: number, offsetMs: number, nowMs: number): number {
  const timeMs = boxMs - offsetMs;
  return timeMs >= PAST_MS && timeMs <= nowMs + FUTURE_MS_MAX ? timeMs : nowMs;
}

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
