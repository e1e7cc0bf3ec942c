/**
 * The files of the pictures in a spool: `frames/<number>.mjpeg`, JPEGs one after the other, so that a person can open them.
 * One sync makes a batch durable; its rows are the affair of the database.
 */
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Disk, DiskFile } from "../platform/disk.ts";
import type { SpooledPicture } from "./spool_frame_tables.ts";

/** A picture which is to be written. */
export interface UnspooledPicture {
  readonly sequence: number;
  readonly capturedMs: number;
  readonly jpeg: Uint8Array;
}

/** What was written: rows for the database. */
export interface WrittenPictures {
  readonly pictures: readonly SpooledPicture[];
  readonly segments: readonly { readonly id: number; readonly bytes: number }[];
}

interface Segment {
  readonly id: number;
  readonly file: DiskFile;
  bytes: number;
  isDirty: boolean;
}

/** A segment is not smaller than this, but for the last, bytes. */
const SEGMENT_BYTES_MIN = 256 * 1024;
/** Nor larger: what is dropped at once. */
const SEGMENT_BYTES_MAX = 8 * 1024 * 1024;
/** Of the whole spool. */
const SEGMENT_SHARE = 1 / 32;
/** Read at once, at most, unless one picture is larger; bytes. */
const READ_BYTES = 512 * 1024;
const NAME = /^(\d+)\.mjpeg$/;

export class SpoolSegments {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #bytesMax: number;
  #last = 0;
  /** Counts the closes: what was written before one is not known to the database behind it. */
  #closes = 0;
  /** By source: the one which is written. */
  readonly #current = new Map<number, Segment>();

  /** `folder` is that of the spool, which may have `bytesMax`. */
  constructor(disk: Disk, folder: string, bytesMax: number) {
    this.#disk = disk;
    this.#folder = join(folder, "frames");
    this.#bytesMax = Math.max(SEGMENT_BYTES_MIN, Math.min(SEGMENT_BYTES_MAX, bytesMax * SEGMENT_SHARE));
  }

  /** Makes the folder; files of which the database does not know were never told as safe, and are removed. */
  async open(known: readonly number[]): Promise<void> {
    await this.#disk.makeFolder(this.#folder);
    const ids = new Set(known);
    this.#last = known.reduce((most, id) => Math.max(most, id), this.#last);
    for (const { name } of await this.#disk.list(this.#folder)) {
      const id = Number(NAME.exec(name)?.[1] ?? NaN);
      if (Number.isNaN(id) || ids.has(id)) continue;
      this.#last = Math.max(this.#last, id);
      await this.#disk.remove(join(this.#folder, name));
    }
  }

  /** The segment of a source that is written, and how long it is. */
  currentOf(source: number): { readonly id: number | null; readonly bytes: number } {
    return this.#current.get(source) ?? { id: null, bytes: 0 };
  }

  /** Writes pictures; they are on the disk when it resolves. After a failure they may be written again: to another file. */
  async write(source: number, pictures: readonly UnspooledPicture[]): Promise<WrittenPictures> {
    const rows: SpooledPicture[] = [];
    const used = new Map<number, Segment>();
    /** How long those were that were there before. */
    const before = new Map<number, number>();
    const known = this.#current.get(source);
    if (known !== undefined) before.set(known.id, known.bytes);
    const closes = this.#closes;
    try {
      for (const { sequence, capturedMs, jpeg } of pictures) {
        const segment = await this.#segmentFor(source, jpeg.length, used);
        const [position, bytes] = [segment.bytes, jpeg.length];
        await segment.file.writeAt(jpeg, position);
        segment.bytes += bytes;
        segment.isDirty = true;
        used.set(segment.id, segment);
        rows.push({ sequence, segment: segment.id, position, bytes, crc32: crc32(jpeg), capturedMs });
      }
      for (const segment of used.values()) await this.#sync(segment);
      if (closes !== this.#closes) throw new Error("the spool was opened anew meanwhile");
    } catch (error) {
      await this.#undo(source, used.values(), before);
      throw error;
    }
    for (const segment of used.values()) if (this.#current.get(source) !== segment) segment.file.close();
    return { pictures: rows, segments: [...used.values()].map(({ id, bytes }) => ({ id, bytes })) };
  }

  /** Takes back what was written, if the database certainly knows nothing of it: what lay in these files before stays. */
  async takeBack(source: number, { pictures }: WrittenPictures): Promise<void> {
    this.end(source);
    for (const [id, [first]] of Map.groupBy(pictures, ({ segment }) => segment)) {
      const path = this.#pathOf(id);
      // What stays all the same costs its space, until the spool is opened again.
      if (first!.position === 0) await this.#disk.remove(path).catch(() => {});
      else await this.#truncate(path, first!.position).catch(() => {});
    }
  }

  /**
   * Pictures that lie one behind the other, as {@linkcode spanOf} gives them: views of one copy; undefined for one that is not
   * what was written. Rejects when the file is gone, or cannot be read.
   */
  async read(span: readonly SpooledPicture[]): Promise<(Uint8Array<ArrayBuffer> | undefined)[]> {
    const [first, last] = [span[0]!, span.at(-1)!];
    const bytes = new Uint8Array(last.position + last.bytes - first.position);
    const file = await this.#disk.open(this.#pathOf(first.segment), "read");
    const count = await file.readAt(bytes, first.position).finally(() => file.close());
    return span.map((row) => {
      const from = row.position - first.position;
      const jpeg = bytes.subarray(from, Math.min(count, from + row.bytes));
      return jpeg.length === row.bytes && crc32(jpeg) === row.crc32 ? jpeg : undefined;
    });
  }

  /** Removes files of which the database knows nothing any more. */
  async remove(ids: readonly number[]): Promise<void> {
    // One that stays is removed when the spool is opened again.
    for (const id of ids) await this.#disk.remove(this.#pathOf(id)).catch(() => {});
  }

  /** The next picture of this source begins another file. */
  end(source: number): void {
    this.#current.get(source)?.file.close();
    this.#current.delete(source);
  }

  /** May be opened again. */
  close(): void {
    this.#closes++;
    for (const source of [...this.#current.keys()]) this.end(source);
  }

  async #segmentFor(source: number, bytes: number, used: Map<number, Segment>): Promise<Segment> {
    const current = this.#current.get(source);
    if (current !== undefined && (current.bytes === 0 || current.bytes + bytes <= this.#bytesMax)) return current;
    // Those that were used in this batch are synced first.
    if (current !== undefined && !used.has(current.id)) current.file.close();
    const id = ++this.#last;
    const segment = { id, file: await this.#disk.open(this.#pathOf(id), "create-new"), bytes: 0, isDirty: true };
    this.#current.set(source, segment);
    used.set(id, segment);
    await this.#disk.syncFolder(this.#folder);
    return segment;
  }

  /** What a failed write or sync has left behind is never appended to, and takes no space. */
  async #undo(source: number, used: Iterable<Segment>, before: ReadonlyMap<number, number>): Promise<void> {
    this.#current.delete(source);
    for (const { id, file } of used) {
      const bytes = before.get(id);
      if (bytes !== undefined) await file.truncate(bytes).catch(() => {});
      file.close();
      if (bytes === undefined) await this.#disk.remove(this.#pathOf(id)).catch(() => {});
    }
  }

  async #truncate(path: string, bytes: number): Promise<void> {
    const file = await this.#disk.open(path, "update");
    await file.truncate(bytes).finally(() => file.close());
  }

  async #sync(segment: Segment): Promise<void> {
    if (segment.isDirty) await segment.file.sync();
    segment.isDirty = false;
  }

  #pathOf(id: number): string {
    return join(this.#folder, `${id}.mjpeg`);
  }
}

/** Those from the first on that are read together: they lie one behind the other. */
export function spanOf(rows: readonly SpooledPicture[]): readonly SpooledPicture[] {
  const first = rows[0]!;
  let end = first.position + first.bytes;
  let count = 1;
  for (; count < rows.length; count++) {
    const { segment, position, bytes } = rows[count]!;
    if (segment !== first.segment || position !== end || end + bytes - first.position > READ_BYTES) break;
    end += bytes;
  }
  return rows.slice(0, count);
}
