/** Changes of events in the catalog, as SQL; synchronous, in the worker. What they promise: `event_catalog.ts`. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import { toServerMs } from "../protocol/box_time.ts";
import type { SequenceRange } from "../protocol/message.ts";
import { SequenceRanges } from "../protocol/sequence_ranges.ts";
import { checkBatch, type CheckedEvent } from "./event_batch_check.ts";
import type { AppendedEvents, DroppedEvents, EventAppend, FeedOpening, OpenedFeed } from "./event_catalog.ts";
import { EventMeasures } from "./event_measures.ts";
import { EventRollups, STEPS_MS } from "./event_rollups.ts";
import { EventRows } from "./event_rows.ts";
import type { Statements } from "./statements.ts";

/**
 * A run, and which of its numbers are held. Only this worker writes, what is held is committed with the rows, and is read
 * again from its table after a rollback: so no event can be there twice, and no index has to look after that.
 */
interface Run {
  readonly id: number;
  held: SequenceRanges;
  /** Events which this transaction has added. */
  added: number;
}

/** Runs in memory; those of boxes which are connected are a few for each. */
const RUNS_MAX = 10_000;
/** Rows which one commit removes: some ten milliseconds, which is how long the others wait. */
const DROP_ROWS_MAX = 1_000;
/** Bytes of their pictures: each has its pages, which are all read. */
const DROP_PICTURE_BYTES_MAX = 16 * 1024 * 1024;

export class EventTables {
  readonly #sql: Statements;
  readonly #rows: EventRows;
  readonly #measures: EventMeasures;
  readonly #rollups: EventRollups;
  /** By feed and name. */
  readonly #runs = new Map<string, Run>();
  /** Those which this transaction has changed. */
  readonly #changed = new Set<Run>();
  /** Events which this transaction has added, by feed. */
  readonly #added = new Map<number, number>();

  constructor(statements: Statements) {
    this.#sql = statements;
    this.#rows = new EventRows(statements);
    this.#measures = new EventMeasures(statements);
    this.#rollups = new EventRollups(statements);
  }

  openFeed(
    { device, feed, run, floor, nowMs, feedsMax }: FeedOpening & { readonly nowMs: number; readonly feedsMax: number },
  ): OpenedFeed | null {
    const find = () => this.#sql.get("SELECT id FROM feed WHERE device = ? AND name = ?", device, feed);
    if (find() === undefined) {
      const { count } = this.#sql.get("SELECT count(*) AS count FROM feed WHERE device = ?", device)!;
      if (count as number >= feedsMax) return null;
      this.#sql.run("INSERT INTO feed (device, name, created_ms) VALUES (?, ?, ?)", device, feed, nowMs);
    }
    const feedId = find()!["id"] as number;
    this.#openRun(feedId, run);
    const opened = this.#run(feedId, run);
    if (opened.held.addBelow(floor)) this.#changed.add(opened);
    return { feedId, held: opened.held.list() };
  }

  append({ feedId, run: name, late, receivedMs, offsetMs, batch }: EventAppend): AppendedEvents {
    const events = checkBatch(batch);
    const run = this.#run(feedId, name);
    // A copy: nothing is changed unless all of the batch can be taken.
    const held = run.held.copy();
    const fresh = events.filter(({ event }) => held.add(event.sequence));
    if (held.count > LIMITS.eventRangesMax) {
      throw new FramewireError(
        "INVALID_RANGE",
        `Cannot store events as the ranges of a run must be <= ${LIMITS.eventRangesMax}: received ${held.count}`,
      );
    }
    const lastSequence = events.at(-1)?.event.sequence ?? 0;
    if (fresh.length === 0) return { stored: 0, lastSequence };
    const timesMs = fresh.map(({ event }) => toServerMs(event.timeMs, offsetMs, receivedMs));
    this.#rows.insert({ feedId, runId: run.id, receivedMs, late }, fresh.map(({ event }) => event), timesMs);
    fresh.forEach((checked, index) => this.#sum(feedId, timesMs[index]!, late, checked));
    run.held = held;
    run.added += fresh.length;
    this.#changed.add(run);
    this.#added.set(feedId, (this.#added.get(feedId) ?? 0) + fresh.length);
    return { stored: fresh.length, lastSequence };
  }

  dropEvents(beforeMs: number, idMax: number): DroppedEvents {
    const oldest = this.#sql.all(
      `SELECT id, feed_id, run_id, received_ms, coalesce(length(picture), 0) AS bytes FROM event WHERE id <= ? ORDER BY id LIMIT ?`,
      idMax,
      DROP_ROWS_MAX,
    );
    let [rows, bytes] = [0, 0];
    for (const row of oldest) {
      // Those behind it are younger.
      if (row["received_ms"] as number >= beforeMs || bytes >= DROP_PICTURE_BYTES_MAX) break;
      bytes += row["bytes"] as number;
      rows++;
    }
    if (rows === 0) return { rows, more: false };
    const dropped = oldest.slice(0, rows);
    this.#sql.run("DELETE FROM event WHERE id <= ?", dropped.at(-1)!["id"] as number);
    for (const [feedId, some] of Map.groupBy(dropped, (row) => row["feed_id"] as number)) {
      this.#sql.run("UPDATE feed SET events = events - ? WHERE id = ?", some.length, feedId);
    }
    for (const [runId, some] of Map.groupBy(dropped, (row) => row["run_id"] as number)) {
      this.#sql.run("UPDATE feed_run SET events = events - ? WHERE id = ?", some.length, runId);
    }
    return { rows, more: true };
  }

  dropMinutes(beforeMs: number): DroppedEvents {
    const [stepMs] = STEPS_MS;
    for (const { id } of this.#sql.all("SELECT id FROM measure ORDER BY id")) {
      const of = "measure_id = ?1 AND step_ms = ?2";
      const { first } = this.#sql.get(
        `SELECT min(time_ms) AS first FROM rollup WHERE ${of}`,
        id as number,
        stepMs,
      )!;
      if (first === null || first as number + stepMs > beforeMs) continue;
      const untilMs = Math.min(beforeMs - stepMs, first as number + DROP_ROWS_MAX * stepMs);
      const { changes: rows } = this.#sql.run(
        `DELETE FROM rollup WHERE ${of} AND time_ms <= ?3`,
        id as number,
        stepMs,
        untilMs,
      );
      return { rows, more: true };
    }
    return { rows: 0, more: false };
  }

  /** Writes what is put together for a whole transaction; before its commit, and before anything is asked in it. */
  flush(): void {
    this.#rollups.flush();
    for (const [feedId, events] of this.#added) {
      this.#sql.run("UPDATE feed SET events = events + ? WHERE id = ?", events, feedId);
    }
    this.#added.clear();
    this.#flushRuns();
    if (this.#runs.size > RUNS_MAX) this.#runs.clear();
  }

  /** Forgets what is in memory: the transaction was rolled back, and the tables know better. */
  rolledBack(): void {
    this.#measures.forget();
    this.#rollups.forget();
    this.#added.clear();
    this.#runs.clear();
    this.#changed.clear();
  }

  #flushRuns(): void {
    for (const run of this.#changed) {
      this.#sql.run(
        "UPDATE feed_run SET held = ?, events = events + ? WHERE id = ?",
        JSON.stringify(run.held.list()),
        run.added,
        run.id,
      );
      run.added = 0;
    }
    this.#changed.clear();
  }

  /** Finds or makes a run; forgets those without events which were opened longest ago, as their boxes have had many since. */
  #openRun(feedId: number, name: string): void {
    const { opened } = this.#sql.get("SELECT max(opened) AS opened FROM feed_run WHERE feed_id = ?", feedId)!;
    this.#sql.run(
      `INSERT INTO feed_run (feed_id, name, held, opened) VALUES (?1, ?2, '[]', ?3)
         ON CONFLICT (feed_id, name) DO UPDATE SET opened = ?3`,
      feedId,
      name,
      (opened as number | null ?? 0) + 1,
    );
    // What this transaction has added counts.
    this.#flushRuns();
    const forgotten = this.#sql.all(
      `DELETE FROM feed_run WHERE feed_id = ?1 AND events = 0 AND opened <=
         (SELECT opened FROM feed_run WHERE feed_id = ?1 AND events = 0 ORDER BY opened DESC LIMIT 1 OFFSET ?2)
         RETURNING name`,
      feedId,
      LIMITS.runsPerFeedMax,
    );
    for (const run of forgotten) this.#runs.delete(`${feedId}/${run["name"]}`);
  }

  #run(feedId: number, name: string): Run {
    const key = `${feedId}/${name}`;
    let run = this.#runs.get(key);
    if (run === undefined) {
      const row = this.#sql.get("SELECT id, held FROM feed_run WHERE feed_id = ? AND name = ?", feedId, name);
      if (row === undefined) {
        const text =
          `Cannot store events of run ${name} as it was opened too long ago: ${LIMITS.runsPerFeedMax} others were since`;
        throw new FramewireError("STREAMS_EXHAUSTED", text);
      }
      const held = new SequenceRanges(JSON.parse(row["held"] as string) as SequenceRange[]);
      run = { id: row["id"] as number, held, added: 0 };
      this.#runs.set(key, run);
    }
    return run;
  }

  #sum(feedId: number, timeMs: number, late: boolean, { event: { body }, numbers }: CheckedEvent): void {
    if (body.kind === "temp") {
      const { temp_cel, humidity } = this.#measures.readings(feedId, body.deviceId);
      if (temp_cel !== null && Number.isFinite(body.tempCel)) this.#rollups.add(temp_cel, timeMs, body.tempCel, late);
      if (humidity !== null && Number.isFinite(body.humidity)) this.#rollups.add(humidity, timeMs, body.humidity, late);
    }
    for (const [name, value] of numbers ?? []) {
      const id = this.#measures.field(feedId, name);
      if (id !== null) this.#rollups.add(id, timeMs, value, late);
    }
  }
}
