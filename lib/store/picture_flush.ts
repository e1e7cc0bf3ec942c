/** When the pictures of a source which are in memory are written: after half a second, or when there are enough of them. */
import { LIMITS } from "../config/limits.ts";
import { messageOf } from "../errors.ts";
import type { FreshPictures } from "./fresh_pictures.ts";

/** Written at once, at most: one batch is synced and committed together, bytes. */
export const BATCH_BYTES = LIMITS.spoolPictureBytesMax / 2;
/** Pause before what failed is tried again, ms. */
const RETRY_MS = 1_000;

/** What a flush has to do with. */
export interface PictureFlushOptions {
  readonly fresh: FreshPictures;
  /** Writes a batch of them. */
  readonly write: () => Promise<void>;
  /** Calls `fn` after `ms`. */
  readonly later: (ms: number, fn: () => void) => void;
  /** Monotonic, ms. */
  readonly now: () => number;
}

export class PictureFlush {
  readonly #options: PictureFlushOptions;
  #isFlushing = false;
  #isDue = false;
  #trouble: string | null = null;

  constructor(options: PictureFlushOptions) {
    this.#options = options;
  }

  /** Why pictures cannot be written, for a person; null when they can. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** There is another picture. */
  added(): void {
    if (this.#options.fresh.bytes >= BATCH_BYTES) void this.#flush();
    else this.#flushLater(LIMITS.spoolPictureMs);
  }

  #flushLater(ms: number): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const { fresh, later, now } = this.#options;
    later(ms, () => {
      this.#isDue = false;
      const { first } = fresh;
      if (first === undefined) return;
      const leftMs = first.atMs + LIMITS.spoolPictureMs - now();
      if (leftMs > 0) this.#flushLater(leftMs);
      else void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    const { fresh, write } = this.#options;
    try {
      await write();
      this.#trouble = null;
      if (fresh.count > 0) this.#flushLater(fresh.bytes >= BATCH_BYTES ? 0 : LIMITS.spoolPictureMs);
    } catch (thrown) {
      this.#trouble = messageOf(thrown);
      this.#flushLater(RETRY_MS);
    } finally {
      this.#isFlushing = false;
    }
  }
}
