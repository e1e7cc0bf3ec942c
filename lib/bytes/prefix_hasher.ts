/**
 * SHA-256 of the beginning of a file whose bytes come in any order: those which come next are hashed as they pass, the
 * rest is read again later. Both sides use it, so that a hash costs no second reading where none is needed.
 */
import { createHash } from "node:crypto";

/** Reads up to `into.length` bytes from `offset`; 0 at the end. */
export type ReadAt = (into: Uint8Array, offset: number) => Promise<number>;

/** Bytes per reading, and per step of work on the main thread (0.15 ms). */
const PIECE_BYTES = 256 * 1024;

export class PrefixHasher {
  readonly #hash = createHash("sha256");
  #position = 0;

  /** Bytes hashed so far: those from 0 up to here. */
  get position(): number {
    return this.#position;
  }

  /** Hashes `bytes` if they are the next ones; those of them which were hashed before are passed over. */
  update(offset: number, bytes: Uint8Array): void {
    const known = this.#position - offset;
    if (known < 0 || known >= bytes.length) return;
    this.#hash.update(known === 0 ? bytes : bytes.subarray(known));
    this.#position = offset + bytes.length;
  }

  /** Reads and hashes up to `end`; false if the file is shorter. Stops at `signal`. */
  async catchUp(read: ReadAt, end: number, signal?: AbortSignal): Promise<boolean> {
    let piece: Uint8Array | undefined;
    while (this.#position < end) {
      signal?.throwIfAborted();
      piece ??= new Uint8Array(Math.min(PIECE_BYTES, end - this.#position));
      const offset = this.#position;
      const count = await read(piece.subarray(0, Math.min(piece.length, end - offset)), offset);
      if (count === 0) return false;
      this.update(offset, piece.subarray(0, count));
    }
    return true;
  }

  /** Hash of the bytes from 0 to {@linkcode position}, hexadecimal; more may follow. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }
}

/** SHA-256 of bytes `start` to `end` of a file, hexadecimal; undefined if the file is shorter. */
export async function hashRange(
  read: ReadAt,
  start: number,
  end: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const hasher = new PrefixHasher();
  const whole = await hasher.catchUp((into, offset) => read(into, start + offset), end - start, signal);
  return whole ? hasher.digest() : undefined;
}
