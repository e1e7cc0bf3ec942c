/** Whether what a box has not sent yet gets less. Pure. */

/** What may wait on a box. */
export const BACKLOG_KINDS = ["events", "frames", "clips"] as const;
export type BacklogKind = typeof BACKLOG_KINDS[number];

/** How many of a kind waited on the box at a time. */
export interface BacklogSample {
  readonly atMs: number;
  readonly count: number;
}

/** What the samples say. */
export interface BacklogTrend {
  readonly direction: "empty" | "draining" | "growing" | "steady";
  /** By how many a second it changes; never negative. */
  readonly perSecond: number;
  /** Until it is empty, as things go; null unless it drains. */
  readonly leftMs: number | null;
  /** What is left of the most there was since it was empty, 0 to 1. */
  readonly part: number;
}

/** Older samples than this say nothing about now. */
const WINDOW_MS = 15_000;
const SAMPLES_MAX = 120;
/** Less than this part of it within the window is no change. */
const STEADY_PART = 0.005;

/** The backlog of one box over the time that the page looks. */
export class BacklogHistory {
  readonly #samples: BacklogSample[] = [];
  #most = 0;

  /** Notes what the server said. */
  note(sample: BacklogSample): void {
    this.#samples.push(sample);
    while (this.#samples.length > SAMPLES_MAX || this.#samples[0]!.atMs < sample.atMs - WINDOW_MS) {
      this.#samples.shift();
    }
    this.#most = sample.count === 0 ? 0 : Math.max(this.#most, sample.count);
  }

  get trend(): BacklogTrend {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.count === 0) {
      return { direction: "empty", perSecond: 0, leftMs: null, part: 0 };
    }
    const part = last.count / this.#most;
    const change = last.count - first.count;
    const seconds = (last.atMs - first.atMs) / 1000;
    if (seconds <= 0 || Math.abs(change) <= STEADY_PART * last.count) {
      return { direction: "steady", perSecond: 0, leftMs: null, part };
    }
    const perSecond = Math.abs(change) / seconds;
    return change > 0
      ? { direction: "growing", perSecond, leftMs: null, part }
      : { direction: "draining", perSecond, leftMs: 1000 * last.count / perSecond, part };
  }
}
