/** Events as rows of their table; synchronous, in the worker. Plain readings, which come in thousands, have a shorter way. */
import type { BoxEvent, TempBody } from "../protocol/event.ts";
import type { SqlValue, Statements } from "./statements.ts";

/** What the events of a batch have in common. */
export interface BatchRow {
  readonly feedId: number;
  readonly runId: number;
  readonly receivedMs: number;
  readonly late: boolean;
}

/** Rows of one statement: with fewer of them the call costs more than the rows. */
const READINGS_PER_INSERT = 50;
const OTHERS_PER_INSERT = 20;

/** In the order of {@linkcode EventRows.insert}; what is the same for all rows is bound once. */
const READING = "(?, ?, ?, ?, ?, ?, ?)";
const INSERT_READING = `INSERT INTO event (feed_id, run_id, received_ms, late, kind, sequence, captured_ms, time_ms,
    device_id, event_id, humidity, temp_cel)
  WITH batch (feed_id, run_id, received_ms, late) AS (VALUES (?, ?, ?, ?))
  SELECT batch.*, 'temp', reading.* FROM batch, (VALUES ${READING}`;
const INSERT_ONE_READING = `${INSERT_READING}) AS reading`;
const INSERT_READINGS = `${INSERT_READING}${`, ${READING}`.repeat(READINGS_PER_INSERT - 1)}) AS reading`;

const COLUMNS =
  `feed_id, run_id, received_ms, late, sequence, captured_ms, time_ms, kind, device_id, event_id, humidity,
  temp_cel, source, text, json, picture`;
const OTHER = `(${COLUMNS.split(",").map(() => "?").join(", ")})`;
const INSERT_ONE_OTHER = `INSERT INTO event (${COLUMNS}) VALUES ${OTHER}`;
const INSERT_OTHERS = INSERT_ONE_OTHER + `, ${OTHER}`.repeat(OTHERS_PER_INSERT - 1);

export class EventRows {
  readonly #sql: Statements;

  constructor(statements: Statements) {
    this.#sql = statements;
  }

  /** Inserts events in their order; `timesMs`: of each, by the clock of the server. */
  insert(batch: BatchRow, events: readonly BoxEvent[], timesMs: readonly number[]): void {
    for (let from = 0; from < events.length;) {
      const isReading = isPlain(events[from]!);
      let to = from + 1;
      while (to < events.length && isPlain(events[to]!) === isReading) to++;
      if (isReading) this.#insertReadings(batch, events, timesMs, from, to);
      else this.#insertOthers(batch, events, timesMs, from, to);
      from = to;
    }
  }

  #insertReadings(
    { feedId, runId, receivedMs, late }: BatchRow,
    events: readonly BoxEvent[],
    timesMs: readonly number[],
    from: number,
    to: number,
  ): void {
    const common = [feedId, runId, receivedMs, Number(late)];
    for (let at = from; at < to;) {
      const count = to - at >= READINGS_PER_INSERT ? READINGS_PER_INSERT : 1;
      const values: SqlValue[] = common.slice();
      for (const end = at + count; at < end; at++) {
        const { sequence, timeMs, body } = events[at]!;
        const { deviceId, eventId, humidity, tempCel } = body as TempBody;
        values.push(sequence, timeMs, timesMs[at]!, deviceId, eventId, finite(humidity), finite(tempCel));
      }
      this.#sql.prepare(count === 1 ? INSERT_ONE_READING : INSERT_READINGS).run(...values);
    }
  }

  #insertOthers(
    { feedId, runId, receivedMs, late }: BatchRow,
    events: readonly BoxEvent[],
    timesMs: readonly number[],
    from: number,
    to: number,
  ): void {
    for (let at = from; at < to;) {
      const count = to - at >= OTHERS_PER_INSERT ? OTHERS_PER_INSERT : 1;
      const values: SqlValue[] = [];
      for (const end = at + count; at < end; at++) {
        const event = events[at]!;
        values.push(feedId, runId, receivedMs, Number(late), event.sequence, event.timeMs, timesMs[at]!);
        values.push(...bodyColumns(event));
      }
      this.#sql.prepare(count === 1 ? INSERT_ONE_OTHER : INSERT_OTHERS).run(...values);
    }
  }
}

/** Nothing but numbers. */
function isPlain({ source, body }: BoxEvent): boolean {
  return body.kind === "temp" && body.picture === null && source === null;
}

/** The columns from `kind` on. SQLite knows no NaN, and JSON no infinity: what is no finite number is null. */
function bodyColumns({ source, body }: BoxEvent): SqlValue[] {
  const from = source === null ? null : withoutNul(source);
  switch (body.kind) {
    case "temp": {
      const { deviceId, eventId, humidity, tempCel, picture } = body;
      return ["temp", deviceId, eventId, finite(humidity), finite(tempCel), from, null, null, picture];
    }
    case "text":
      return ["text", null, null, null, null, from, withoutNul(body.text), null, null];
    case "json":
      return ["json", null, null, null, null, from, null, body.json, null];
  }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** SQLite ends a text at U+0000, so its picture U+2400 stands for it. JSON has none. */
function withoutNul(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", "\u2400") : text;
}
