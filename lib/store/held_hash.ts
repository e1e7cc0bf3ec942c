/**
 * SHA-256 of a clip from its beginning on, which follows the writes: bytes that come next are hashed as they pass, those
 * which came out of order, or before a restart, are read again behind the writes.
 */
import { PrefixHasher, type ReadAt } from "../bytes/prefix_hasher.ts";
import { type ByteRange, coveredFrom } from "../protocol/ranges.ts";

/** What the hash needs of its clip. */
export interface HashedClip {
  /** Bytes which are held now. */
  held(): readonly ByteRange[];
  /** Reads held bytes. Rejects once the clip is closed, which ends a long reading. */
  readonly read: ReadAt;
  /** Runs a job that needs the file. */
  run<T>(job: () => Promise<T>): Promise<T>;
  /** The error of held bytes which are not in the file. */
  gone(): Error;
}

/** Below this distance from the bytes that arrive, the hash is waited for. */
const LAG_BYTES = 4 * 1024 * 1024;

export class HeldHash {
  readonly #clip: HashedClip;
  readonly #hasher = new PrefixHasher();
  #catchingUp: Promise<boolean> | undefined;

  constructor(clip: HashedClip) {
    this.#clip = clip;
  }

  /** Before a write at `offset`: a hash which is nearly there is waited for, so that the bytes need not be read again. */
  async letCatchUp(offset: number): Promise<void> {
    if (this.#catchingUp === undefined || offset - this.#hasher.position > LAG_BYTES) return;
    await this.#catchingUp.catch(() => {});
  }

  /** Bytes were written; they are about to be held. */
  written(offset: number, bytes: Uint8Array): void {
    if (this.#catchingUp === undefined) this.#hasher.update(offset, bytes);
  }

  /** Reads on in the background, if there is more held than hashed. */
  follow(): void {
    if (this.#catchingUp !== undefined || this.#next(Infinity) === undefined) return;
    // Whoever asks for a digest hears of its failure.
    this.#catchUp(Infinity).catch(() => {});
  }

  /** Hash of the first `end` bytes, hexadecimal; undefined when more are hashed already, or fewer are held. */
  async digest(end: number): Promise<string | undefined> {
    await this.#catchUp(end);
    return this.#hasher.position === end ? this.#hasher.digest() : undefined;
  }

  /** Up to where can be hashed now, at most `end`; undefined when there is nothing to do. */
  #next(end: number): number | undefined {
    const until = Math.min(end, coveredFrom(this.#clip.held(), this.#hasher.position));
    return until > this.#hasher.position ? until : undefined;
  }

  async #catchUp(end: number): Promise<void> {
    while (true) {
      if (this.#catchingUp !== undefined) {
        await this.#catchingUp;
        continue;
      }
      const until = this.#next(end);
      if (until === undefined) return;
      this.#catchingUp = this.#clip.run(() => this.#hasher.catchUp(this.#clip.read, until)).finally(() => {
        this.#catchingUp = undefined;
      });
      if (!await this.#catchingUp) throw this.#clip.gone();
    }
  }
}
