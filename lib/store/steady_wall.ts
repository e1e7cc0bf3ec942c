/**
 * For how long the wall clock has gone on without a jump: what a clock said a moment ago removes nothing, as a server may
 * start with its battery empty, or hear of the time only later. Both are set right soon.
 */
import type { Clock } from "../platform/clock.ts";

/** What is too old by the wall clock alone rests for so long, ms; a shorter time to be kept is enough. */
const REST_MS = 3_600_000;
/** Further from where the monotonic clock would have it than this, it has jumped, ms. */
const JUMP_MS = 60_000;

export class SteadyWall {
  readonly #clock: Clock;
  readonly #jumped: (ms: number) => void;
  #offsetMs: number;
  #sinceMs: number;

  /** Begins now, with the program; `jumped` hears how far it has jumped, ahead or back. */
  constructor(clock: Clock, jumped: (ms: number) => void = () => {}) {
    this.#clock = clock;
    this.#jumped = jumped;
    this.#offsetMs = clock.wallMs() - clock.now();
    this.#sinceMs = clock.now();
  }

  /** Whether it may be believed that something has been there for `keepMs`. To be asked now and then, as it sees jumps by that. */
  isSteady(keepMs: number): boolean {
    const nowMs = this.#clock.now();
    const offsetMs = this.#clock.wallMs() - nowMs;
    const jumpMs = offsetMs - this.#offsetMs;
    this.#offsetMs = offsetMs;
    if (Math.abs(jumpMs) > JUMP_MS) {
      this.#sinceMs = nowMs;
      this.#jumped(jumpMs);
    }
    return nowMs - this.#sinceMs >= Math.min(REST_MS, keepMs);
  }
}
