/** The routes about events: `/api/feeds`, `/api/events`, `/api/series`, `/api/alerts`, `/events/{id}.jpg`. */
import { crc32 } from "node:zlib";
import { answer, jsonAnswer } from "./answers.ts";
import { alertJson, eventJson, feedJson, pointJson } from "./event_json.ts";
import type { EventLibrary, FeedView } from "./event_library.ts";
import { alertFilterOf, bucketsOf, eventCursorOf, eventFilterOf } from "./event_parameters.ts";
import { limitOf, nameOf, orderOf, timesOf } from "./parameters.ts";
import { etagMatches } from "./range.ts";
import { rfc3339 } from "./times.ts";

/** A series without `since` begins so long before its end, ms. */
const SERIES_DEFAULT_MS = 3_600_000;

/** `/api/feeds`. */
export async function feedsAnswer(library: EventLibrary): Promise<Response> {
  return jsonAnswer(200, { feeds: (await library.feeds()).map(feedJson) });
}

/** `/api/alerts`: newest first; `next` is the `cursor` of the following page, or null. @throws {BadParameter} */
export async function alertsAnswer(library: EventLibrary, query: URLSearchParams): Promise<Response> {
  const { alerts, next } = await library.alertPage({ ...alertFilterOf(query), limit: limitOf(query) });
  return jsonAnswer(200, { alerts: alerts.map(alertJson), next });
}

/**
 * `/api/events`: newest first unless `order` says otherwise; `next` is the `cursor` of the following page, or null.
 *
 * @throws {BadParameter}
 */
export async function eventsAnswer(library: EventLibrary, query: URLSearchParams): Promise<Response> {
  const cursor = eventCursorOf(query);
  const { events, next } = await library.events({
    ...eventFilterOf(query),
    ...(cursor === undefined ? {} : { cursor }),
    order: orderOf(query),
    limit: limitOf(query),
  });
  const text = `{"events":[${events.map(eventJson).join(",")}],"next":${JSON.stringify(next)}}`;
  return answer(200, text, { "content-type": "application/json; charset=utf-8" });
}

/** `/api/series`: values summed up in parts of equal length; the last hour unless told. @throws {BadParameter} */
export async function seriesAnswer(library: EventLibrary, query: URLSearchParams, nowMs: number): Promise<Response> {
  const measure = nameOf(query, "measure");
  const buckets = bucketsOf(query);
  const times = timesOf(query);
  const untilMs = times.untilMs ?? Math.max(nowMs, times.sinceMs ?? nowMs);
  const sinceMs = times.sinceMs ?? Math.max(0, untilMs - SERIES_DEFAULT_MS);
  const feed = await feedOf(library, query);
  const unit = feed?.measures.find(({ name }) => name === measure)?.unit;
  if (feed === undefined || unit === undefined) {
    const what = feed === undefined ? "feed with these names" : "measure of this name in the feed";
    return jsonAnswer(404, { error: { code: "UNKNOWN_FEED", message: `There is no ${what}` } });
  }
  const { bucketMs, points } = await library.series({ feedId: feed.id, measure, sinceMs, untilMs, buckets });
  const times3339 = { since: rfc3339(sinceMs), until: rfc3339(untilMs) };
  return jsonAnswer(200, { measure, unit, ...times3339, bucketMs, points: points.map(pointJson) });
}

/** `/events/{id}.jpg`: the picture which came with an event. It never changes. */
export async function eventPictureAnswer(library: EventLibrary, id: string, request: Headers): Promise<Response> {
  const picture = /^\d{1,15}$/.test(id) ? await library.picture(Number(id)) : undefined;
  if (picture === undefined) {
    return jsonAnswer(404, {
      error: { code: "UNKNOWN_EVENT", message: "There is no event with this id and a picture" },
    });
  }
  const isJpeg = picture[0] === 0xff && picture[1] === 0xd8;
  const headers = {
    // Boxes may send anything: what is no JPEG is shown as nothing.
    "content-type": isJpeg ? "image/jpeg" : "application/octet-stream",
    "cache-control": "private, max-age=31536000, immutable",
    // What is in it, too: a new data directory counts its events anew.
    "etag": `"${id}-${crc32(picture).toString(16)}"`,
  };
  if (etagMatches(request.get("if-none-match"), headers.etag)) return answer(304, null, headers);
  return answer(200, picture, { ...headers, "content-length": String(picture.length) });
}

async function feedOf(library: EventLibrary, query: URLSearchParams): Promise<FeedView | undefined> {
  const [device, name] = [nameOf(query, "device"), nameOf(query, "feed")];
  return (await library.feeds()).find((one) => one.device === device && one.feed === name);
}
