/** How often, and for how long, a server has refused one clip, source or feed, and whether it is asked again. Arithmetic only. */
import type { FramewireError } from "../errors.ts";

/** Times that it is refused without progress in between, or begun anew, before it is given up. */
const ATTEMPTS_MAX = 5;

/** When it was refused. */
export interface SetBackTimes {
  /** Monotonic, ms. */
  readonly nowMs: number;
  /** A pause to make besides what the server asks for, ms. */
  readonly backoffMs: number;
  /** How long a full server is asked again, ms. */
  readonly retryForMs: number;
}

export class SetBacks {
  #hiccups = 0;
  #restarts = 0;
  #sinceMs: number | undefined;

  /** The server has accepted it. */
  accepted(): void {
    this.#sinceMs = undefined;
  }

  /** The server has received more of it. */
  progressed(): void {
    this.#hiccups = 0;
  }

  /**
   * The pause before it is tried again, ms; null when it is given up. `isAnew`: it begins from its start, which progress does
   * not excuse.
   */
  pauseMs(error: FramewireError, { nowMs, backoffMs, retryForMs }: SetBackTimes, isAnew = false): number | null {
    const waits = error.code === "NO_SPACE" || error.code === "STREAMS_EXHAUSTED";
    this.#sinceMs ??= nowMs;
    const tooLong = waits && nowMs + error.retryAfterMs - this.#sinceMs > retryForMs;
    const tooOften = isAnew ? ++this.#restarts >= ATTEMPTS_MAX : !waits && ++this.#hiccups >= ATTEMPTS_MAX;
    return tooLong || tooOften || !error.retryable ? null : error.retryAfterMs + backoffMs;
  }
}

/** For a person. */
export function againText(pauseMs: number): string {
  return `trying again in ${(pauseMs / 1000).toFixed(1)} s`;
}
