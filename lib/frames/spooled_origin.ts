/** The pictures of a spool as an origin: all that wait, in the order of their numbers, and then those that come. */
import type { FrameSpool } from "../store/frame_spool.ts";
import type { CapturedFrame, FrameOrigin } from "./frame_origin.ts";
import type { SpoolInput } from "./spool_capture.ts";

export class SpooledOrigin implements FrameOrigin {
  readonly #spool: FrameSpool;
  readonly #input: SpoolInput;
  #after = 0;
  #hasEnded = false;
  #error: unknown;
  #hasChanged = false;
  #wake = () => {};

  /** Takes the place of who had the pictures of this spool before. */
  constructor(spool: FrameSpool, input: SpoolInput) {
    this.#spool = spool;
    this.#input = input;
    spool.rewind();
    spool.changed = () => this.#changed();
    input.ended.catch((error) => this.#error = error).finally(() => {
      this.#hasEnded = true;
      this.#changed();
    });
  }

  /** As {@linkcode FrameOrigin.next}; what its input failed with is thrown when all pictures were given. */
  async next(signal: AbortSignal): Promise<CapturedFrame | null> {
    const aborted = () => this.#changed();
    signal.addEventListener("abort", aborted);
    try {
      while (!signal.aborted) {
        const hasEnded = this.#hasEnded;
        this.#hasChanged = false;
        const picture = await this.#spool.next(this.#after);
        if (picture !== null) {
          this.#after = picture.sequence;
          return { ...picture, name: null };
        }
        if (hasEnded && this.#error !== undefined) throw this.#error;
        if (hasEnded) return null;
        if (!this.#hasChanged) await new Promise<void>((resolve) => this.#wake = resolve);
      }
      return null;
    } finally {
      signal.removeEventListener("abort", aborted);
    }
  }

  async close(): Promise<void> {
    await this.#input.stop();
  }

  #changed(): void {
    this.#hasChanged = true;
    this.#wake();
  }
}
