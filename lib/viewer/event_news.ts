/** What of feeds, events and alerts is new since the pages were told. */
import type { Clock } from "../platform/clock.ts";
import type { AlertView, EventLibrary, EventView, FeedView } from "./event_library.ts";

/** Events of one feed that are told at once: what is more is loaded by whoever wants it. */
const EVENTS_MAX = 50;
/** Feeds whose events are asked for in one round; the others follow. */
const FEEDS_AT_ONCE = 16;
/** Alerts of a snapshot besides those which hold. */
const ALERTS_MAX = 200;

interface Told {
  text: string;
  /** How many events it had. */
  events: number;
  /** Newest of those told; null before the first. */
  lastId: number | null;
}

/** News of one round. */
export interface EventRound {
  readonly feeds: readonly FeedView[];
  readonly alerts: readonly AlertView[];
  /** Oldest first. */
  readonly events: readonly EventView[];
  readonly skipped: readonly { readonly feed: number; readonly events: number }[];
}

export class EventNews {
  readonly #library: EventLibrary;
  readonly #clock: Clock;
  /** By feed, the one longest waiting to be asked first; undefined while nobody listens. */
  #told: Map<number, Told> | undefined;
  #toldAlerts = new Map<number, string>();
  #sinceMs = 0;
  #feeds: readonly FeedView[] = [];

  constructor(library: EventLibrary, clock: Clock) {
    this.#library = library;
    this.#clock = clock;
  }

  /** All feeds, as of the last round. */
  get feeds(): readonly FeedView[] {
    return this.#feeds;
  }

  /** Those which hold, and the last which have held. */
  get alerts(): readonly AlertView[] {
    return this.#library.alerts().filter(({ endedMs }, index) => endedMs === null || index < ALERTS_MAX);
  }

  /** Somebody listens: what is there already is news to nobody, as a page hears it in its snapshot. */
  async begin(): Promise<void> {
    if (this.#told !== undefined) return;
    this.#feeds = await this.#library.feeds();
    this.#sinceMs = this.#clock.wallMs();
    this.#told = new Map(this.#feeds.map((feed) => [feed.id, toldOf(feed)]));
    this.#newAlerts();
  }

  /** Nobody listens any more. */
  rest(): void {
    this.#told = undefined;
  }

  /** What is new since the last round. Of a round which fails nothing is lost. */
  async next(): Promise<EventRound> {
    await this.begin();
    const told = this.#told!;
    const all = await this.#library.feeds();
    const asked = grownFeeds(all, told).slice(0, FEEDS_AT_ONCE);
    const found = await Promise.all(asked.map(({ feed, count }) => this.#newest(feed, count)));
    // From here on nothing can fail.
    this.#feeds = all;
    const feeds = all.filter((feed) => this.#noteFeed(told, feed));
    const events: EventView[] = [];
    const skipped: { feed: number; events: number }[] = [];
    for (const [index, { feed, count }] of asked.entries()) {
      const fresh = this.#noteEvents(told, feed, count, found[index]!);
      events.push(...fresh);
      if (count > fresh.length) skipped.push({ feed: feed.id, events: count - fresh.length });
    }
    events.sort((a, b) => a.timeMs - b.timeMs || a.id - b.id);
    return { feeds, alerts: this.#newAlerts(), events, skipped };
  }

  #newAlerts(): AlertView[] {
    const alerts = this.#library.alerts();
    const fresh = alerts.filter((alert) => this.#toldAlerts.get(alert.id) !== stateOf(alert));
    this.#toldAlerts = new Map(alerts.map((alert) => [alert.id, stateOf(alert)]));
    return fresh;
  }

  async #newest({ device, feed }: FeedView, count: number): Promise<EventView[]> {
    const limit = Math.min(count, EVENTS_MAX);
    return (await this.#library.events({ device, feed, order: "descending", limit })).events;
  }

  /** Whether it is another than was told. */
  #noteFeed(told: Map<number, Told>, feed: FeedView): boolean {
    const text = JSON.stringify(feed);
    const before = told.get(feed.id);
    if (before === undefined) told.set(feed.id, { text, events: 0, lastId: 0 });
    else if (before.text === text) return false;
    else Object.assign(before, { text, events: Math.min(before.events, feed.events) });
    return true;
  }

  #noteEvents(told: Map<number, Told>, { id: feedId }: FeedView, count: number, found: EventView[]): EventView[] {
    const before = told.get(feedId)!;
    const { lastId } = before;
    const fresh = found.filter(({ id, receivedMs }) => lastId === null ? receivedMs >= this.#sinceMs : id > lastId);
    before.events += count;
    before.lastId = fresh.reduce((highest, { id }) => Math.max(highest, id), lastId ?? 0) || lastId;
    // Behind those which wait.
    told.delete(feedId);
    told.set(feedId, before);
    return fresh;
  }
}

/** Feeds with more events than were told, the one longest waiting first. */
function grownFeeds(feeds: readonly FeedView[], told: ReadonlyMap<number, Told>) {
  const order = new Map([...told.keys()].map((id, index) => [id, index]));
  return feeds.map((feed) => ({ feed, count: feed.events - (told.get(feed.id)?.events ?? 0) }))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => (order.get(a.feed.id) ?? Infinity) - (order.get(b.feed.id) ?? Infinity));
}

function toldOf(feed: FeedView): Told {
  return { text: JSON.stringify(feed), events: feed.events, lastId: null };
}

/** What changes of an alert. */
function stateOf({ endedMs, webhook }: AlertView): string {
  return `${endedMs} ${webhook.raised} ${webhook.ended}`;
}
