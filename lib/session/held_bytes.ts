/** What of one connection waits for the disk, or for an analysis: nothing more is read beyond a bound. */

export class HeldBytes {
  readonly #bytesMax: number;
  #bytes = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax && !this.#closed;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  remove(bytes: number): void {
    this.#bytes -= bytes;
    if (!this.isFull) this.#release();
  }

  /** Resolves when it is not full; for one at a time. */
  async room(): Promise<void> {
    while (this.isFull) await new Promise<void>((resolve) => this.#wake = resolve);
  }

  /** Nobody is waited for any more. */
  close(): void {
    this.#closed = true;
    this.#release();
  }

  #release(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
