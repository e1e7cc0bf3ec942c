/** What happens at a box, as box and server think of it. Types only. */

/** A reading, as earlier scripts sent it. */
export interface TempBody {
  readonly kind: "temp";
  readonly deviceId: number;
  readonly eventId: number;
  /** Percent. */
  readonly humidity: number;
  /** Degrees Celsius. */
  readonly tempCel: number;
  /** A JPEG which belongs to the reading; null for none. A view or the caller's own, as the maker says. */
  readonly picture: Uint8Array | null;
}

export interface TextBody {
  readonly kind: "text";
  readonly text: string;
}

export interface JsonBody {
  readonly kind: "json";
  /** The text of a JSON object, as it was given: integers of any size stay exact. */
  readonly json: string;
}

export type EventBody = TempBody | TextBody | JsonBody;

/** One event of a feed. */
export interface BoxEvent {
  /** 1 or more; rising within the run of the feed. */
  readonly sequence: number;
  /** When, by the clock of the box, ms since 1970 with microseconds behind the point. */
  readonly timeMs: number;
  /** Source of the device whose picture of that moment belongs to it; null for none. */
  readonly source: string | null;
  readonly body: EventBody;
}
