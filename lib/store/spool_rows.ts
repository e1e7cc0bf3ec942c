/** Reads the pictures of a source from its files, in the order of their numbers. */
import type { SpooledPicture } from "./spool_frame_tables.ts";
import { spanOf, type SpoolSegments } from "./spool_segments.ts";

/** Rows which are asked for at once. */
const ROWS_AT_ONCE = 64;

/** A picture that was read; without `jpeg` it is not what was written. */
export interface ReadPicture {
  readonly row: SpooledPicture;
  readonly jpeg: Uint8Array<ArrayBuffer> | undefined;
}

export class SpoolRows {
  readonly #segments: SpoolSegments;
  readonly #read: (after: number, limit: number) => Promise<readonly SpooledPicture[]>;
  #rows: SpooledPicture[] = [];
  #pictures: ReadPicture[] = [];

  /** `read` asks the database. */
  constructor(segments: SpoolSegments, read: (after: number, limit: number) => Promise<readonly SpooledPicture[]>) {
    this.#segments = segments;
    this.#read = read;
  }

  /** What was asked for may not be there any more. */
  forget(): void {
    this.#rows = [];
    this.#pictures = [];
  }

  /** The first picture behind `after`; undefined when there is none. Rejects when the disk fails. */
  async next(after: number): Promise<ReadPicture | undefined> {
    while (this.#pictures[0] !== undefined && this.#pictures[0].row.sequence <= after) this.#pictures.shift();
    if (this.#pictures.length === 0) await this.#readOn(after);
    return this.#pictures.shift();
  }

  async #readOn(after: number): Promise<void> {
    while (this.#rows[0] !== undefined && this.#rows[0].sequence <= after) this.#rows.shift();
    if (this.#rows.length === 0) this.#rows = [...await this.#read(after, ROWS_AT_ONCE)];
    if (this.#rows.length === 0) return;
    const span = spanOf(this.#rows);
    const jpegs = await this.#segments.read(span).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    });
    this.#rows.splice(0, span.length);
    this.#pictures = span.map((row, index) => ({ row, jpeg: jpegs[index] }));
  }
}
