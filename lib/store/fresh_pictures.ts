/** The pictures of a source which are in memory alone, in the order of their numbers. No input or output. */
import type { NumberedPicture } from "./frame_spool.ts";

/** A picture in memory, and since when; monotonic ms. */
export interface FreshPicture extends NumberedPicture {
  readonly atMs: number;
}

export class FreshPictures {
  #pictures: FreshPicture[] = [];
  #bytes = 0;

  get count(): number {
    return this.#pictures.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get first(): FreshPicture | undefined {
    return this.#pictures[0];
  }

  add(picture: FreshPicture): void {
    this.#pictures.push(picture);
    this.#bytes += picture.jpeg.length;
  }

  /** The first behind this number. */
  behind(sequence: number): FreshPicture | undefined {
    return this.#pictures.find((picture) => picture.sequence > sequence);
  }

  /** The first ones, until they have so many bytes. */
  batch(bytesMax: number): { readonly pictures: readonly FreshPicture[]; readonly bytes: number } {
    const pictures: FreshPicture[] = [];
    let bytes = 0;
    for (const picture of this.#pictures) {
      if (bytes >= bytesMax) break;
      pictures.push(picture);
      bytes += picture.jpeg.length;
    }
    return { pictures, bytes };
  }

  /** Those up to this number are elsewhere. */
  removeThrough(sequence: number): void {
    const count = this.#pictures.findIndex((picture) => picture.sequence > sequence);
    const gone = this.#pictures.splice(0, count < 0 ? this.#pictures.length : count);
    this.#bytes -= gone.reduce((sum, { jpeg }) => sum + jpeg.length, 0);
  }

  /** Removes the oldest of those behind `after`, until all have `bytesMax` at most; gives them. */
  dropOldest(after: number, bytesMax: number): FreshPicture[] {
    const dropped: FreshPicture[] = [];
    for (const picture of this.#pictures) {
      if (this.#bytes <= bytesMax) break;
      if (picture.sequence <= after) continue;
      dropped.push(picture);
      this.#bytes -= picture.jpeg.length;
    }
    const gone = new Set(dropped);
    if (gone.size > 0) this.#pictures = this.#pictures.filter((picture) => !gone.has(picture));
    return dropped;
  }
}
