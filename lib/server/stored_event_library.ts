/** Feeds and events as the viewer sees them: what is stored, with units and ranges from the rules, and pictures of the moment. */
import { valuesOf } from "../events/event_values.ts";
import type { EventWatcher, FeedOrigin, LiveBody, LiveEvent } from "../events/live_event.ts";
import type { RulesFile } from "../events/rules_parser.ts";
import { LIMITS } from "../config/limits.ts";
import type { Clock } from "../platform/clock.ts";
import { shortestFloat, shortMean, wereFloats } from "../protocol/float32.ts";
import type { AlertQuery, AlertRow } from "../store/alert_catalog.ts";
import type {
  EventPage,
  EventQuery,
  EventRow,
  FeedRow,
  MeasureRow,
  Series,
  SeriesQuery,
} from "../store/event_catalog.ts";
import type { AlertView, EventLibrary, EventView, FeedView, MeasureView } from "../viewer/event_library.ts";
import { FramesOfEvents, type NearestFrames } from "./frames_of_events.ts";

/** Feeds are asked of the catalog this often at most while events come, ms; and this often anyway: retention removes some. */
const FEEDS_AGAIN_MS = 200;
const FEEDS_KEPT_MS = 2_000;
/** Feeds whose newest event is asked for at once, after a start of the server. */
const NEWEST_AT_ONCE = 16;

/** What is needed of the `EventStore`. */
export interface StoredEvents {
  feeds(): Promise<FeedRow[]>;
  page(query: EventQuery): Promise<EventPage>;
  picture(eventId: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  series(query: SeriesQuery): Promise<Series>;
}

/** What is needed of the `AlertStore`. */
export interface StoredAlerts {
  alerts(): AlertRow[];
  page(query: AlertQuery): Promise<AlertRow[]>;
}

export interface StoredEventLibraryOptions {
  readonly store: StoredEvents;
  readonly frames: NearestFrames;
  readonly rules: Pick<RulesFile, "units" | "ranges">;
  readonly alerts: StoredAlerts;
  readonly clock: Clock;
}

/** The newest values of a feed by their names: of each sensor, and of free objects. */
type Newest = Map<number | null, Map<string, number>>;

/** Values of a sensor that are remembered: free objects may have any number of them. */
const VALUES_MAX = 256;

export class StoredEventLibrary implements EventLibrary, EventWatcher {
  readonly #options: StoredEventLibraryOptions;
  readonly #frames: FramesOfEvents;
  readonly #newest = new Map<number, Newest>();
  #rows: readonly FeedRow[] = [];
  #readMs = -Infinity;
  #isNews = false;
  #reading: Promise<void> | undefined;

  constructor(options: StoredEventLibraryOptions) {
    this.#options = options;
    this.#frames = new FramesOfEvents(options.frames);
  }

  /** Remembers the newest values of each feed. */
  stored({ feedId, late }: FeedOrigin, events: readonly LiveEvent[]): void {
    this.#isNews = true;
    if (late) return;
    // The last of each sensor is enough: free objects have to be parsed.
    const last = new Map<number | string, LiveBody>();
    for (const { body } of events) last.set(body.kind === "temp" ? body.deviceId : body.kind, body);
    for (const body of last.values()) this.#remember(feedId, body);
  }

  async feeds(): Promise<FeedView[]> {
    await this.#read(this.#isNews ? FEEDS_AGAIN_MS : FEEDS_KEPT_MS);
    await this.#readNewest();
    return this.#rows.map((row) => this.#feedView(row));
  }

  async events({ cursor, ...query }: Parameters<EventLibrary["events"]>[0]): ReturnType<EventLibrary["events"]> {
    const from = cursor === undefined ? {} : { cursor: parseCursor(cursor) };
    const page = await this.#options.store.page({ ...query, ...from });
    const events = await this.#views(page.rows);
    return { events, next: page.cursor === null ? null : formatCursor(page.cursor) };
  }

  picture(id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#options.store.picture(id);
  }

  async series(query: Parameters<EventLibrary["series"]>[0]): ReturnType<EventLibrary["series"]> {
    const { bucketMs, points } = await this.#options.store.series(query);
    const areFloats = wereFloats(points.flatMap(({ min, max }) => [min, max]));
    const short = points.map((point) => {
      const [min, max] = [shortestFloat(point.min), shortestFloat(point.max)];
      return { ...point, min, max, mean: areFloats ? shortMean(point.mean, min, max) : point.mean };
    });
    return { bucketMs, points: short };
  }

  alerts(): readonly AlertView[] {
    return this.#options.alerts.alerts().map(alertView);
  }

  async alertPage(
    { cursor, ...query }: Parameters<EventLibrary["alertPage"]>[0],
  ): ReturnType<EventLibrary["alertPage"]> {
    const from = cursor === undefined ? {} : { beforeId: cursor };
    // One more than is asked for tells whether there is another page.
    const rows = await this.#options.alerts.page({ ...query, ...from, limit: query.limit + 1 });
    const alerts = rows.slice(0, query.limit).map(alertView);
    return { alerts, next: rows.length > query.limit ? alerts.at(-1)!.id : null };
  }

  async #views(rows: readonly EventRow[]): Promise<EventView[]> {
    const frames = await this.#frames.of(rows);
    return rows.map(({ hasPicture, humidity, tempCel, ...row }, index) => ({
      ...row,
      humidity: humidity === null ? null : shortestFloat(humidity),
      tempCel: tempCel === null ? null : shortestFloat(tempCel),
      picture: hasPicture ? `/events/${row.id}.jpg` : null,
      frame: frames[index] ?? null,
    }));
  }

  /** One question at a time. */
  async #read(keptMs: number): Promise<void> {
    const { clock, store } = this.#options;
    if (clock.now() - this.#readMs < keptMs) return;
    this.#reading ??= (async () => {
      this.#isNews = false;
      this.#rows = await store.feeds();
      this.#readMs = clock.now();
    })().finally(() => this.#reading = undefined);
    await this.#reading;
  }

  /** After a start of the server nothing is known of feeds which send nothing. */
  async #readNewest(): Promise<void> {
    const unknown = this.#rows.filter(({ id, events }) => events > 0 && !this.#newest.has(id));
    await Promise.all(
      unknown.slice(0, NEWEST_AT_ONCE).map(async ({ id, device, feed }) => {
        const { rows } = await this.#options.store.page({ device, feed, order: "descending", limit: 1 });
        // Events may have come meanwhile.
        if (this.#newest.has(id)) return;
        this.#newest.set(id, new Map());
        for (const row of rows) this.#remember(id, bodyOf(row));
      }),
    );
  }

  #remember(feedId: number, body: LiveBody): void {
    let newest = this.#newest.get(feedId);
    if (newest === undefined) this.#newest.set(feedId, newest = new Map());
    if (body.kind === "text") return;
    const sensor = body.kind === "temp" ? body.deviceId : null;
    if (newest.size >= LIMITS.measuresPerFeedMax && !newest.has(sensor)) return;
    const values = newest.get(sensor) ?? new Map<string, number>();
    newest.set(sensor, values);
    for (const [name, value] of valuesOf(body)) {
      if (values.size < VALUES_MAX || values.has(name)) values.set(name, value);
    }
  }

  #feedView({ id, device, feed, events, firstMs, lastMs, measures }: FeedRow): FeedView {
    const newest = this.#newest.get(id);
    const lastValues: Record<string, number> = {};
    for (const [sensor, values] of newest ?? []) {
      for (const [name, value] of values) {
        const measure = measures.find((one) => isOf(one, name, sensor));
        if (measure !== undefined) lastValues[measure.name] = value;
      }
    }
    const views = measures.map((measure) => this.#measureView(measure));
    return { id, device, feed, measures: views, events, firstEventMs: firstMs, lastEventMs: lastMs, lastValues };
  }

  #measureView({ name, unit, deviceId }: MeasureRow): MeasureView {
    const { units, ranges } = this.#options.rules;
    // What is said of temp_cel is true of each sensor.
    const plain = deviceId === undefined ? name : name.replace(/\/-?\d+$/, "");
    const range = ranges.get(name) ?? ranges.get(plain);
    return {
      name,
      unit: units.get(name) ?? units.get(plain) ?? unit ?? null,
      min: range?.min ?? null,
      max: range?.max ?? null,
    };
  }
}

/** Whether a measure is what a value called `name` of a sensor belongs to. */
function isOf(measure: MeasureRow, name: string, sensor: number | null): boolean {
  if (sensor === null) return measure.name === name;
  return measure.deviceId === sensor && (measure.name === name || measure.name === `${name}/${sensor}`);
}

function bodyOf({ kind, deviceId, eventId, humidity, tempCel, text, json }: EventRow): LiveBody {
  if (kind === "text") return { kind, text: text ?? "" };
  if (kind === "json") return { kind, json: json ?? "{}" };
  return { kind, deviceId: deviceId ?? 0, eventId: eventId ?? 0, humidity: humidity ?? NaN, tempCel: tempCel ?? NaN };
}

function alertView({ sensor: deviceId, raisedPost: raised, endedPost: ended, ...row }: AlertRow): AlertView {
  const { id, rule, condition, device, feed, measure, value, sinceMs, raisedMs, endedMs } = row;
  return {
    ...{ id, rule, condition, device, feed, deviceId, measure, value, sinceMs, raisedMs, endedMs },
    webhook: { raised, ended },
  };
}

/** What {@linkcode parseCursor} reads; `EVENT_CURSOR` of the viewer tells whether a text is one. */
function formatCursor({ timeMs, id }: { timeMs: number; id: number }): string {
  return `${timeMs}-${id}`;
}

function parseCursor(text: string): { timeMs: number; id: number } {
  const at = text.lastIndexOf("-");
  return { timeMs: Number(text.slice(0, at)), id: Number(text.slice(at + 1)) };
}
