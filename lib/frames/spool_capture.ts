/** Puts the pictures of a camera into a spool, whether there is a connection or not, until the camera ends. */
import type { FrameSpool } from "../store/frame_spool.ts";
import type { FrameOrigin } from "./frame_origin.ts";

/** What fills a spool. */
export interface SpoolInput {
  /** Resolves when nothing more will come; rejects when that is because of a failure. */
  readonly ended: Promise<void>;
  /** Lets go of it; resolves when it is gone. */
  stop(): Promise<void>;
}

/** Nothing new comes: what waits is sent. */
export const NO_INPUT: SpoolInput = { ended: Promise.resolve(), stop: () => Promise.resolve() };

export class SpoolCapture implements SpoolInput {
  readonly ended: Promise<void>;
  readonly #origin: FrameOrigin;
  readonly #stop = new AbortController();

  /** Begins at once. */
  constructor(origin: FrameOrigin, spool: FrameSpool) {
    this.#origin = origin;
    this.ended = this.#run(spool);
    // Whoever waits for the pictures gets to know it when it has had them all.
    this.ended.catch(() => {});
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#origin.close();
    await this.ended.catch(() => {});
  }

  async #run(spool: FrameSpool): Promise<void> {
    const { signal } = this.#stop;
    try {
      for (;;) {
        const frame = await this.#origin.next(signal);
        if (frame === null || signal.aborted) return;
        spool.add(frame.jpeg, frame.capturedMs);
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      await this.#origin.close();
    }
  }
}
