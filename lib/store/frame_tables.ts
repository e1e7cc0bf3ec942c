/** Changes of frames in the catalog, as SQL; synchronous, in the worker. What they promise: `frame_catalog.ts`. */
import { LIMITS } from "../config/limits.ts";
import type { SourceKind } from "../protocol/message.ts";
import type {
  FrameBatch,
  GapChange,
  GapReason,
  GapRow,
  NewFrame,
  NewResult,
  OpenedSource,
  SourceRow,
  TrashRow,
} from "./frame_catalog.ts";
import { growSpans, joinGaps } from "./frame_spans.ts";
import { nameKey, numberedName, safeFileName } from "./safe_name.ts";
import type { SqlRow, Statements } from "./statements.ts";

/** The gaps of a source are counted with the first one it notes, and then with each so many more. */
const GAPS_PER_CHECK = 64;
/** The last gap of a source is looked for among the last ones of all sources first: its own have to be sorted. */
const GAPS_LOOKED_AT = 1_000;

export class FrameTables {
  readonly #sql: Statements;
  /** Gaps since the catalog was opened, by source. */
  readonly #gaps = new Map<number, number>();

  readonly #isDurable: (ticket: number) => boolean;

  /** `isDurable` waits for a direct write. */
  constructor(statements: Statements, isDurable: (ticket: number) => boolean) {
    this.#sql = statements;
    this.#isDurable = isDurable;
  }

  openSource(opening: {
    readonly device: string;
    readonly name: string;
    readonly kind: SourceKind;
    readonly run: string;
    readonly nowMs: number;
    readonly sourcesMax: number;
  }): OpenedSource | null {
    const { device, name, kind, run, nowMs, sourcesMax } = opening;
    const find = () => this.#sql.get("SELECT * FROM source WHERE device = ? AND name = ?", device, name);
    if (find() === undefined) {
      const { count } = this.#sql.get("SELECT count(*) AS count FROM source WHERE device = ?", device)!;
      if (count as number >= sourcesMax) return null;
      const folder = this.#freeFolder(device, name);
      this.#sql.run(
        "INSERT INTO source (device, name, kind, folder, folder_key, created_ms) VALUES (?, ?, ?, ?, ?, ?)",
        ...[device, name, kind, folder, nameKey(folder), nowMs],
      );
    }
    this.#sql.run("UPDATE source SET kind = ? WHERE device = ? AND name = ? AND kind <> ?", kind, device, name, kind);
    const source = sourceOf(find()!);
    return { source, ...this.#openRun(source.id, run) };
  }

  addSegment(sourceId: number, start: string): { id: number; file: string } {
    const { id } = this.#sql.run("INSERT INTO segment (source_id, file) VALUES (?, '')", sourceId);
    const file = start === "" ? "" : `${start}-${id}.mjpeg`;
    this.#sql.run("UPDATE segment SET file = ? WHERE id = ?", file, id);
    return { id, file };
  }

  sealSegments(ids: readonly number[]): void {
    for (const id of ids) this.#sql.run("UPDATE segment SET sealed = 1 WHERE id = ?", id);
  }

  commitFrames(batch: FrameBatch, tickets: readonly number[] = []): number {
    const { sourceId, runId, stored, frames, results, gaps } = batch;
    this.#checkRun(batch);
    let lastId = 0;
    for (const frame of frames) lastId = this.#insert(sourceId, runId, frame);
    for (const [segmentId, some] of Map.groupBy(frames, (frame) => frame.segmentId)) {
      this.#count(sourceId, segmentId, some);
    }
    for (const result of results) this.#addResult(result);
    for (const gap of gaps) this.#changeGap(sourceId, gap);
    if (frames.length > 0) {
      this.#sql.run(
        "UPDATE run SET stored = max(stored, ?), frames = frames + ? WHERE id = ?",
        stored,
        frames.length,
        runId,
      );
    } else this.#sql.run("UPDATE run SET stored = ?2 WHERE id = ?1 AND stored < ?2", runId, stored);
    // Last, as the disk has been busy with them meanwhile.
    if (!tickets.every(this.#isDurable)) throw new Error("Cannot commit frames: they could not be written");
    return frames.length === 0 ? 0 : lastId - frames.length + 1;
  }

  dropFrames(segmentId: number, rowsMax: number): { isGone: boolean; trash: TrashRow[] } {
    const segment = this.#sql.get(
      `SELECT segment.*, source.folder FROM segment JOIN source ON source.id = segment.source_id WHERE segment.id = ?`,
      segmentId,
    );
    if (segment === undefined) return { isGone: true, trash: [] };
    const sourceId = segment["source_id"] as number;
    const folder = segment["folder"] as string;
    const rows = this.#sql.all(
      "SELECT id, run_id, bytes, file FROM frame WHERE segment_id = ? ORDER BY id LIMIT ?",
      segmentId,
      rowsMax,
    );
    if (rows.length > 0) {
      const bytes = rows.reduce((sum, row) => sum + (row["bytes"] as number), 0);
      this.#sql.run("DELETE FROM frame WHERE segment_id = ? AND id <= ?", segmentId, rows.at(-1)!["id"] as number);
      const change = "SET frames = frames - ?, bytes = bytes - ? WHERE id = ?";
      this.#sql.run(`UPDATE segment ${change}`, rows.length, bytes, segmentId);
      this.#sql.run(`UPDATE source ${change}`, rows.length, bytes, sourceId);
      for (const [runId, some] of Map.groupBy(rows, (row) => row["run_id"] as number)) {
        this.#sql.run("UPDATE run SET frames = frames - ? WHERE id = ?", some.length, runId);
      }
    }
    const files = rows.flatMap(({ file }) => file === null ? [] : [file as string]);
    const isGone = rows.length < rowsMax;
    if (isGone) {
      if (segment["file"] !== "") files.push(segment["file"] as string);
      this.#dropSegment(sourceId, segmentId, segment);
    }
    const trash = files.map((file) => {
      const { id } = this.#sql.run(
        "INSERT INTO trash (folder, file, file_key) VALUES (?, ?, ?)",
        folder,
        file,
        nameKey(file),
      );
      return { id, folder, file };
    });
    return { isGone, trash };
  }

  forgetTrash(ids: readonly number[]): void {
    for (const id of ids) this.#sql.run("DELETE FROM trash WHERE id = ?", id);
  }

  openGaps(reason: GapReason): void {
    this.#sql.run(
      `INSERT INTO gap (source_id, from_ms, to_ms, frames, reason)
       SELECT source_id, max(last_ms), NULL, 0, ? FROM segment WHERE last_ms IS NOT NULL
         AND source_id NOT IN (SELECT source_id FROM gap WHERE to_ms IS NULL) GROUP BY source_id`,
      reason,
    );
  }

  /** Forgets those without frames which were opened longest ago: their boxes have had many others since. */
  #openRun(sourceId: number, name: string): Pick<OpenedSource, "runId" | "stored"> {
    const { opened } = this.#sql.get("SELECT max(opened) AS opened FROM run WHERE source_id = ?", sourceId)!;
    const { id, stored } = this.#sql.get(
      `INSERT INTO run (source_id, name, stored, opened) VALUES (?1, ?2, 0, ?3)
         ON CONFLICT (source_id, name) DO UPDATE SET opened = ?3 RETURNING id, stored`,
      sourceId,
      name,
      (opened as number | null ?? 0) + 1,
    )!;
    this.#sql.run(
      `DELETE FROM run WHERE source_id = ?1 AND frames = 0 AND opened <=
         (SELECT opened FROM run WHERE source_id = ?1 AND frames = 0 ORDER BY opened DESC LIMIT 1 OFFSET ?2)`,
      sourceId,
      LIMITS.runsPerSourceMax,
    );
    return { runId: id as number, stored: stored as number };
  }

  /** No other source of the house has it, whatever the file system thinks of capital letters. */
  #freeFolder(device: string, name: string): string {
    for (let number = 1;; number++) {
      const folder = `${safeFileName(device)}/${numberedName(safeFileName(name), number)}`;
      if (this.#sql.get("SELECT 1 FROM source WHERE folder_key = ?", nameKey(folder)) === undefined) return folder;
    }
  }

  /** Each frame once: what is stored already must not come again, whoever sends it. */
  #checkRun({ runId, behind, frames }: FrameBatch): void {
    const run = this.#sql.get("SELECT stored FROM run WHERE id = ?", runId);
    if (run === undefined) throw new Error(`Cannot commit frames of run ${runId}: there is no such run`);
    let last = run["stored"] as number;
    if (last < behind) {
      throw new Error(`Cannot commit frames as those up to ${behind} must be stored before: those up to ${last} are`);
    }
    for (const { sequence } of frames) {
      if (sequence <= last) {
        throw new Error(`Cannot commit frame as its sequence must be > ${last}: received ${sequence}`);
      }
      last = sequence;
    }
  }

  #insert(sourceId: number, runId: number, frame: NewFrame): number {
    return this.#sql.run(
      `INSERT INTO frame (source_id, segment_id, run_id, sequence, captured_ms, time_ms, received_ms, name, file, file_key,
         position, bytes, crc32, verdict, result) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      sourceId,
      frame.segmentId,
      runId,
      frame.sequence,
      frame.capturedMs,
      frame.timeMs,
      frame.receivedMs,
      frame.name,
      frame.file,
      frame.file === null ? null : nameKey(frame.file),
      frame.position,
      frame.bytes,
      frame.crc32,
      frame.verdict,
      frame.result,
    ).id;
  }

  /** Counts of a segment and its source, and its spans. */
  #count(sourceId: number, segmentId: number, frames: readonly NewFrame[]): void {
    const bytes = frames.reduce((sum, frame) => sum + frame.bytes, 0);
    const times = frames.map(({ timeMs }) => timeMs);
    const { changes } = this.#sql.run(
      `UPDATE segment SET frames = frames + ?1, bytes = bytes + ?2, first_ms = min(coalesce(first_ms, ?3), ?3),
         last_ms = max(coalesce(last_ms, ?4), ?4), received_ms = max(coalesce(received_ms, ?5), ?5) WHERE id = ?6`,
      frames.length,
      bytes,
      Math.min(...times),
      Math.max(...times),
      frames.at(-1)!.receivedMs,
      segmentId,
    );
    if (changes !== 1) throw new Error(`Cannot commit frames of segment ${segmentId}: there is no such segment`);
    this.#sql.run(
      "UPDATE source SET frames = frames + ?, bytes = bytes + ? WHERE id = ?",
      frames.length,
      bytes,
      sourceId,
    );
    const last = this.#sql.get(
      `SELECT id, from_ms AS fromMs, to_ms AS toMs, frames, defects FROM span WHERE segment_id = ? ORDER BY id DESC LIMIT 1`,
      segmentId,
    ) as { id: number; fromMs: number; toMs: number; frames: number; defects: number } | undefined;
    const spanned = frames.map(({ timeMs, verdict }) => ({ timeMs, isDefect: verdict === "defect" }));
    growSpans(last, spanned).forEach((span, index) => {
      const values = [span.fromMs, span.toMs, span.frames, span.defects];
      if (index === 0 && last !== undefined) {
        this.#sql.run(
          "UPDATE span SET from_ms = ?, to_ms = ?, frames = ?, defects = ? WHERE id = ?",
          ...values,
          last.id,
        );
      } else {
        this.#sql.run(
          "INSERT INTO span (source_id, segment_id, from_ms, to_ms, frames, defects) VALUES (?, ?, ?, ?, ?, ?)",
          ...[sourceId, segmentId, ...values],
        );
      }
    });
  }

  /** A frame which was removed meanwhile has none. */
  #addResult({ id, verdict, json }: NewResult): void {
    const frame = this.#sql.get("SELECT segment_id, time_ms, verdict FROM frame WHERE id = ?", id);
    if (frame === undefined) return;
    this.#sql.run("UPDATE frame SET verdict = ?, result = ? WHERE id = ?", verdict, json, id);
    const more = Number(verdict === "defect") - Number(frame["verdict"] === "defect");
    if (more === 0) return;
    this.#sql.run(
      `UPDATE span SET defects = defects + ?1 WHERE id =
         (SELECT id FROM span WHERE segment_id = ?2 AND from_ms <= ?3 AND to_ms >= ?3 ORDER BY id LIMIT 1)`,
      more,
      frame["segment_id"] as number,
      frame["time_ms"] as number,
    );
  }

  #changeGap(sourceId: number, change: GapChange): void {
    if ("closeMs" in change) return this.#closeGap(sourceId, change.closeMs);
    const open = change.toMs === null;
    const last = open ? this.#lastGap("source_id = ? AND to_ms IS NULL", sourceId) : this.#lastClosedGap(sourceId);
    const joined = last === undefined ? undefined : joinGaps(last, change);
    if (joined !== undefined) {
      const sql = "UPDATE gap SET from_ms = ?, to_ms = ?, frames = ? WHERE id = ?";
      this.#sql.run(sql, joined.fromMs, joined.toMs, joined.frames, last!.id);
      return;
    }
    if (open) this.#closeGap(sourceId, change.fromMs);
    this.#sql.run(
      "INSERT INTO gap (source_id, from_ms, to_ms, frames, reason) VALUES (?, ?, ?, ?, ?)",
      ...[sourceId, change.fromMs, change.toMs, change.frames, change.reason],
    );
    const gaps = this.#gaps.get(sourceId) ?? 0;
    this.#gaps.set(sourceId, gaps + 1);
    if (gaps % GAPS_PER_CHECK === 0) this.#forgetGaps(sourceId);
  }

  #lastClosedGap(sourceId: number): GapRow | undefined {
    // The plus: not by the index of their times, which would have all gaps of the source sorted.
    const isNew = `+source_id = ? AND to_ms IS NOT NULL AND id > (SELECT max(id) FROM gap) - ${GAPS_LOOKED_AT}`;
    return this.#lastGap(isNew, sourceId) ?? this.#lastGap("source_id = ? AND to_ms IS NOT NULL", sourceId);
  }

  #lastGap(where: string, sourceId: number): GapRow | undefined {
    return this.#sql.get(
      `SELECT id, source_id AS sourceId, from_ms AS fromMs, to_ms AS toMs, frames, reason FROM gap WHERE ${where}
         ORDER BY id DESC LIMIT 1`,
      sourceId,
    ) as GapRow | undefined;
  }

  /** Of more than anybody looks at, the oldest. */
  #forgetGaps(sourceId: number): void {
    this.#sql.run(
      `DELETE FROM gap WHERE source_id = ?1 AND to_ms IS NOT NULL AND id <=
         (SELECT id FROM gap WHERE source_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
      sourceId,
      LIMITS.gapsPerSourceMax,
    );
  }

  /** One which was none, as the next frame was taken before it, is forgotten. */
  #closeGap(sourceId: number, toMs: number): void {
    const open = "source_id = ?1 AND to_ms IS NULL";
    this.#sql.run(`DELETE FROM gap WHERE ${open} AND from_ms >= ?2 AND frames = 0`, sourceId, toMs);
    this.#sql.run(`UPDATE gap SET to_ms = max(from_ms, ?2) WHERE ${open}`, sourceId, toMs);
  }

  #dropSegment(sourceId: number, segmentId: number, segment: SqlRow): void {
    const { frames } = this.#sql.get("SELECT sum(frames) AS frames FROM span WHERE segment_id = ?", segmentId)!;
    this.#sql.run("DELETE FROM span WHERE segment_id = ?", segmentId);
    this.#sql.run("DELETE FROM segment WHERE id = ?", segmentId);
    const older = "SELECT 1 FROM segment WHERE source_id = ? AND id < ? AND frames > 0 LIMIT 1";
    if (this.#sql.get(older, sourceId, segmentId) !== undefined) {
      if (segment["first_ms"] === null) return;
      const [fromMs, toMs] = [segment["first_ms"] as number, segment["last_ms"] as number];
      return this.#changeGap(sourceId, { fromMs, toMs, frames: frames as number, reason: "retention" });
    }
    // Before the first frame there is nothing to be explained.
    this.#sql.run(
      `DELETE FROM gap WHERE source_id = ?1 AND to_ms <=
         (SELECT coalesce(min(first_ms), 9e99) FROM segment WHERE source_id = ?1)`,
      sourceId,
    );
  }
}

/** A source as a row of its table says. */
export function sourceOf(row: SqlRow): SourceRow {
  return {
    id: row["id"] as number,
    device: row["device"] as string,
    name: row["name"] as string,
    kind: row["kind"] as SourceKind,
    folder: row["folder"] as string,
    createdMs: row["created_ms"] as number,
  };
}
