/** Questions about events, as SQL; synchronous, in the worker. What they answer: `event_catalog.ts`. */
import type { EventPage, EventQuery, EventRow, FeedRow, Series, SeriesQuery } from "./event_catalog.ts";
import { measureOf, measureRow } from "./event_measures.ts";
import { FeedReader, type FeedRef, isBefore } from "./event_reader.ts";
import { seriesOf } from "./event_series.ts";
import type { Statements } from "./statements.ts";

/** Rows which one page looks at: some ten milliseconds, which is how long commits wait. */
export const ROWS_LOOKED_MAX = 10_000;
/** UTF-16 units of texts and JSON which one page looks at, and gives. */
const TEXT_LOOKED_MAX = 32 * 1024 * 1024;
const TEXT_GIVEN_MAX = 8 * 1024 * 1024;

export class EventQueries {
  readonly #sql: Statements;

  constructor(statements: Statements) {
    this.#sql = statements;
  }

  lastId(): number {
    return (this.#sql.get("SELECT seq FROM sqlite_sequence WHERE name = 'event'")?.["seq"] ?? 0) as number;
  }

  feeds(): FeedRow[] {
    const measures = this.#sql.all("SELECT * FROM measure ORDER BY id").map(measureOf);
    const byFeed = Map.groupBy(measures, ({ feedId }) => feedId);
    return this.#sql.all(
      `SELECT *, (SELECT min(time_ms) FROM event WHERE feed_id = feed.id) AS first_ms,
         (SELECT max(time_ms) FROM event WHERE feed_id = feed.id) AS last_ms FROM feed ORDER BY id`,
    ).map((row) => ({
      id: row["id"] as number,
      device: row["device"] as string,
      feed: row["name"] as string,
      events: row["events"] as number,
      firstMs: row["first_ms"] as number | null,
      lastMs: row["last_ms"] as number | null,
      measures: (byFeed.get(row["id"] as number) ?? []).map(measureRow),
    }));
  }

  /** The feeds are read side by side, each by its index of times. */
  page(query: EventQuery): EventPage {
    const { device = null, feed = null, kind, hasPicture, limit } = query;
    const search = query.search?.toLowerCase() ?? "";
    const feeds = this.#sql.all(
      "SELECT id, device, name AS feed FROM feed WHERE (?1 IS NULL OR device = ?1) AND (?2 IS NULL OR name = ?2)",
      device,
      feed,
    ) as unknown as FeedRef[];
    const rowsMax = feeds.length === 1 ? limit : 0;
    const readers = feeds.map((ref) => new FeedReader(this.#sql, ref, query, rowsMax));
    const rows: EventRow[] = [];
    let last: EventRow | undefined;
    let [looked, lookedText, givenText] = [0, 0, 0];
    while (rows.length < limit && looked < ROWS_LOOKED_MAX) {
      if (lookedText >= TEXT_LOOKED_MAX || givenText >= TEXT_GIVEN_MAX) break;
      const next = firstOf(readers, query.order);
      if (next === undefined) break;
      last = next.take();
      looked++;
      if (kind !== undefined && last.kind !== kind) continue;
      if (hasPicture === false && last.hasPicture) continue;
      const text = last.text ?? last.json ?? "";
      lookedText += text.length;
      if (search !== "" && !text.toLowerCase().includes(search)) continue;
      givenText += text.length;
      rows.push(last);
    }
    const isEnd = firstOf(readers, query.order) === undefined;
    return { rows, cursor: isEnd || last === undefined ? null : { timeMs: last.timeMs, id: last.id } };
  }

  picture(eventId: number): Uint8Array<ArrayBuffer> | undefined {
    const row = this.#sql.get("SELECT picture FROM event WHERE id = ?", eventId);
    return (row?.["picture"] ?? undefined) as Uint8Array<ArrayBuffer> | undefined;
  }

  series(query: SeriesQuery): Series {
    return seriesOf(this.#sql, query);
  }
}

/** The one whose next event comes first. */
function firstOf(readers: readonly FeedReader[], order: EventQuery["order"]): FeedReader | undefined {
  let first: FeedReader | undefined;
  for (const reader of readers) {
    if (reader.next === undefined) continue;
    if (first === undefined || isBefore(reader.next, first.next!, order)) first = reader;
  }
  return first;
}
