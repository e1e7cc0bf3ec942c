/** How many pings of the peer are answered: each costs an answer, and nobody needs more than a heartbeat. Arithmetic only. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";

export class PingBudget {
  #left: number = LIMITS.pingsPerIntervalMax;
  #atMs: number;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** One has come. @throws {FramewireError} `RATE_EXCEEDED`. */
  take(nowMs: number): void {
    const { pingsPerIntervalMax: max, pingIntervalMs } = LIMITS;
    this.#left = Math.min(max, this.#left + (nowMs - this.#atMs) * max / pingIntervalMs);
    this.#atMs = nowMs;
    if (--this.#left >= 0) return;
    const text = `Cannot answer ping as those in ${pingIntervalMs} ms must be <= ${max}: received one more`;
    throw new FramewireError("RATE_EXCEEDED", text);
  }
}
