/** Events on their way through the server, beside their way to the disk: what prints them and judges them looks at these. */
import { toServerMs } from "../protocol/box_time.ts";
import type { BoxEvent, EventBody, TempBody } from "../protocol/event.ts";

/** As {@linkcode EventBody}, without the bytes of a picture. */
export type LiveBody = Exclude<EventBody, TempBody> | Omit<TempBody, "picture">;

/** Feed of a device. */
export interface FeedKey {
  readonly device: string;
  readonly feed: string;
}

/** Where events belong. */
export interface FeedOrigin extends FeedKey {
  /** Of the catalog. */
  readonly feedId: number;
  readonly run: string;
  /** They waited on the box's disk. */
  readonly late: boolean;
}

/** One event, for whoever looks on. */
export interface LiveEvent {
  readonly sequence: number;
  /** When it happened, by the clock of the server. */
  readonly timeMs: number;
  readonly body: LiveBody;
}

/** Told of events which are stored, in the order of each stream. Must be quick, and must not throw. */
export interface EventWatcher {
  /** `stored`: how many of them are new; the others were there before. */
  stored(origin: FeedOrigin, events: readonly LiveEvent[], stored: number): void;
}

/** `offsetMs`: the clock of the box less ours. Nothing of `event` is held on to but its texts. */
export function toLiveEvent({ sequence, timeMs, body }: BoxEvent, offsetMs: number, receivedMs: number): LiveEvent {
  return { sequence, timeMs: toServerMs(timeMs, offsetMs, receivedMs), body: withoutPicture(body) };
}

function withoutPicture(body: EventBody): LiveBody {
  if (body.kind !== "temp" || body.picture === null) return body;
  const { picture: _, ...rest } = body;
  return rest;
}
