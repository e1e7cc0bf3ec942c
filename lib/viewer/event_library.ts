/** What the viewer knows of feeds, events and alerts: the seam between the HTTP routes and store and rules. */

/** A number that events of a feed carry, and how it is shown. */
export interface MeasureView {
  /** `temp_cel`, `humidity`, or the name of a number in free objects. */
  readonly name: string;
  /** `°C`; null when nobody said. */
  readonly unit: string | null;
  /** What a chart shows at least; null: whatever there is. */
  readonly min: number | null;
  readonly max: number | null;
}

/** A feed at one instant. */
export interface FeedView {
  /** Of the catalog; the page's WebSocket and the API use it. */
  readonly id: number;
  readonly device: string;
  readonly feed: string;
  readonly measures: readonly MeasureView[];
  /** Stored. */
  readonly events: number;
  /** By the clock of the server; null without any. */
  readonly firstEventMs: number | null;
  readonly lastEventMs: number | null;
  /** By measure: the newest value of those that are known. */
  readonly lastValues: Readonly<Record<string, number>>;
}

/** A stored event. */
export interface EventView {
  readonly id: number;
  /** `FeedView.id`. */
  readonly feedId: number;
  readonly device: string;
  readonly feed: string;
  /** With feed and sequence: which event it is. */
  readonly run: string;
  readonly sequence: number;
  /** When it happened, by the clock of the server. */
  readonly timeMs: number;
  /** The same by the clock of the box. */
  readonly capturedMs: number;
  readonly receivedMs: number;
  /** It waited on the box's disk. */
  readonly late: boolean;
  readonly kind: "temp" | "text" | "json";
  /** Of readings. */
  readonly deviceId: number | null;
  readonly eventId: number | null;
  readonly humidity: number | null;
  readonly tempCel: number | null;
  /** Of texts. */
  readonly text: string | null;
  /** Of free objects: their text, as integers of any size stay exact in it. */
  readonly json: string | null;
  /** Path of the picture that came with it: `/events/7.jpg`; null without one. */
  readonly picture: string | null;
  /** Source of the device whose picture of that moment belongs to it. */
  readonly source: string | null;
  /** Path of its recorded frame nearest to the event, within a second: `/frames/12.jpg`; null without one. */
  readonly frame: string | null;
}

/** A rule which holds, or has held. */
export interface AlertView {
  readonly id: number;
  /** Name of the rule. */
  readonly rule: string;
  /** What it says: `temp_cel > 60 for 10s`. */
  readonly condition: string;
  readonly device: string;
  readonly feed: string;
  /** The `device_id` of the readings; null for free objects. */
  readonly deviceId: number | null;
  /** Measure and value with which it was raised. */
  readonly measure: string;
  readonly value: number;
  /** When the rule began to hold, by the clock of the server. */
  readonly sinceMs: number;
  /** When it had held for as long as it has to. */
  readonly raisedMs: number;
  /** Null while it holds. */
  readonly endedMs: number | null;
  /** Whether the webhook of its rule was told that it was raised, and that it is over: `none` has to be. */
  readonly webhook: { readonly raised: PostView; readonly ended: PostView };
}

/** `failed`: it did not answer, and was given up. */
export type PostView = "none" | "waiting" | "delivered" | "failed";

/** Which alerts; all of it may be left out. */
export interface AlertFilter {
  readonly device?: string;
  /** Those of which any part is in the span. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** Only those which hold, or only those which are over. */
  readonly holds?: boolean;
}

/** Which events; all of it may be left out. */
export interface EventFilter {
  readonly device?: string;
  readonly feed?: string;
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly kind?: EventView["kind"];
  /** Part of a text or of an object's text. */
  readonly search?: string;
  /** Only those with a picture of their own, or only those without. */
  readonly hasPicture?: boolean;
}

/** A part of a span, summed up. */
export interface SeriesPoint {
  /** Its begin. */
  readonly timeMs: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly count: number;
  /** How many of them had to wait on the disk of their box. */
  readonly late: number;
}

/** Events of the server. */
export interface EventLibrary {
  feeds(): Promise<FeedView[]>;
  /** `cursor`: of the page before. `next`: null behind the last. */
  events(
    query: EventFilter & {
      readonly cursor?: string;
      readonly order: "ascending" | "descending";
      readonly limit: number;
    },
  ): Promise<{ readonly events: EventView[]; readonly next: string | null }>;
  /** The JPEG that came with an event; undefined when there is none. The caller's own copy. */
  picture(id: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Parts without a value are left out. */
  series(query: {
    readonly feedId: number;
    readonly measure: string;
    readonly sinceMs: number;
    readonly untilMs: number;
    readonly buckets: number;
  }): Promise<{ readonly bucketMs: number; readonly points: readonly SeriesPoint[] }>;
  /** Those which hold, and the last which have held; newest first. */
  alerts(): readonly AlertView[];
  /** All that are kept, newest first. `next`: null behind the last. */
  alertPage(
    query: AlertFilter & { readonly cursor?: number; readonly limit: number },
  ): Promise<{ readonly alerts: readonly AlertView[]; readonly next: number | null }>;
}
