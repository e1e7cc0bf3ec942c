/** The frames of one stream which are not dealt with yet, in the order of their numbers: they wait for the disk, or for a result. */
import type { AnalysisResult, Frame } from "../protocol/frame.ts";
import type { HeldBytes } from "../session/held_bytes.ts";

export interface PendingFrame {
  readonly sequence: number;
  readonly bytes: number;
  /** Set while the result decides whether it is recorded. */
  undecided: Frame | null;
  isRecorded: boolean;
  isStored: boolean;
  result: AnalysisResult | null;
  isHandled: boolean;
}

export class PendingFrames {
  readonly #held: HeldBytes;
  readonly #needsResults: boolean;
  readonly #unstored: PendingFrame[] = [];
  readonly #unhandled: PendingFrame[] = [];
  #handled = 0;

  /** `needsResults`: a frame is dealt with when it is answered, too, so that the box cannot run ahead of the analysis. */
  constructor(held: HeldBytes, needsResults: boolean) {
    this.#held = held;
    this.#needsResults = needsResults;
  }

  /** Those which wait for the disk. */
  get unstoredCount(): number {
    return this.#unstored.length;
  }

  /**
   * Frames which have been dealt with. In order: what was dealt with behind one which was not counts with it, so that
   * after a cut those without an answer are among the last of a window.
   */
  get handled(): number {
    return this.#handled;
  }

  add(sequence: number, bytes: number): PendingFrame {
    const frame = {
      ...{ sequence, bytes, undecided: null, isRecorded: false, isStored: false, result: null, isHandled: false },
    };
    this.#held.add(bytes);
    this.#unstored.push(frame);
    this.#unhandled.push(frame);
    return frame;
  }

  /** Counts one with which nothing is to be done. */
  pass(): void {
    this.#handled++;
  }

  /** Those up to this number wait for the disk no longer. Gives them; each is to be settled. */
  takeStored(through: number): PendingFrame[] {
    const behind = this.#unstored.findIndex(({ sequence }) => sequence > through);
    const frames = this.#unstored.splice(0, behind < 0 ? this.#unstored.length : behind);
    for (const frame of frames) frame.isStored = true;
    return frames;
  }

  /** Deals with it, if it has all that it waits for. */
  settle(frame: PendingFrame): void {
    if (!frame.isStored || (frame.result === null && this.#needsResults)) return;
    this.#letGo(frame);
    while (this.#unhandled[0]?.isHandled) {
      this.#unhandled.shift();
      this.#handled++;
    }
  }

  /** Lets go of what they hold. */
  close(): void {
    for (const frame of this.#unhandled) this.#letGo(frame);
  }

  #letGo(frame: PendingFrame): void {
    if (!frame.isHandled) this.#held.remove(frame.bytes);
    frame.isHandled = true;
  }
}
