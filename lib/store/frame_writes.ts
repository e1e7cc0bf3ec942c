/** Frames of segments between their arrival and their files: those which lie one behind the other are written as one piece. */
import type { FrameSegment } from "./frame_segments.ts";
import { WriteBlocks } from "./write_blocks.ts";

/** A frame on its way into a file. */
export interface FrameWrite {
  readonly segment: FrameSegment;
  readonly position: number;
  readonly jpeg: Uint8Array<ArrayBuffer>;
}

/** Neighbours in memory and in a file. */
interface Piece {
  readonly segment: FrameSegment;
  readonly position: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * At most so many bytes are one write, up to a multiple of it in the file. The page cache keeps a write in one piece if it
 * can, and larger pieces of free memory are the first which a virtual machine gives back to its host: writes of 128 KiB
 * took five times as long there as these. Nor is it left to another thread, which has to fetch what this one has in its cache.
 */
const WRITE_BYTES_MAX = 64 * 1024;

export class FrameWrites {
  readonly #blocks = new WriteBlocks();

  /** A frame that is about to be written; `isSoon`: not together with others which are still to come. */
  hold(segment: FrameSegment, position: number, jpeg: Uint8Array<ArrayBuffer>, isSoon: boolean): FrameWrite {
    return { segment, position, jpeg: isSoon ? jpeg : this.#blocks.hold(jpeg) };
  }

  /** Writes what is to be written of the entries, in their order. Rejects as soon as one cannot be written; the others are of no use then. */
  async write(entries: readonly { readonly write?: FrameWrite }[]): Promise<void> {
    const writes = entries.flatMap(({ write }) => write ?? []);
    for (const { segment, position, bytes } of pieces(writes)) {
      for (let start = 0, end = 0; start < bytes.length; start = end) {
        end = Math.min(bytes.length, start + WRITE_BYTES_MAX - (position + start) % WRITE_BYTES_MAX);
        await segment.file!.writeAt(bytes.subarray(start, end), position + start);
      }
    }
    for (const { segment, jpeg } of writes) {
      // Not before: a sync which began meanwhile knows nothing of it.
      segment.isDirty = true;
      this.#blocks.written(jpeg);
    }
  }

  /** Gives back memory which nothing waits in. */
  trim(): void {
    this.#blocks.trim();
  }
}

function* pieces(writes: readonly FrameWrite[]): Generator<Piece> {
  let piece: Piece | undefined;
  for (const { segment, position, jpeg } of writes) {
    if (piece !== undefined) {
      const { buffer, byteOffset, length } = piece.bytes;
      const isNeighbour = piece.segment === segment && piece.position + length === position &&
        buffer === jpeg.buffer && byteOffset + length === jpeg.byteOffset;
      if (isNeighbour) {
        piece = { ...piece, bytes: new Uint8Array(buffer, byteOffset, length + jpeg.length) };
        continue;
      }
      yield piece;
    }
    piece = { segment, position, bytes: jpeg };
  }
  if (piece !== undefined) yield piece;
}
