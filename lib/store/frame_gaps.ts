/** Gaps of a source on their way to the catalog. */
import type { GapChange } from "./frame_catalog.ts";
import { joinGaps } from "./frame_spans.ts";

/** A gap as it is told: see `GapRow`. */
export type NewGap = Exclude<GapChange, { readonly closeMs: number }>;

export class FrameGaps {
  #changes: GapChange[] = [];
  /** The next frame ends the gap that is open, if one is: from before, or of this connection. */
  #mayBeOpen = true;

  /** Changes for the next commit. */
  get count(): number {
    return this.#changes.length;
  }

  /** Those of one reason are put together, so that few are kept however many are told. */
  add(gap: NewGap): void {
    const last = this.#changes.at(-1);
    const joined = last === undefined || "closeMs" in last ? undefined : joinGaps(last, gap);
    if (joined === undefined) this.#changes.push(gap);
    else this.#changes[this.#changes.length - 1] = joined;
    if (gap.toMs === null) this.#mayBeOpen = true;
  }

  /** A frame has come. */
  end(timeMs: number): void {
    if (this.#mayBeOpen) this.#changes.push({ closeMs: timeMs });
    this.#mayBeOpen = false;
  }

  /** Those for the next commit; they are forgotten here. */
  take(): GapChange[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }
}
