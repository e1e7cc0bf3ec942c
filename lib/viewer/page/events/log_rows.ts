/** The rows of the log. Pure. */
import type { ShownEvent } from "./event_words.ts";

/** Events newest first. */
export interface LogRows {
  readonly events: readonly ShownEvent[];
  /** Where the next page begins; null behind the last. */
  readonly next: string | null;
  /** Rows at the end were left out: the next page begins at the last one that is here. */
  readonly isCut: boolean;
}

/** Rows which live events push down further than this are left out. */
export const ROWS_LIVE_MAX = 300;

/** Rows with events which have just come, each once. When there are too many the oldest are left out. */
export function withLive(rows: LogRows, come: readonly ShownEvent[]): LogRows {
  if (come.length === 0) return rows;
  const { events } = rows;
  const known = new Set(events.map(({ id }) => id));
  const all = [...come.filter(({ id }) => !known.has(id)), ...events].sort(newestFirst);
  const limit = Math.max(ROWS_LIVE_MAX, events.length);
  return { ...rows, events: all.slice(0, limit), isCut: rows.isCut || all.length > limit };
}

/** Rows with an older page below, each once. */
export function withOlder({ events }: LogRows, page: Pick<LogRows, "events" | "next">): LogRows {
  const known = new Set(events.map(({ id }) => id));
  return {
    events: [...events, ...page.events.filter(({ id }) => !known.has(id))].sort(newestFirst),
    next: page.next,
    isCut: false,
  };
}

function newestFirst(a: ShownEvent, b: ShownEvent): number {
  return b.timeMs - a.timeMs || b.id - a.id;
}
