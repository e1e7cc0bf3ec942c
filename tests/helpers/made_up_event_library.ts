/** Feeds and events in memory behind the viewer's seam. */
import type { AlertView, EventLibrary, EventView, FeedView } from "../../lib/viewer/event_library.ts";

export function madeUpFeed(id: number, patch: Partial<FeedView> = {}): FeedView {
  return {
    ...{ id, device: "press-4", feed: `feed${id}`, events: 0, firstEventMs: null, lastEventMs: null },
    measures: [{ name: "temp_cel", unit: "°C", min: null, max: null }],
    lastValues: {},
    ...patch,
  };
}

/** A reading; a second later than that of the id before. */
export function madeUpEvent(id: number, patch: Partial<EventView> = {}): EventView {
  const timeMs = 1_700_000_000_000 + id * 1_000;
  return {
    ...{ id, feedId: 1, device: "press-4", feed: "feed1", run: "r1", sequence: id },
    ...{ timeMs, capturedMs: timeMs, receivedMs: timeMs, late: false },
    ...{ kind: "temp", deviceId: 1, eventId: id, humidity: 40.5, tempCel: 61.25, text: null, json: null },
    ...{ picture: null, source: null, frame: null },
    ...patch,
  };
}

export function madeUpAlert(id: number, patch: Partial<AlertView> = {}): AlertView {
  return {
    ...{ id, rule: "hot", condition: "temp_cel > 60", device: "press-4", feed: "feed1" },
    ...{ deviceId: 1, measure: "temp_cel", value: 61.25, sinceMs: 1_700_000_000_000, raisedMs: 1_700_000_010_000 },
    ...{ endedMs: null, webhook: { raised: "none", ended: "none" } },
    ...patch,
  };
}

export class MadeUpEventLibrary implements EventLibrary {
  readonly stored: EventView[] = [];
  readonly pictures = new Map<number, Uint8Array<ArrayBuffer>>();
  shownFeeds: FeedView[] = [];
  shownAlerts: AlertView[] = [];
  /** What `events` and `series` were asked, in order. */
  readonly asked: unknown[] = [];
  /** Each question fails while it is set. */
  error: Error | undefined;

  /** Stores events, and counts them in their feeds. */
  add(...events: EventView[]): void {
    this.stored.push(...events);
    this.shownFeeds = this.shownFeeds.map((feed) => {
      const mine = this.stored.filter(({ feedId }) => feedId === feed.id);
      return { ...feed, events: mine.length, lastEventMs: Math.max(...mine.map(({ timeMs }) => timeMs)) };
    });
  }

  // deno-lint-ignore require-await
  async feeds(): Promise<FeedView[]> {
    if (this.error !== undefined) throw this.error;
    return this.shownFeeds;
  }

  // deno-lint-ignore require-await
  async events(query: Parameters<EventLibrary["events"]>[0]): ReturnType<EventLibrary["events"]> {
    if (this.error !== undefined) throw this.error;
    this.asked.push(query);
    const {
      device,
      feed,
      sinceMs = -Infinity,
      untilMs = Infinity,
      kind,
      search = "",
      hasPicture,
      cursor,
      order,
      limit,
    } = query;
    const sign = order === "ascending" ? 1 : -1;
    const [cursorMs, cursorId] = cursor === undefined ? [0, 0] : cursor.split("-").map(Number) as [number, number];
    const isBehind = ({ timeMs, id }: EventView) =>
      cursor === undefined || sign * (timeMs - cursorMs || id - cursorId) > 0;
    const found = this.stored.filter((event) =>
      (device === undefined || event.device === device) && (feed === undefined || event.feed === feed) &&
      event.timeMs >= sinceMs && event.timeMs <= untilMs && (kind === undefined || event.kind === kind) &&
      `${event.text ?? ""}${event.json ?? ""}`.includes(search) && isBehind(event) &&
      (hasPicture === undefined || hasPicture === (event.picture !== null))
    ).toSorted((a, b) => sign * (a.timeMs - b.timeMs || a.id - b.id));
    const events = found.slice(0, limit);
    const last = events.at(-1);
    return { events, next: found.length > limit && last ? `${last.timeMs}-${last.id}` : null };
  }

  picture(id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return Promise.resolve(this.pictures.get(id));
  }

  series(query: Parameters<EventLibrary["series"]>[0]): ReturnType<EventLibrary["series"]> {
    this.asked.push(query);
    const point = { timeMs: query.sinceMs, min: 1.5, max: 2.5, mean: 2, count: 3, late: 1 };
    return Promise.resolve({ bucketMs: 1_000, points: [point] });
  }

  alerts(): readonly AlertView[] {
    return this.shownAlerts;
  }

  alertPage(query: Parameters<EventLibrary["alertPage"]>[0]): ReturnType<EventLibrary["alertPage"]> {
    this.asked.push(query);
    const found = this.shownAlerts.filter(({ id }) => query.cursor === undefined || id < query.cursor);
    const alerts = found.slice(0, query.limit);
    return Promise.resolve({ alerts, next: found.length > alerts.length ? alerts.at(-1)!.id : null });
  }
}
