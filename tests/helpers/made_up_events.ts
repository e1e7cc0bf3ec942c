/** Feeds, events and series which a test makes up, answered as the server's API does. */
import { answer, jsonAnswer, textAnswer } from "../../lib/viewer/answers.ts";
import { alertJson, eventJson } from "../../lib/viewer/event_json.ts";
import type { AlertView, EventView, FeedView } from "../../lib/viewer/event_library.ts";

/** A feed with readings of one sensor. */
export function madeUpFeed(id: number, patch: Partial<FeedView> = {}): FeedView {
  return {
    id,
    device: "press-4",
    feed: `sensor-${id}`,
    measures: [
      { name: "temp_cel", unit: "°C", min: null, max: null },
      { name: "humidity", unit: "%", min: null, max: null },
    ],
    events: 0,
    firstEventMs: null,
    lastEventMs: null,
    lastValues: {},
    ...patch,
  };
}

/** A text of feed 1. */
export function madeUpEvent(id: number, patch: Partial<EventView> = {}): EventView {
  const timeMs = patch.timeMs ?? Date.now();
  return {
    id,
    feedId: 1,
    device: "press-4",
    feed: "sensor-1",
    run: "run-1",
    sequence: id,
    timeMs,
    capturedMs: timeMs,
    receivedMs: timeMs,
    late: false,
    kind: "text",
    deviceId: null,
    eventId: null,
    humidity: null,
    tempCel: null,
    text: null,
    json: null,
    picture: null,
    source: null,
    frame: null,
    ...patch,
  };
}

/** A rule that holds. */
export function madeUpAlert(id: number, patch: Partial<AlertView> = {}): AlertView {
  return {
    id,
    rule: "too hot",
    condition: "temp_cel > 60 for 10s",
    device: "press-4",
    feed: "sensor-1",
    deviceId: 1,
    measure: "temp_cel",
    value: 63.2,
    sinceMs: Date.now(),
    raisedMs: Date.now(),
    endedMs: null,
    webhook: { raised: "none", ended: "none" },
    ...patch,
  };
}

/** What the server has. */
export class MadeUpEvents {
  feeds: FeedView[] = [];
  alerts: AlertView[] = [];
  /** Those of which pages are not told by themselves. */
  olderAlerts: AlertView[] = [];
  /** In any order. */
  stored: EventView[] = [];
  jpeg: Uint8Array<ArrayBuffer> | undefined;
  /** The value of a feed's measure at a time; null: there is none, a gap. */
  valueAt: (feed: FeedView, measure: string, ms: number) => number | null = () => null;
  /** Whether readings of a time had to wait on their box. */
  lateAt: (ms: number) => boolean = () => false;
  /** Readings come this often. */
  intervalMs = 1_000;
  /** Parameters of the series that were asked for, oldest first. */
  readonly seriesAsked: URLSearchParams[] = [];
  readonly eventsAsked: URLSearchParams[] = [];

  /** Undefined: not one of its paths. */
  answer(url: URL): Response | undefined {
    if (url.pathname === "/api/series") return this.#series(url.searchParams);
    if (url.pathname === "/api/events") return this.#events(url.searchParams);
    if (url.pathname === "/api/alerts") return this.#ended(url.searchParams);
    if (/^\/events\/\d+\.jpg$/.test(url.pathname)) {
      return this.jpeg === undefined
        ? textAnswer(404, "")
        : new Response(this.jpeg, { headers: { "content-type": "image/jpeg" } });
    }
    return undefined;
  }

  #series(query: URLSearchParams): Response {
    this.seriesAsked.push(query);
    const feed = this.feeds.find((one) => one.device === query.get("device") && one.feed === query.get("feed"));
    if (feed === undefined) return jsonAnswer(404, {});
    const [fromMs, toMs] = [Date.parse(query.get("since")!), Date.parse(query.get("until")!)];
    const bucketMs = Math.max(this.intervalMs, Math.ceil((toMs - fromMs) / Number(query.get("buckets"))));
    const points = [];
    for (let ms = Math.ceil(fromMs / bucketMs) * bucketMs; ms <= toMs; ms += bucketMs) {
      const values = [0, 0.2, 0.4, 0.6, 0.8]
        .map((part) =>
          this.valueAt(feed, query.get("measure")!, ms + (bucketMs > this.intervalMs ? part : 0) * bucketMs)
        )
        .filter((value) => value !== null);
      if (values.length === 0) continue;
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const count = Math.round(bucketMs / this.intervalMs);
      points.push({
        time: new Date(ms).toISOString(),
        min: Math.min(...values),
        max: Math.max(...values),
        mean,
        count,
        late: this.lateAt(ms) ? count : 0,
      });
    }
    return jsonAnswer(200, { bucketMs, points });
  }

  /** Those which are over, newest first. */
  #ended(query: URLSearchParams): Response {
    const [cursor, limit] = [Number(query.get("cursor") ?? Infinity), Number(query.get("limit"))];
    const found = [...this.alerts, ...this.olderAlerts]
      .filter(({ id, endedMs }) => endedMs !== null && id < cursor)
      .sort((a, b) => b.id - a.id);
    const next = found.length > limit ? found[limit - 1]!.id : null;
    return jsonAnswer(200, { alerts: found.slice(0, limit).map(alertJson), next });
  }

  #events(query: URLSearchParams): Response {
    this.eventsAsked.push(query);
    const search = query.get("search")?.toLowerCase();
    const cursor = Number(query.get("cursor") ?? Infinity);
    const found = this.stored
      .filter(({ device }) => (query.get("device") ?? device) === device)
      .filter(({ feed }) => (query.get("feed") ?? feed) === feed)
      .filter(({ kind }) => (query.get("kind") ?? kind) === kind)
      .filter(({ picture }) => query.get("picture") !== "true" || picture !== null)
      .filter(({ timeMs }) => !query.has("since") || timeMs >= Date.parse(query.get("since")!))
      .filter(({ timeMs }) => !query.has("until") || timeMs <= Date.parse(query.get("until")!))
      .filter(({ text, json }) => search === undefined || (text ?? json ?? "").toLowerCase().includes(search))
      .sort((a, b) => b.timeMs - a.timeMs || b.id - a.id)
      .filter(({ timeMs }) => timeMs < cursor);
    const limit = Number(query.get("limit") ?? 100);
    const events = found.slice(0, limit).map(eventJson);
    const next = found.length > limit ? String(found[limit - 1]!.timeMs) : null;
    return answer(200, `{"events":[${events.join(",")}],"next":${JSON.stringify(next)}}`, {
      "content-type": "application/json",
    });
  }
}
