/** SQL of the pictures in the spool, synchronous: where each of them lies, which numbers were given, what was dropped. */
import type { DropReason, SourceKind } from "../protocol/message.ts";
import type { Statements } from "./statements.ts";
import { DROPS_MAX } from "./unknown_drops.ts";

/** Where a picture lies. */
export interface SpooledPicture {
  readonly sequence: number;
  readonly segment: number;
  readonly position: number;
  readonly bytes: number;
  readonly crc32: number;
  /** By the clock of the box, ms since 1970. */
  readonly capturedMs: number;
}

/** What lies in the spool of a source. */
export interface PictureContent {
  /** The lowest number; null when there is none. */
  readonly first: number | null;
  readonly pictures: number;
  readonly bytes: number;
  /** Length of its files, and what the rows cost. */
  readonly fileBytes: number;
  /** When the first was taken, by the clock of the box; null when there is none. */
  readonly oldestMs: number | null;
}

/** A source as the spool knows it. */
export interface SpooledSource {
  readonly id: number;
  readonly name: string;
  readonly kind: SourceKind;
  readonly run: string;
  /** The last number that may have been given, and up to which they may be. */
  readonly last: number;
  readonly reserved: number;
  /** The last number of those that lie there, also by a commit that seemed to fail; 0 when none does. */
  readonly lastKept: number;
  /** What was dropped, and the server does not know of yet. */
  readonly unknown: readonly NewDrop[];
  readonly content: PictureContent;
}

/** What has left the spool, what is the oldest now, and the files that nobody needs any more. */
export interface PictureChange extends PictureContent {
  readonly gone: readonly number[];
  /** What was dropped by it; null when nothing was. */
  readonly dropped: NewDrop | null;
}

/** Why pictures will never be sent, for the feed of the box. `camera`: there were none. */
export type DropCause = "full" | "age" | "damaged" | "camera";

/** Pictures which will never be sent. */
export interface NewDrop {
  readonly first: number;
  /** 0: nobody knows how many there would have been. */
  readonly pictures: number;
  readonly reason: DropReason;
  readonly cause: DropCause;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Those of which the feed of the box does not tell yet. */
export interface DroppedPictures extends NewDrop {
  readonly id: number;
  readonly name: string;
}

/** How a drop is told, and what must stay. */
export interface DropRule {
  readonly reason: DropReason;
  /** Pictures up to this one are on their way. */
  readonly taken: number;
  /** The segment that is being written. */
  readonly current: number | null;
}

/** What a picture costs besides its bytes: its row, and its places in two indices. */
export const PICTURE_COST_BYTES = 64;
const SUMS = "count(*) AS pictures, coalesce(sum(bytes), 0) AS bytes";
const DROP = "first, pictures, reason, cause, from_ms AS fromMs, to_ms AS toMs";

export class SpoolFrameTables {
  readonly #sql: Statements;

  constructor(statements: Statements) {
    this.#sql = statements;
  }

  sources(): SpooledSource[] {
    return this.#sql.all(
      `SELECT id, name, kind, run, reserved AS last, reserved,
         (SELECT coalesce(max(sequence), 0) FROM picture WHERE source = source.id) AS lastKept FROM source ORDER BY id`,
    ).map(
      (row) => {
        const source = row as unknown as Omit<SpooledSource, "content" | "unknown">;
        return { ...source, unknown: this.#unknown(source.id), content: this.#content(source.id) };
      },
    );
  }

  /** Segments with pictures; the rows of the others are removed. */
  segments(): number[] {
    this.#sql.run("DELETE FROM segment WHERE NOT EXISTS (SELECT 1 FROM picture WHERE segment = segment.id)");
    return this.#sql.all("SELECT id FROM segment").map(({ id }) => Number(id));
  }

  addSource(name: string, kind: SourceKind, run: string, reserved: number): number {
    const sql = "INSERT INTO source (name, kind, run, reserved) VALUES (?, ?, ?, ?)";
    return this.#sql.run(sql, name, kind, run, reserved).id;
  }

  setKind(source: number, kind: SourceKind): void {
    this.#sql.run("UPDATE source SET kind = ? WHERE id = ?", kind, source);
  }

  /** Numbers up to this one may be given. */
  reserve(source: number, through: number): void {
    this.#sql.run("UPDATE source SET reserved = ? WHERE id = ?", through, source);
  }

  /** Adds pictures which are on the disk; `segments`: those they lie in, and how long these are now. */
  add(
    source: number,
    pictures: readonly SpooledPicture[],
    segments: readonly { readonly id: number; readonly bytes: number }[],
    keptMs: number,
  ): void {
    for (const { id, bytes } of segments) {
      this.#sql.run(
        `INSERT INTO segment (id, source, bytes, kept_ms) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET bytes = excluded.bytes, kept_ms = excluded.kept_ms`,
        ...[id, source, bytes, keptMs],
      );
    }
    const insert = this.#sql.prepare(
      `INSERT INTO picture (source, sequence, segment, position, bytes, crc32, captured_ms) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    for (const { sequence, segment, position, bytes, crc32, capturedMs } of pictures) {
      insert.run(source, sequence, segment, position, bytes, crc32, capturedMs);
    }
    const last = pictures.at(-1)!.sequence;
    this.#sql.run("UPDATE source SET reserved = max(reserved, ?) WHERE id = ?", last, source);
  }

  /** Pictures behind `after`, in order. */
  read(source: number, after: number, limit: number): SpooledPicture[] {
    return this.#sql.all(
      `SELECT sequence, segment, position, bytes, crc32, captured_ms AS capturedMs FROM picture
       WHERE source = ? AND sequence > ? ORDER BY sequence LIMIT ?`,
      ...[source, after, limit],
    ) as unknown as SpooledPicture[];
  }

  /** Pictures up to this one are stored on the server, dropped ones in their turn. */
  stored(source: number, through: number, current: number | null): PictureChange {
    const removed = this.#sql.get(`SELECT ${SUMS} FROM picture WHERE source = ? AND sequence <= ?`, source, through)!;
    this.#sql.run("DELETE FROM picture WHERE source = ? AND sequence <= ?", source, through);
    // Of pictures which the server has after all nobody says that they were dropped.
    this.#sql.run(
      `UPDATE dropped_picture SET pictures = pictures - (?2 - first + 1), first = ?2 + 1
       WHERE source = ?1 AND is_known = 0 AND first <= ?2 AND first + pictures - 1 > ?2`,
      ...[source, through],
    );
    const known = "source = ? AND first + max(pictures, 1) - 1 <= ?";
    this.#sql.run(`DELETE FROM dropped_picture WHERE ${known} AND untold = 0`, source, through);
    this.#sql.run(`UPDATE dropped_picture SET is_known = 1 WHERE ${known}`, source, through);
    return this.#changed(source, { removed, segments: this.#removeEmpty(source, current), dropped: null });
  }

  /** Drops the oldest segments until the files have `bytes` less. */
  drop(source: number, bytes: number, rule: DropRule): PictureChange {
    let freed = 0;
    return this.#drop(source, "full", rule, (segment) => {
      if (freed >= bytes) return false;
      freed += segment.bytes;
      return true;
    });
  }

  /** Drops what was kept before `beforeMs`; what was kept when nobody knew the time, was kept now. */
  expire(source: number, beforeMs: number, nowMs: number, rule: DropRule): PictureChange {
    this.#sql.run("UPDATE segment SET kept_ms = ? WHERE source = ? AND kept_ms = 0", nowMs, source);
    return this.#drop(source, "age", rule, ({ keptMs }) => keptMs < beforeMs);
  }

  /** A picture that cannot be read. */
  dropOne(source: number, sequence: number, dropped: NewDrop): PictureChange {
    const one = "WHERE source = ? AND sequence = ?";
    const removed = this.#sql.get(`SELECT ${SUMS} FROM picture ${one}`, source, sequence)!;
    this.#sql.run(`DELETE FROM picture ${one}`, source, sequence);
    this.noteDrop(source, dropped);
    return this.#changed(source, { removed, segments: [], dropped });
  }

  /** Pictures will never be sent which are not here. */
  noteDrop(source: number, { first, pictures, reason, cause, fromMs, toMs }: NewDrop): void {
    const same = "source = ?1 AND is_known = 0 AND reason = ?2 AND cause = ?3";
    const found = (sql: string, ...values: number[]) =>
      this.#sql.get(`SELECT id FROM dropped_picture WHERE ${sql}`, source, reason, cause, ...values)?.["id"];
    const before = found(`${same} AND first + pictures = ?4`, first);
    const { rows } = this.#sql.get("SELECT count(*) AS rows FROM dropped_picture WHERE source = ?", source)!;
    const other = Number(rows) < DROPS_MAX ? undefined : found(`${same} ORDER BY id DESC LIMIT 1`);
    const joined = before ?? other;
    if (joined !== undefined) {
      // The numbers of one row follow each other.
      this.#sql.run(
        `UPDATE dropped_picture SET pictures = pictures + ?, untold = untold + ?, from_ms = min(from_ms, ?),
           to_ms = max(to_ms, ?) WHERE id = ?`,
        ...[before === undefined ? 0 : pictures, pictures, fromMs, toMs, Number(joined)],
      );
      return;
    }
    this.#sql.run(
      `INSERT INTO dropped_picture (source, first, pictures, reason, cause, from_ms, to_ms, untold, is_known)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)`,
      ...[source, first, pictures, reason, cause, fromMs, toMs, pictures],
    );
  }

  /** What the feed of the box does not tell of yet: `pictures` are those that it does not. */
  untold(): DroppedPictures[] {
    return this.#sql.all(
      `SELECT dropped_picture.id, name, first, untold AS pictures, reason, cause, from_ms AS fromMs, to_ms AS toMs
       FROM dropped_picture JOIN source ON source.id = dropped_picture.source WHERE untold > 0`,
    ) as unknown as DroppedPictures[];
  }

  /** The feed of the box tells of these. */
  told(dropped: readonly DroppedPictures[]): void {
    for (const { id, pictures } of dropped) {
      this.#sql.run("UPDATE dropped_picture SET untold = max(0, untold - ?) WHERE id = ?", pictures, id);
    }
    if (dropped.length > 0) this.#sql.run("DELETE FROM dropped_picture WHERE untold = 0 AND is_known = 1");
  }

  /** Segments from the oldest on, as long as `goesOn` says so, and none of their pictures is on its way. */
  #drop(
    source: number,
    cause: DropCause,
    { reason, taken, current }: DropRule,
    goesOn: (segment: { readonly bytes: number; readonly keptMs: number }) => boolean,
  ): PictureChange {
    const gone: { id: number; bytes: number }[] = [];
    let [first, pictures, bytes, fromMs, toMs] = [0, 0, 0, Infinity, -Infinity];
    const segments = this.#sql.all(
      `SELECT segment.id, segment.bytes, kept_ms, min(sequence) AS first, count(*) AS pictures,
         sum(picture.bytes) AS picture_bytes, min(captured_ms) AS from_ms, max(captured_ms) AS to_ms
       FROM segment JOIN picture ON picture.segment = segment.id
       WHERE segment.source = ? GROUP BY segment.id ORDER BY min(sequence)`,
      source,
    );
    for (const row of segments) {
      const segment = { id: Number(row["id"]), bytes: Number(row["bytes"]) };
      if (segment.id === current) break;
      if (Number(row["first"]) <= taken) continue;
      if (!goesOn({ bytes: segment.bytes, keptMs: Number(row["kept_ms"]) })) break;
      this.#sql.run("DELETE FROM picture WHERE segment = ?", segment.id);
      this.#sql.run("DELETE FROM segment WHERE id = ?", segment.id);
      gone.push(segment);
      if (pictures === 0) first = Number(row["first"]);
      pictures += Number(row["pictures"]);
      bytes += Number(row["picture_bytes"]);
      fromMs = Math.min(fromMs, Number(row["from_ms"]));
      toMs = Math.max(toMs, Number(row["to_ms"]));
    }
    const dropped = pictures === 0 ? null : { first, pictures, reason, cause, fromMs, toMs };
    if (dropped !== null) this.noteDrop(source, dropped);
    return this.#changed(source, { removed: { pictures, bytes }, segments: gone, dropped });
  }

  #removeEmpty(source: number, current: number | null): { id: number; bytes: number }[] {
    const empty = this.#sql.all(
      `SELECT id, bytes FROM segment WHERE source = ? AND id IS NOT ?
         AND NOT EXISTS (SELECT 1 FROM picture WHERE segment = segment.id)`,
      ...[source, current],
    ).map(({ id, bytes }) => ({ id: Number(id), bytes: Number(bytes) }));
    for (const { id } of empty) this.#sql.run("DELETE FROM segment WHERE id = ?", id);
    return empty;
  }

  /** In the order of the numbers. */
  #unknown(source: number): NewDrop[] {
    const sql = `SELECT ${DROP} FROM dropped_picture WHERE source = ? AND is_known = 0 ORDER BY first, id`;
    return this.#sql.all(sql, source) as unknown as NewDrop[];
  }

  #changed(
    source: number,
    { removed, segments, dropped }: {
      removed: Record<string, unknown>;
      segments: readonly { id: number; bytes: number }[];
      dropped: NewDrop | null;
    },
  ): PictureChange {
    const [pictures, bytes] = [Number(removed["pictures"]), Number(removed["bytes"])];
    const fileBytes = segments.reduce((sum, segment) => sum + segment.bytes, pictures * PICTURE_COST_BYTES);
    return { pictures, bytes, fileBytes, ...this.#oldest(source), gone: segments.map(({ id }) => id), dropped };
  }

  #content(source: number): PictureContent {
    const sums = this.#sql.get(`SELECT ${SUMS} FROM picture WHERE source = ?`, source)!;
    const files = this.#sql.get("SELECT coalesce(sum(bytes), 0) AS bytes FROM segment WHERE source = ?", source)!;
    const [pictures, bytes] = [Number(sums["pictures"]), Number(sums["bytes"])];
    const fileBytes = Number(files["bytes"]) + pictures * PICTURE_COST_BYTES;
    return { pictures, bytes, fileBytes, ...this.#oldest(source) };
  }

  #oldest(source: number): Pick<PictureContent, "first" | "oldestMs"> {
    const sql = "SELECT sequence, captured_ms FROM picture WHERE source = ? ORDER BY sequence LIMIT 1";
    const row = this.#sql.get(sql, source);
    return {
      first: (row?.["sequence"] ?? null) as number | null,
      oldestMs: (row?.["captured_ms"] ?? null) as number | null,
    };
  }
}
