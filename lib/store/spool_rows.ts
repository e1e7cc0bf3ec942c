/** Reads the pictures of a source from its files, in the order of their numbers. */
import type { SpooledPicture } from "./spool_frame_tables.ts";
import type { SpoolSegments } from "./spool_segments.ts";

/** Rows which are asked for at once. */
const ROWS_AT_ONCE = 64;

export class SpoolRows {
  readonly #segments: SpoolSegments;
  readonly #read: (after: number, limit: number) => Promise<readonly SpooledPicture[]>;
  #rows: SpooledPicture[] = [];

  /** `read` asks the database. */
  constructor(segments: SpoolSegments, read: (after: number, limit: number) => Promise<readonly SpooledPicture[]>) {
    this.#segments = segments;
    this.#read = read;
  }

  /** What was asked for may not be there any more. */
  forget(): void {
    this.#rows = [];
  }

  /** The first picture behind `after`, undefined when there is none; without `jpeg` if it is not what was written. */
  async next(
    after: number,
  ): Promise<{ readonly row: SpooledPicture; readonly jpeg: Uint8Array<ArrayBuffer> | undefined } | undefined> {
    while (this.#rows[0] !== undefined && this.#rows[0].sequence <= after) this.#rows.shift();
    if (this.#rows.length === 0) this.#rows = [...await this.#read(after, ROWS_AT_ONCE)];
    const row = this.#rows.shift();
    if (row === undefined) return undefined;
    try {
      return { row, jpeg: await this.#segments.read(row) };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return { row, jpeg: undefined };
      // It is asked for again.
      this.#rows = [];
      throw error;
    }
  }
}
