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
/** As long as bytes are there, reading them never lets the event loop turn: after so long it looks what else is done, ms. */
const LOOK_MS = 0.5;
/** A read which took longer than this has waited: others had their turn, ms. */
const WAITED_MS = 1;

/** `look`: at what other threads have done for it meanwhile, such as a sync. `give way`: its slice is used up. */
export type SliceEnd = "go on" | "look" | "give way";

/** How much of its slice a connection has used. */
export class Slice {
  #sinceMs = 0;
  #lookedMs = 0;
  #lastMs = 0;
  #messages = 0;

  /** The next message has been read. */
  begin(nowMs: number): void {
    if (nowMs - this.#lastMs >= WAITED_MS) this.renew(nowMs);
  }

  /** It has been dealt with: what to do before the next. */
  end(nowMs: number): SliceEnd {
    this.#lastMs = nowMs;
    if (++this.#messages >= SLICE_MESSAGES || nowMs - this.#sinceMs >= SLICE_MS) return "give way";
    return nowMs - this.#lookedMs < LOOK_MS ? "go on" : "look";
  }

  /** It has looked: the time which others took meanwhile was no wait for its peer. */
  looked(nowMs: number): void {
    this.#lookedMs = this.#lastMs = nowMs;
  }

  /** Another one begins. */
  renew(nowMs: number): void {
    this.#sinceMs = this.#lookedMs = this.#lastMs = nowMs;
    this.#messages = 0;
  }
}
