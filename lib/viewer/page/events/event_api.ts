/// <reference lib="dom" />
/** Events and series from the JSON API. */
import type { EventFilter } from "../../event_library.ts";
import type { TimeWindow } from "../live/timeline_math.ts";
import { jsonTexts } from "./event_text.ts";
import type { ShownEvent } from "./event_words.ts";
import type { History, SeriesPoint } from "./series.ts";

/** Parts that are searched before one is asked whether to go on. */
const SEARCHES_MAX = 20;

/** Events of an answer, and where the next page begins; null behind the last. */
export interface EventPage {
  readonly events: readonly ShownEvent[];
  readonly next: string | null;
}

/** As the API shows an event; see `event_json.ts`. */
type ApiEvent = Omit<ShownEvent, "timeMs" | "capturedMs" | "receivedMs" | "json"> & {
  readonly time: string;
  readonly capturedAt: string;
  readonly receivedAt: string;
};
interface ApiSeries {
  readonly bucketMs: number;
  readonly points: readonly (Omit<SeriesPoint, "timeMs"> & { readonly time: string })[];
}

/** Which series. */
export interface SeriesNames {
  readonly device: string;
  readonly feed: string;
  readonly measure: string;
}

/** The parameters of a filter, as `/api/events` and the exports take them. */
export function filterQuery({ sinceMs, untilMs, hasPicture, ...rest }: EventFilter): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  if (hasPicture !== undefined) query.set("picture", String(hasPicture));
  if (sinceMs !== undefined) query.set("since", inRfc3339(sinceMs));
  if (untilMs !== undefined) query.set("until", inRfc3339(untilMs));
  return query;
}

/** Events, newest first. A search that finds nothing in one part of what is stored goes on to the next. */
export async function fetchEvents(
  filter: EventFilter,
  { cursor, limit }: { cursor: string | null; limit: number },
  signal: AbortSignal,
): Promise<EventPage> {
  const query = filterQuery(filter);
  query.set("limit", String(limit));
  let at = cursor;
  for (let tries = 0;; tries++) {
    if (at !== null) query.set("cursor", at);
    const text = await fetchText(`/api/events?${query}`, signal);
    const { events, next } = JSON.parse(text) as { events: readonly ApiEvent[]; next: string | null };
    if (events.length > 0 || next === null || tries >= SEARCHES_MAX) {
      const jsons = jsonTexts(text);
      return { events: events.map((event, i) => fromApi(event, jsons[i] ?? null)), next };
    }
    at = next;
  }
}

/** A series in a window, in at most `buckets` parts. */
export async function fetchSeries(
  names: SeriesNames,
  { fromMs, toMs }: TimeWindow,
  buckets: number,
  signal: AbortSignal,
): Promise<History> {
  const query = new URLSearchParams({
    ...names,
    since: inRfc3339(fromMs),
    until: inRfc3339(toMs),
    buckets: String(buckets),
  });
  const { bucketMs, points } = JSON.parse(await fetchText(`/api/series?${query}`, signal)) as ApiSeries;
  return {
    bucketMs,
    untilMs: toMs,
    points: points.map(({ time, ...same }) => ({ ...same, timeMs: Date.parse(time) })),
  };
}

function fromApi({ time, capturedAt, receivedAt, ...same }: ApiEvent, json: string | null): ShownEvent {
  return {
    ...same,
    json,
    timeMs: Date.parse(time),
    capturedMs: Date.parse(capturedAt),
    receivedMs: Date.parse(receivedAt),
  };
}

function inRfc3339(ms: number): string {
  return new Date(Math.round(ms)).toISOString();
}

async function fetchText(path: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(path, { signal });
  if (!response.ok) throw new Error(`Cannot load ${path}: the server answered ${response.status}`);
  return await response.text();
}
