/** What is to be known of the pictures before: motion, and since when the picture is frozen. One for each source. */
import type { LumaPlane } from "./measures.ts";
import { type Change, changeOf } from "./motion.ts";

/** What a picture is, next to the one before it. */
export interface Compared {
  /** Null for the first, and when the size has changed. */
  readonly change: Change | null;
  /** Pictures in a row which are the same as this one, itself included. */
  readonly sameFrames: number;
  /** Between the first of them and this one, s. */
  readonly sameSeconds: number;
}

export class PictureHistory {
  #before: LumaPlane | undefined;
  #sameFrames = 0;
  #sinceMs = 0;

  /** Takes the next picture, which was taken at `timeMs`. */
  next(plane: LumaPlane, timeMs: number): Compared {
    const change = this.#before === undefined ? null : changeOf(this.#before, plane);
    this.#before = plane;
    // The noise of a sensor alone changes some cell, in the dark as well.
    if (change === null || change.motion > 0) {
      this.#sameFrames = 0;
      this.#sinceMs = timeMs;
    }
    this.#sameFrames++;
    return { change, sameFrames: this.#sameFrames, sameSeconds: Math.max(0, timeMs - this.#sinceMs) / 1000 };
  }
}
