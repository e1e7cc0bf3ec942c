import { SeededRandom } from "./seeded_random.ts";

/** One way to cut bytes: the pieces joined are the bytes again, and no piece is empty. */
export interface Chunking {
  /** How it was cut, for the message of a failing test. */
  readonly how: string;
  /** Views of the original bytes. */
  readonly pieces: readonly Uint8Array[];
}

/** How many ways {@linkcode chunkings} yields. */
export interface ChunkingOptions {
  /** Inputs up to this many bytes are cut in two at every boundary. Default 4096. */
  readonly everyBoundaryBytesMax?: number;
  /** Ways with random cuts. Default 20. */
  readonly randomCount?: number;
}

/**
 * Ways in which a network may hand over `bytes`: whole, byte by byte, cut in two at every boundary (small inputs), and
 * seeded random cuts from many small to few large pieces. No bytes give one way, without pieces.
 */
export function* chunkings(bytes: Uint8Array, seed: number, options: ChunkingOptions = {}): Generator<Chunking> {
  const { everyBoundaryBytesMax = 4096, randomCount = 20 } = options;
  if (bytes.length === 0) return yield { how: "no bytes", pieces: [] };
  yield { how: "whole", pieces: [bytes] };
  if (bytes.length === 1) return;
  yield { how: "byte by byte", pieces: cut(bytes, () => 1) };
  if (bytes.length <= everyBoundaryBytesMax) {
    for (let at = 1; at < bytes.length; at++) {
      yield { how: `cut at byte ${at}`, pieces: [bytes.subarray(0, at), bytes.subarray(at)] };
    }
  }
  const random = new SeededRandom(seed);
  for (let i = 0; i < randomCount; i++) {
    // The largest piece doubles from way to way, so that both one-byte headers and whole messages get split and joined.
    const pieceBytesMax = Math.min(bytes.length, 2 ** (1 + i % 20));
    yield { how: `random cuts, seed ${seed}, way ${i}`, pieces: cut(bytes, () => 1 + random.int(pieceBytesMax)) };
  }
}

function cut(bytes: Uint8Array, nextBytes: () => number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + nextBytes());
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}
