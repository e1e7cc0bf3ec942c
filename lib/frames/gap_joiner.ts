/**
 * Joins drops of one reason which follow each other: a camera behind a slow link drops between any two of its frames, and a
 * row for each would be a million a day.
 */
import type { Clock } from "../platform/clock.ts";
import type { DropReason } from "../protocol/message.ts";

/** Times by the clock of the server, ms since 1970; 0 frames: nobody knows how many. */
export interface DropGap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly frames: number;
  readonly reason: DropReason;
}

/** A drop waits so long for the next, ms. */
const JOIN_MS = 10_000;
/** Drops further apart than this are not one, ms. */
const APART_MS = 1_000;

export class GapJoiner {
  readonly #clock: Clock;
  readonly #write: (gap: DropGap) => void;
  #gap: DropGap | undefined;
  #cancelTimer = () => {};

  constructor(clock: Clock, write: (gap: DropGap) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  add(gap: DropGap): void {
    const last = this.#gap;
    if (last !== undefined && last.reason === gap.reason && gap.fromMs - last.toMs <= APART_MS) {
      this.#gap = {
        fromMs: Math.min(last.fromMs, gap.fromMs),
        toMs: Math.max(last.toMs, gap.toMs),
        frames: last.frames + gap.frames,
        reason: gap.reason,
      };
      return;
    }
    this.flush();
    this.#gap = gap;
    this.#cancelTimer = this.#clock.timer(JOIN_MS, () => this.flush());
  }

  /** Writes what waits. */
  flush(): void {
    this.#cancelTimer();
    const gap = this.#gap;
    this.#gap = undefined;
    if (gap !== undefined) this.#write(gap);
  }
}
