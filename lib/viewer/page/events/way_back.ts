/** Which spans were shown before, for the way back. Pure. */
import type { TimeWindow } from "../live/timeline_math.ts";

/** A span of the charts. */
export interface ShownSpan extends TimeWindow {
  /** It ends now, and moves on. */
  readonly isLive: boolean;
}

const STEPS_MAX = 50;
/** Parts of a smooth move (a wheel, a drag) follow each other faster than this. */
const ONE_MOVE_MS = 700;

export class WayBack {
  readonly #steps: ShownSpan[] = [];
  #movedMs = -Infinity;

  /** `span` is left for another one; `isSmooth`: by a small part of a move. `nowMs`: monotonic. */
  leave(span: ShownSpan, isSmooth: boolean, nowMs: number): void {
    const isSameMove = isSmooth && nowMs - this.#movedMs < ONE_MOVE_MS;
    this.#movedMs = isSmooth ? nowMs : -Infinity;
    if (isSameMove) return;
    this.#steps.push(span);
    if (this.#steps.length > STEPS_MAX) this.#steps.shift();
  }

  /** Where one was before; undefined when there is nothing. */
  back(): ShownSpan | undefined {
    this.#movedMs = -Infinity;
    return this.#steps.pop();
  }
}
