/** Feeds, events and alerts as the JSON API shows them: times in RFC 3339 with milliseconds. */
import type { AlertView, EventView, FeedView, SeriesPoint } from "./event_library.ts";
import { rfc3339, rfc3339OrNull } from "./times.ts";

/** A feed as `/api/feeds` shows it. */
export function feedJson(feed: FeedView): Record<string, unknown> {
  return {
    id: feed.id,
    device: feed.device,
    feed: feed.feed,
    measures: feed.measures,
    events: feed.events,
    firstEventAt: rfc3339OrNull(feed.firstEventMs),
    lastEventAt: rfc3339OrNull(feed.lastEventMs),
    lastValues: feed.lastValues,
  };
}

/** An event as `/api/events` shows it, as the text of its JSON: a free object is in it as it was sent, to the last digit. */
export function eventJson(event: EventView): string {
  const rest = JSON.stringify({
    id: event.id,
    device: event.device,
    feed: event.feed,
    run: event.run,
    sequence: event.sequence,
    time: rfc3339(event.timeMs),
    capturedAt: rfc3339(event.capturedMs),
    receivedAt: rfc3339(event.receivedMs),
    late: event.late,
    kind: event.kind,
    deviceId: event.deviceId,
    eventId: event.eventId,
    tempCel: event.tempCel,
    humidity: event.humidity,
    text: event.text,
    picture: event.picture,
    source: event.source,
    frame: event.frame,
  });
  // Breaks between its parts are space; there are none inside of its texts.
  const json = event.json === null ? "null" : event.json.replace(/[\r\n]+/g, " ");
  return `${rest.slice(0, -1)},"json":${json}}`;
}

/** A part of a series as `/api/series` shows it. */
export function pointJson({ timeMs, ...point }: SeriesPoint): Record<string, unknown> {
  return { time: rfc3339(timeMs), ...point };
}

/** An alert as `/api/alerts` shows it. */
export function alertJson({ sinceMs, raisedMs, endedMs, webhook, ...alert }: AlertView): Record<string, unknown> {
  const times = { since: rfc3339(sinceMs), raised: rfc3339(raisedMs), ended: rfc3339OrNull(endedMs) };
  return { ...alert, ...times, webhook };
}
