/** What is remembered of events: the seam to SQLite. */
import type { EventBody } from "../protocol/event.ts";
import type { SequenceRange } from "../protocol/message.ts";

/** A number of a feed which is charted. */
export interface MeasureRow {
  /**
   * Of readings `temp_cel` and `humidity`: plain for the first `device_id` which the feed has had, `temp_cel/7` for any
   * other. Of JSON objects the name of the field. A name keeps its meaning for ever.
   */
  readonly name: string;
  readonly unit?: string;
  /** The `device_id` whose readings they are. */
  readonly deviceId?: number;
}

/** A feed with what is stored of it. */
export interface FeedRow {
  readonly id: number;
  readonly device: string;
  readonly feed: string;
  /** Events that are there. */
  readonly events: number;
  /** By the clock of the server, ms since 1970; null without events. */
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly measures: readonly MeasureRow[];
}

/** An event as it was committed. */
export interface EventRow {
  /** Rising in the order of arrival. */
  readonly id: number;
  readonly feedId: number;
  readonly device: string;
  readonly feed: string;
  readonly run: string;
  readonly sequence: number;
  /** By the clock of the box, ms since 1970. */
  readonly capturedMs: number;
  /** By the clock of the server. */
  readonly timeMs: number;
  readonly receivedMs: number;
  /** It had to wait on the box. */
  readonly late: boolean;
  readonly kind: EventBody["kind"];
  readonly deviceId: number | null;
  readonly eventId: number | null;
  /** Percent; null also for what is no finite number. */
  readonly humidity: number | null;
  /** Degrees Celsius; null as for `humidity`. */
  readonly tempCel: number | null;
  /** As it was sent, but for U+0000, for which U+2400 stands: SQLite knows no text with it. */
  readonly text: string | null;
  /** The text of a JSON object, as it was sent. */
  readonly json: string | null;
  readonly hasPicture: boolean;
  /** Source of the device whose picture of that moment belongs to it. */
  readonly source: string | null;
}

/** A place in the order of events: by time, those of the same time by id. Any row is one. */
export type EventCursor = Pick<EventRow, "timeMs" | "id">;

/** Which events: bounds inclusive, by the clock of the server; all fields but the last two optional. */
export interface EventQuery {
  readonly device?: string;
  readonly feed?: string;
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly kind?: EventBody["kind"];
  /** Only those with a picture, or only those without. */
  readonly hasPicture?: boolean;
  /** In the text or the JSON, whatever the case of its letters. */
  readonly search?: string;
  /** Only those after (ascending) or before (descending) this one. */
  readonly cursor?: EventCursor;
  /** By time; those of the same time by id. */
  readonly order: "ascending" | "descending";
  readonly limit: number;
}

/** Some rows, and where to go on: null when there are no more. A search may give few rows, or none, and go on all the same. */
export interface EventPage {
  readonly rows: EventRow[];
  readonly cursor: EventCursor | null;
}

/** What is to be drawn. Bounds inclusive, ms since 1970 by the clock of the server. */
export interface SeriesQuery {
  readonly feedId: number;
  readonly measure: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Points at most: 2 to 2,000. */
  readonly buckets: number;
}

/** Values of one bucket. */
export interface SeriesPoint {
  /** Where the bucket begins. */
  readonly timeMs: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly count: number;
  /** How many of them had to wait on the box. */
  readonly late: number;
}

/** Buckets without values are not there. */
export interface Series {
  readonly bucketMs: number;
  readonly points: SeriesPoint[];
}

/** A feed as a box opens it. */
export interface FeedOpening {
  readonly device: string;
  readonly feed: string;
  /** New whenever the numbering of the box starts anew. */
  readonly run: string;
  /** Nothing below it will come any more. */
  readonly floor: number;
}

export interface OpenedFeed {
  readonly feedId: number;
  /** Numbers of the run which are durable, or will never come; lowest first. */
  readonly held: readonly SequenceRange[];
}

/** A batch on its way to the tables. */
export interface EventAppend {
  readonly feedId: number;
  readonly run: string;
  readonly late: boolean;
  readonly receivedMs: number;
  /** The clock of the box less that of the server, ms. */
  readonly offsetMs: number;
  /** An EventBatch, which is not used by anybody else any more. */
  readonly batch: Uint8Array<ArrayBuffer>;
}

export interface AppendedEvents {
  /** How many of them were new. */
  readonly stored: number;
  /** Sequence number of the last one, new or not; 0 for an empty batch. */
  readonly lastSequence: number;
}

/** What retention has removed. */
export interface DroppedEvents {
  readonly rows: number;
  /** There may be more. */
  readonly more: boolean;
}

/**
 * Events in the catalog. As with `Catalog`, a change is durable when its promise resolves, changes of the same time share
 * a commit, and the errors are the same.
 */
export interface EventCatalog {
  /** Finds or makes a feed and a run of it; null when the device has `feedsMax` others. */
  openFeed(opening: FeedOpening & { readonly nowMs: number; readonly feedsMax: number }): Promise<OpenedFeed | null>;
  /**
   * All of a batch or nothing; those which are held are left out.
   *
   * Rejects with `MALFORMED` when the batch is none or has a JSON which is no object, with `INVALID_RANGE` when the run
   * would have more than `LIMITS.eventRangesMax` ranges.
   */
  append(append: EventAppend): Promise<AppendedEvents>;
  /** Removes the oldest events which arrived before `beforeMs`, up to id `idMax`; some thousand rows at most. */
  dropEvents(beforeMs: number, idMax: number): Promise<DroppedEvents>;
  /** Removes what is kept by the minute from before `beforeMs`; some thousand rows at most. */
  dropMinutes(beforeMs: number): Promise<DroppedEvents>;

  /** Highest id so far; 0 for none. */
  lastId(): Promise<number>;
  feeds(): Promise<FeedRow[]>;
  page(query: EventQuery): Promise<EventPage>;
  picture(eventId: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  series(query: SeriesQuery): Promise<Series>;
}

/** The methods that change something. */
export const EVENT_WRITES = ["openFeed", "append", "dropEvents", "dropMinutes"] as const;
