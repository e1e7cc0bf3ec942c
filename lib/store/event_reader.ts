/** Events of one feed in the order of time, some at a time. Synchronous, in the worker. */
import type { EventBody } from "../protocol/event.ts";
import type { EventCursor, EventQuery, EventRow } from "./event_catalog.ts";
import type { SqlRow, Statements } from "./statements.ts";

/** A feed as the tables know it. */
export interface FeedRef {
  readonly id: number;
  readonly device: string;
  readonly feed: string;
}

/** Rows of the first statement, when there are many feeds, and of any. */
const ROWS_MIN = 16;
const ROWS_MAX = 1_000;
/** UTF-16 units of a text which comes with its row; a longer one is fetched when its row's turn has come. */
const TEXT_WITH_ROW_MAX = 4_096;

/** Whether `a` comes before `b`. */
export function isBefore(a: EventCursor, b: EventCursor, order: EventQuery["order"]): boolean {
  const [first, second] = order === "ascending" ? [a, b] : [b, a];
  return first.timeMs < second.timeMs || (first.timeMs === second.timeMs && first.id < second.id);
}

export class FeedReader {
  readonly #sql: Statements;
  readonly #feed: FeedRef;
  readonly #query: EventQuery;
  #rows: SqlRow[] = [];
  #at = 0;
  /** Behind what was fetched. */
  #cursor: EventCursor | undefined;
  #rowsMax: number;
  #isEnd = false;
  /** The next event; undefined behind the last one. */
  next: EventCursor | undefined;

  /** `rowsMax` is how many are likely to be taken, 0 when nobody knows. */
  constructor(sql: Statements, feed: FeedRef, query: EventQuery, rowsMax: number) {
    this.#sql = sql;
    this.#feed = feed;
    this.#query = query;
    this.#cursor = query.cursor;
    this.#rowsMax = Math.min(Math.max(ROWS_MIN, rowsMax + 1), ROWS_MAX);
    this.#toNext();
  }

  /** The next event, which there has to be. */
  take(): EventRow {
    const row = this.#rows[this.#at++]!;
    const event = this.#toEvent(row);
    this.#toNext();
    return event;
  }

  #toNext(): void {
    if (this.#at === this.#rows.length && !this.#isEnd) this.#fetch();
    const row = this.#rows[this.#at];
    this.next = row === undefined ? undefined : placeOf(row);
  }

  #fetch(): void {
    const { sinceMs = -Infinity, untilMs = Infinity, hasPicture, order } = this.#query;
    const cursor = this.#cursor;
    const isAscending = order === "ascending";
    const [sign, direction] = isAscending ? ["<=", "ASC"] : [">=", "DESC"];
    // Named, as otherwise what was ever sent might be sorted.
    const index = hasPicture === true ? "event_with_picture" : "event_by_time";
    this.#rows = this.#sql.all(
      `SELECT id, (SELECT name FROM feed_run WHERE id = run_id) AS run, sequence, captured_ms, time_ms, received_ms, late,
         kind, device_id, event_id, humidity, temp_cel, source, length(coalesce(text, json)) AS chars,
         CASE WHEN length(coalesce(text, json)) <= ${TEXT_WITH_ROW_MAX} THEN coalesce(text, json) END AS content,
         length(picture) AS picture_bytes
       FROM event INDEXED BY ${index} WHERE feed_id = ?1 AND time_ms BETWEEN ?2 AND ?3
         ${hasPicture === true ? "AND picture IS NOT NULL" : ""}
         ${cursor === undefined ? "" : `AND NOT (time_ms = ?5 AND id ${sign} ?6)`}
       ORDER BY time_ms ${direction}, id ${direction} LIMIT ?4`,
      this.#feed.id,
      isAscending ? Math.max(sinceMs, cursor?.timeMs ?? sinceMs) : sinceMs,
      isAscending ? untilMs : Math.min(untilMs, cursor?.timeMs ?? untilMs),
      this.#rowsMax,
      ...(cursor === undefined ? [] : [cursor.timeMs, cursor.id]),
    );
    this.#at = 0;
    this.#isEnd = this.#rows.length < this.#rowsMax;
    if (this.#rows.length > 0) this.#cursor = placeOf(this.#rows.at(-1)!);
    this.#rowsMax = Math.min(2 * this.#rowsMax, ROWS_MAX);
  }

  #toEvent(row: SqlRow): EventRow {
    const kind = row["kind"] as EventBody["kind"];
    const content = this.#content(row);
    return {
      ...placeOf(row),
      feedId: this.#feed.id,
      device: this.#feed.device,
      feed: this.#feed.feed,
      run: row["run"] as string,
      sequence: row["sequence"] as number,
      capturedMs: row["captured_ms"] as number,
      receivedMs: row["received_ms"] as number,
      late: row["late"] === 1,
      kind,
      deviceId: row["device_id"] as number | null,
      eventId: row["event_id"] as number | null,
      humidity: row["humidity"] as number | null,
      tempCel: row["temp_cel"] as number | null,
      text: kind === "text" ? content : null,
      json: kind === "json" ? content : null,
      hasPicture: row["picture_bytes"] !== null,
      source: row["source"] as string | null,
    };
  }

  #content(row: SqlRow): string | null {
    if (row["chars"] === null || row["content"] !== null) return row["content"] as string | null;
    const { content } = this.#sql.get(
      "SELECT coalesce(text, json) AS content FROM event WHERE id = ?",
      row["id"] as number,
    )!;
    return content as string;
  }
}

function placeOf(row: SqlRow): EventCursor {
  return { timeMs: row["time_ms"] as number, id: row["id"] as number };
}
