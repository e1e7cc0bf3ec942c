/** Questions about frames, as SQL; synchronous, in the worker. What they answer: `frame_catalog.ts`. */
import type { Verdict } from "../protocol/frame.ts";
import type {
  FramePlace,
  FrameQuery,
  FrameRow,
  GapReason,
  GapSpan,
  NamedPicture,
  PictureContent,
  SegmentState,
  SourceTotals,
  SpanRow,
  TrashRow,
} from "./frame_catalog.ts";
import { type FrameLook, idLooks, segmentLooks } from "./frame_looks.ts";
import { fewerGaps, mergeSpans } from "./frame_spans.ts";
import { sourceOf } from "./frame_tables.ts";
import type { SqlRow, SqlValue, Statements } from "./statements.ts";

const FRAME_COLUMNS = `frame.id, frame.source_id, run.name AS run, sequence, captured_ms, time_ms, frame.received_ms,
  frame.name, coalesce(frame.file, segment.file) AS file, position, frame.bytes, crc32, verdict, result`;
const ALL_IDS = "SELECT (SELECT min(id) FROM frame) AS first, (SELECT max(id) FROM frame) AS last";
const WITH_RUN = "JOIN run ON run.id = frame.run_id";
const FRAME_TABLES = `frame ${WITH_RUN} JOIN segment ON segment.id = frame.segment_id`;

export class FrameQueries {
  readonly #sql: Statements;

  constructor(statements: Statements) {
    this.#sql = statements;
  }

  sources(): SourceTotals[] {
    return this.#sql.all(
      `SELECT *, (SELECT min(first_ms) FROM segment WHERE source_id = source.id) AS first_ms,
         (SELECT max(last_ms) FROM segment WHERE source_id = source.id) AS last_ms FROM source ORDER BY id`,
    ).map((row) => ({
      ...sourceOf(row),
      frames: row["frames"] as number,
      bytes: row["bytes"] as number,
      firstMs: row["first_ms"] as number | null,
      lastMs: row["last_ms"] as number | null,
    }));
  }

  /**
   * In the order of arrival, which is that of ids. Times need not be in this order, so segments say where to look: those
   * of a source are read one by one, and of all sources the ids from the first to the last of them. The indices are
   * named, as otherwise all that was ever sent would be sorted. `look`: only this piece.
   */
  frames(query: FrameQuery, look?: FrameLook): FrameRow[] {
    const { sourceId, sinceMs = -Infinity, untilMs = Infinity, verdict, cursor, order, limit } = query;
    const [ascending, direction] = order === "ascending" ? [true, "ASC"] : [false, "DESC"];
    const where = ["time_ms BETWEEN ?1 AND ?2"];
    const values: SqlValue[] = [sinceMs, untilMs, limit];
    if (cursor !== undefined) where.push(`frame.id ${ascending ? ">" : "<"} ?${values.push(cursor)}`);
    // Written out, as an index of some rows is used only by those who ask for these rows.
    if (verdict !== undefined) where.push(`verdict = '${verdictText(verdict)}'`);
    if (look !== undefined) {
      const [column, [first, last]] = "ids" in look ? ["frame.id", look.ids] : ["segment.id", look.segments];
      where.push(`${column} BETWEEN ?${values.push(first)} AND ?${values.push(last)}`);
    }
    const index = indexOf(verdict);
    if (sourceId !== undefined && index === undefined) {
      where.push(`segment.source_id = ?${values.push(sourceId)} AND segment.last_ms >= ?1 AND segment.first_ms <= ?2`);
      const tables = `segment INDEXED BY segment_by_source
        CROSS JOIN frame INDEXED BY frame_by_segment ON frame.segment_id = segment.id CROSS ${WITH_RUN}`;
      const by = `segment.id ${direction}, frame.id ${direction}`;
      return this.#frames(`${tables} WHERE ${where.join(" AND ")} ORDER BY ${by} LIMIT ?3`, ...values);
    }
    if (sourceId !== undefined) where.push(`frame.source_id = ?${values.push(sourceId)}`);
    if (look === undefined && (query.sinceMs !== undefined || query.untilMs !== undefined)) {
      const ids = this.#idsBetween(sinceMs, untilMs);
      if (ids === undefined) return [];
      where.push(`frame.id BETWEEN ?${values.push(ids.first)} AND ?${values.push(ids.last)}`);
    }
    const tables = `frame ${index === undefined ? "NOT INDEXED" : `INDEXED BY ${index}`} CROSS ${WITH_RUN}
      CROSS JOIN segment ON segment.id = frame.segment_id`;
    return this.#frames(`${tables} WHERE ${where.join(" AND ")} ORDER BY frame.id ${direction} LIMIT ?3`, ...values);
  }

  /** The pieces of a search, in its order; no row is in two of them. */
  looks(query: FrameQuery): FrameLook[] {
    const { sourceId, sinceMs = -Infinity, untilMs = Infinity, verdict } = query;
    if (sourceId !== undefined && indexOf(verdict) === undefined) return segmentLooks(this.#sql, sourceId, query);
    const ids = this.#idsBetween(sinceMs, untilMs);
    return ids === undefined ? [] : idLooks([ids.first, ids.last], query);
  }

  frame(id: number): FrameRow | undefined {
    return this.#frames(`${FRAME_TABLES} WHERE frame.id = ?`, id)[0];
  }

  place(id: number): FramePlace | undefined {
    const row = this.#sql.get(
      `SELECT source.folder, coalesce(frame.file, segment.file) AS file, position, frame.bytes, crc32, segment_id
       FROM frame JOIN segment ON segment.id = frame.segment_id JOIN source ON source.id = frame.source_id
       WHERE frame.id = ?`,
      id,
    );
    if (row === undefined) return undefined;
    return {
      folder: row["folder"] as string,
      file: row["file"] as string,
      position: row["position"] as number,
      bytes: row["bytes"] as number,
      crc32: row["crc32"] as number,
      segmentId: row["segment_id"] as number,
    };
  }

  nearest(sourceId: number, timeMs: number): FrameRow | undefined {
    const of = `${FRAME_TABLES} WHERE frame.source_id = ?1 AND time_ms`;
    const [before] = this.#frames(`${of} <= ?2 ORDER BY time_ms DESC LIMIT 1`, sourceId, timeMs);
    const [after] = this.#frames(`${of} >= ?2 ORDER BY time_ms LIMIT 1`, sourceId, timeMs);
    if (before === undefined || after === undefined) return before ?? after;
    return timeMs - before.timeMs <= after.timeMs - timeMs ? before : after;
  }

  spans(sourceId: number, sinceMs: number, untilMs: number, pauseMs: number): SpanRow[] {
    const rows = this.#sql.all(
      `SELECT from_ms AS fromMs, to_ms AS toMs, frames, defects FROM span
       WHERE source_id = ? AND from_ms <= ? AND to_ms >= ? ORDER BY from_ms, id`,
      sourceId,
      untilMs,
      sinceMs,
    );
    return mergeSpans(rows as unknown as SpanRow[], pauseMs);
  }

  gaps(sourceId: number, sinceMs: number, untilMs: number, limit: number): GapSpan[] {
    const rows = this.#sql.all(
      `SELECT * FROM gap WHERE source_id = ? AND from_ms <= ? AND (to_ms IS NULL OR to_ms >= ?) ORDER BY from_ms, id`,
      sourceId,
      untilMs,
      sinceMs,
    );
    const gaps = rows.map((row) => ({
      fromMs: row["from_ms"] as number,
      toMs: row["to_ms"] as number | null,
      frames: row["frames"] as number,
      reason: row["reason"] as GapReason,
    }));
    return fewerGaps(gaps, limit);
  }

  segments({ sourceId, sealed, limit }: { sourceId?: number; sealed: boolean; limit: number }): SegmentState[] {
    const where = `sealed = ${sealed ? 1 : 0}` + (sourceId === undefined ? "" : " AND source_id = ?2");
    return this.#sql.all(
      `SELECT segment.*, source.folder FROM segment JOIN source ON source.id = segment.source_id
       WHERE ${where} ORDER BY segment.id LIMIT ?1`,
      limit,
      ...(sourceId === undefined ? [] : [sourceId]),
    ).map((row) => ({
      id: row["id"] as number,
      sourceId: row["source_id"] as number,
      folder: row["folder"] as string,
      file: row["file"] as string,
      sealed: row["sealed"] === 1,
      bytes: row["bytes"] as number,
      frames: row["frames"] as number,
      firstMs: row["first_ms"] as number ?? 0,
      lastMs: row["last_ms"] as number ?? 0,
      receivedMs: row["received_ms"] as number ?? 0,
    }));
  }

  samePictures(sourceId: number, pictures: readonly PictureContent[]): NamedPicture[] {
    const sql = "SELECT id, name, file, bytes, crc32 FROM frame INDEXED BY frame_by_content " +
      "WHERE source_id = ? AND name = ? AND crc32 = ? AND bytes = ? AND file IS NOT NULL ORDER BY id";
    return pictures.flatMap(({ name, crc32, bytes }) =>
      this.#sql.all(sql, sourceId, name, crc32, bytes) as unknown as NamedPicture[]
    );
  }

  takenFiles(sourceId: number, keys: readonly string[]): string[] {
    const sql = `SELECT 1 FROM frame WHERE source_id = ?1 AND file_key = ?2 UNION ALL SELECT 1 FROM trash
       WHERE file_key = ?2 AND folder = (SELECT folder FROM source WHERE id = ?1)`;
    return keys.filter((key) => this.#sql.get(sql, sourceId, key) !== undefined);
  }

  trash(limit: number, after = 0): TrashRow[] {
    const sql = "SELECT id, folder, file FROM trash WHERE id > ? ORDER BY id LIMIT ?";
    return this.#sql.all(sql, after, limit) as unknown as TrashRow[];
  }

  /** Between which ids all frames of this time are; undefined when there are none. */
  #idsBetween(sinceMs: number, untilMs: number): { first: number; last: number } | undefined {
    const isAll = sinceMs === -Infinity && untilMs === Infinity;
    const { first, last } = isAll ? this.#sql.get(ALL_IDS)! : this.#sql.get(
      `SELECT min((SELECT min(id) FROM frame WHERE segment_id = segment.id)) AS first,
         max((SELECT max(id) FROM frame WHERE segment_id = segment.id)) AS last
       FROM segment WHERE last_ms >= ? AND first_ms <= ?`,
      sinceMs,
      untilMs,
    )!;
    return first === null || last === null ? undefined : { first: first as number, last: last as number };
  }

  #frames(rest: string, ...values: SqlValue[]): FrameRow[] {
    return this.#sql.all(`SELECT ${FRAME_COLUMNS} FROM ${rest}`, ...values).map(frameOf);
  }
}

/** The index of those who have few rows of many. */
function indexOf(verdict: Verdict | undefined): string | undefined {
  return verdict === "defect" ? "frame_defect" : verdict === "not analysed" ? "frame_not_analysed" : undefined;
}

function verdictText(verdict: Verdict): string {
  if (!["ok", "defect", "not analysed"].includes(verdict)) throw new Error(`Cannot search for verdict ${verdict}`);
  return verdict;
}

function frameOf(row: SqlRow): FrameRow {
  return {
    id: row["id"] as number,
    sourceId: row["source_id"] as number,
    run: row["run"] as string,
    sequence: row["sequence"] as number,
    capturedMs: row["captured_ms"] as number,
    timeMs: row["time_ms"] as number,
    receivedMs: row["received_ms"] as number,
    name: row["name"] as string | null,
    file: row["file"] as string,
    position: row["position"] as number,
    bytes: row["bytes"] as number,
    crc32: row["crc32"] as number,
    verdict: row["verdict"] as Verdict | null,
    result: row["result"] as string | null,
  };
}
