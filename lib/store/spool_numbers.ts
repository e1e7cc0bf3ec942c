/**
 * The numbers of a source's pictures, none of which is ever given twice: thousands of them are taken in one commit ahead of
 * their use, as most pictures are stored on the server before anything of them is on the disk of the box.
 */

/** Numbers that are taken together: after a kill the rest of them is never used. */
export const RESERVED_NUMBERS = 4_096;
/** Pause before what failed is tried again, ms. */
const RETRY_MS = 1_000;

export interface SpoolNumbersOptions {
  /** Makes durable that numbers up to this one may have been given. */
  readonly reserve: (through: number) => Promise<void>;
  readonly later: (ms: number, fn: () => void) => void;
  /** More numbers may be used. */
  readonly changed: () => void;
}

export class SpoolNumbers {
  readonly #options: SpoolNumbersOptions;
  #last: number;
  #reserved: number;
  #isReserving = false;

  /** Goes on behind `last`; those up to `reserved` may be used. */
  constructor({ last, reserved }: { readonly last: number; readonly reserved: number }, options: SpoolNumbersOptions) {
    this.#options = options;
    this.#last = last;
    this.#reserved = reserved;
  }

  /** The last one that was given, or may have been. */
  get last(): number {
    return this.#last;
  }

  /** Up to this one they may be used: it is durable that they were given. */
  get reserved(): number {
    return this.#reserved;
  }

  /** The next number; it may be above {@linkcode reserved} for a moment. */
  give(): number {
    this.#last++;
    this.#reserveAhead();
    return this.#last;
  }

  /** It is durable that those up to here may have been given. */
  reservedThrough(through: number): void {
    this.#reserved = through;
  }

  #reserveAhead(): void {
    if (this.#isReserving || this.#last + RESERVED_NUMBERS / 2 <= this.#reserved) return;
    this.#isReserving = true;
    const through = this.#last + RESERVED_NUMBERS;
    this.#options.reserve(through).then(() => {
      this.#reserved = through;
      this.#isReserving = false;
      this.#options.changed();
    }, () => {
      this.#options.later(RETRY_MS, () => {
        this.#isReserving = false;
        this.#reserveAhead();
      });
    });
  }
}
