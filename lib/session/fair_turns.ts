/**
 * Turns of the event loop for connections which always have something to read: one of them goes on at each turn, so that
 * whoever has little to say waits for one slice of work, and not for all that a flood has brought.
 */
import type { Clock } from "../platform/clock.ts";

export class FairTurns {
  readonly #clock: Pick<Clock, "turn">;
  readonly #waiting: (() => void)[] = [];

  constructor(clock: Pick<Clock, "turn">) {
    this.#clock = clock;
  }

  /** Resolves at a later turn of the event loop, behind all those who asked before. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) void this.#run();
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#clock.turn();
      this.#waiting.shift()!();
    }
  }
}

/** Messages, and ms, after which a connection that has not waited for its peer gives way. */
const SLICE_MESSAGES = 256;
const SLICE_MS = 2;
/** A read which took longer than this has waited: others had their turn, ms. */
const WAITED_MS = 1;

/** How much of its slice a connection has used. */
export class Slice {
  #sinceMs = 0;
  #lastMs = 0;
  #messages = 0;

  /** The next message has been read. */
  begin(nowMs: number): void {
    if (nowMs - this.#lastMs >= WAITED_MS) this.renew(nowMs);
  }

  /** It has been dealt with; whether the slice is used up. */
  end(nowMs: number): boolean {
    this.#lastMs = nowMs;
    return ++this.#messages >= SLICE_MESSAGES || nowMs - this.#sinceMs >= SLICE_MS;
  }

  /** Another one begins. */
  renew(nowMs: number): void {
    this.#sinceMs = this.#lastMs = nowMs;
    this.#messages = 0;
  }
}
