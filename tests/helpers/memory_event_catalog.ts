import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import { toServerMs } from "../../lib/protocol/box_time.ts";
import type { BoxEvent } from "../../lib/protocol/event.ts";
import { decodeBatch } from "../../lib/protocol/event_batch.ts";
import type { SequenceRange } from "../../lib/protocol/message.ts";
import type {
  EventAppend,
  EventCatalog,
  EventQuery,
  EventRow,
  MeasureRow,
  SeriesQuery,
} from "../../lib/store/event_catalog.ts";
import { MemoryCommits } from "./memory_commits.ts";

/** A value that is charted; it outlives its event. */
interface Value {
  readonly eventId: number;
  readonly feedId: number;
  readonly measure: string;
  readonly timeMs: number;
  readonly value: number;
  readonly late: boolean;
}

type StoredEvent = EventRow & { readonly picture: Uint8Array<ArrayBuffer> | null };

/** Everything that is committed. */
interface Tables {
  lastId: number;
  lastEventId: number;
  feeds: { readonly id: number; readonly device: string; readonly feed: string }[];
  runs: { readonly feedId: number; readonly name: string; readonly held: Set<number>; floor: number }[];
  events: StoredEvent[];
  measures: (MeasureRow & { readonly feedId: number })[];
  values: Value[];
  /** Values of minutes before this one are kept by the hour only. */
  minutesFromMs: number;
}

/** What a change answers, and what it does once it is committed. */
interface Plan<T> {
  readonly value: T;
  readonly apply: (tables: Tables) => void;
}

type Opening = Parameters<EventCatalog["openFeed"]>[0];

const MINUTE_MS = 60_000;
const STEPS_MS = [MINUTE_MS, 60 * MINUTE_MS, 1_440 * MINUTE_MS];

/** An event catalog in memory, the made-up twin of the one in SQLite: a power cut forgets what was not committed. */
export class MemoryEventCatalog extends MemoryCommits implements EventCatalog {
  readonly #tables: Tables;

  constructor(tables?: Tables) {
    super();
    const none = { lastId: 0, lastEventId: 0, feeds: [], runs: [], events: [], measures: [], values: [] };
    this.#tables = tables ?? { ...none, minutesFromMs: -Infinity };
  }

  /** Cuts the power: every call rejects from now on. Gives the catalog as it is found afterwards. */
  crash(): MemoryEventCatalog {
    this.cutPower();
    return new MemoryEventCatalog(this.#tables);
  }

  openFeed({ device, feed: name, run: runName, floor, feedsMax }: Opening) {
    return this.#change("openFeed", ({ lastId, feeds, runs }) => {
      const known = feeds.find((one) => one.device === device && one.feed === name);
      if (known === undefined && feeds.filter((one) => one.device === device).length >= feedsMax) {
        return { value: null, apply: () => {} };
      }
      const feed = known ?? { id: lastId + 1, device, feed: name };
      const old = runs.find((one) => one.feedId === feed.id && one.name === runName);
      const run = { ...(old ?? { feedId: feed.id, name: runName, held: new Set<number>(), floor: 1 }) };
      run.floor = Math.max(run.floor, floor);
      return {
        value: { feedId: feed.id, held: rangesOf(run) },
        apply(tables) {
          if (known === undefined) tables.feeds.push(feed);
          tables.runs = [...tables.runs.filter((one) => one !== old), run];
          tables.lastId++;
        },
      };
    });
  }

  append({ feedId, run: runName, late, receivedMs, offsetMs, batch }: EventAppend) {
    return this.#change("append", ({ feeds, runs, lastEventId }) => {
      const events = decodeBatch(batch);
      events.forEach(({ sequence, body }, index) => {
        if (body.kind === "json" && !isObject(body.json)) throw refused("MALFORMED", "JSON must be an object");
        if (sequence <= (events[index - 1]?.sequence ?? 0)) throw refused("MALFORMED", "its sequence must be rising");
      });
      const run = runs.find((one) => one.feedId === feedId && one.name === runName);
      if (run === undefined) throw refused("INTERNAL", "there is no such run");
      const fresh = events.filter(({ sequence }) => sequence >= run.floor && !run.held.has(sequence));
      const isNew = new Set(fresh.map(({ sequence }) => sequence));
      // Looked at only when there may be more of them: a simulation has many batches.
      if (fresh.some(({ sequence }) => !run.held.has(sequence - 1) && !isNew.has(sequence - 1))) {
        const held = run.held.union(isNew);
        if (rangesOf({ ...run, held }).length > LIMITS.eventRangesMax) {
          throw refused("INVALID_RANGE", "too many ranges");
        }
      }
      const feed = feeds.find(({ id }) => id === feedId)!;
      const rows = fresh.map((event, index): StoredEvent => ({
        id: lastEventId + 1 + index,
        feedId,
        ...{ device: feed.device, feed: feed.feed, run: runName, late, receivedMs },
        timeMs: toServerMs(event.timeMs, offsetMs, receivedMs),
        ...columnsOf(event),
      }));
      return {
        value: { stored: fresh.length, lastSequence: events.at(-1)?.sequence ?? 0 },
        apply(tables) {
          for (const { sequence } of fresh) run.held.add(sequence);
          tables.events.push(...rows);
          tables.lastEventId += rows.length;
          for (const row of rows) for (const [name, value] of measured(tables, row)) addValue(tables, row, name, value);
        },
      };
    });
  }

  dropEvents(beforeMs: number, idMax: number) {
    return this.#change("dropEvents", ({ events }) => {
      const until = events.findIndex(({ id, receivedMs }) => id > idMax || receivedMs >= beforeMs);
      const rows = Math.min(1_000, until < 0 ? events.length : until);
      return { value: { rows, more: rows > 0 }, apply: (tables) => void tables.events.splice(0, rows) };
    });
  }

  dropMinutes(beforeMs: number) {
    return this.#change("dropMinutes", ({ values, minutesFromMs }) => {
      const fromMs = Math.floor(beforeMs / MINUTE_MS) * MINUTE_MS;
      const gone = values.filter(({ timeMs }) => timeMs >= minutesFromMs && timeMs < fromMs);
      const rows = new Set(gone.map(({ timeMs, measure }) => `${Math.floor(timeMs / MINUTE_MS)} ${measure}`)).size;
      return {
        value: { rows, more: rows > 0 },
        apply: (tables) => void (tables.minutesFromMs = Math.max(tables.minutesFromMs, fromMs)),
      };
    });
  }

  lastId() {
    return this.#read("lastId", ({ lastEventId }) => lastEventId);
  }

  feeds() {
    return this.#read("feeds", ({ feeds, events, measures }) =>
      feeds.map((feed) => {
        const times = events.filter(({ feedId }) => feedId === feed.id).map(({ timeMs }) => timeMs);
        return {
          ...feed,
          events: times.length,
          firstMs: times.length === 0 ? null : Math.min(...times),
          lastMs: times.length === 0 ? null : Math.max(...times),
          measures: measures.filter(({ feedId }) => feedId === feed.id).map(({ feedId: _, ...measure }) => measure),
        };
      }));
  }

  page(query: EventQuery) {
    return this.#read("page", ({ events }) => {
      const { sinceMs = -Infinity, untilMs = Infinity, search, cursor, order, limit } = query;
      const sign = order === "ascending" ? 1 : -1;
      const compare = (a: { timeMs: number; id: number }, b: { timeMs: number; id: number }) =>
        sign * (a.timeMs - b.timeMs || a.id - b.id);
      const found = events.filter((row) =>
        (["device", "feed", "kind", "hasPicture"] as const).every((key) =>
          query[key] === undefined || query[key] === row[key]
        ) && row.timeMs >= sinceMs && row.timeMs <= untilMs && (cursor === undefined || compare(row, cursor) > 0) &&
        (row.text ?? row.json ?? "").toLowerCase().includes(search?.toLowerCase() ?? "")
      ).sort(compare);
      const rows = found.slice(0, limit).map(({ picture: _, ...row }) => row);
      const last = rows.at(-1);
      const isEnd = found.length <= limit || last === undefined;
      return { rows, cursor: isEnd ? null : { timeMs: last.timeMs, id: last.id } };
    });
  }

  picture(eventId: number) {
    return this.#read("picture", ({ events }) => events.find(({ id }) => id === eventId)?.picture ?? undefined);
  }

  series({ feedId, measure, sinceMs, untilMs, buckets }: SeriesQuery) {
    return this.#read("series", ({ events, values, minutesFromMs }) => {
      const own = values.filter((one) => one.feedId === feedId && one.measure === measure);
      if (own.length === 0) return { bucketMs: MINUTE_MS, points: [] };
      const minutes = own.map(({ timeMs }) => Math.floor(timeMs / MINUTE_MS) * MINUTE_MS);
      const since = Number.isFinite(sinceMs) ? sinceMs : Math.min(...minutes);
      const until = Number.isFinite(untilMs) ? untilMs : Math.max(...minutes) + MINUTE_MS;
      const leastMs = Math.max(1, (until - since) / (Math.min(Math.max(2, buckets), 2_000) - 1));
      const isThere = new Set(events.map(({ id }) => id));
      const isKept = ({ eventId, timeMs }: Value, step: number) =>
        step === 1 ? isThere.has(eventId) : step > MINUTE_MS || timeMs >= minutesFromMs;
      const steps = [1, ...STEPS_MS];
      const stepMs = steps.find((step, index) =>
        !(steps[index + 1]! <= leastMs) &&
        own.every((one) => one.timeMs < since || one.timeMs > until || isKept(one, step))
      )!;
      const bucketMs = Math.ceil(leastMs / stepMs) * stepMs;
      const some = own.filter(({ timeMs }) => {
        const cellMs = stepMs === 1 ? timeMs : Math.floor(timeMs / stepMs) * stepMs;
        return cellMs >= (stepMs === 1 ? since : Math.floor(since / stepMs) * stepMs) && cellMs <= until;
      });
      const byBucket = Map.groupBy(some, ({ timeMs }) => Math.floor(timeMs / bucketMs) * bucketMs);
      const points = [...byBucket].sort(([a], [b]) => a - b).map(([timeMs, some]) => {
        const numbers = some.map(({ value }) => value);
        const late = some.filter((one) => one.late).length;
        const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
        return { timeMs, min: Math.min(...numbers), max: Math.max(...numbers), mean, count: numbers.length, late };
      });
      return { bucketMs, points };
    });
  }

  #read<T>(method: string, query: (tables: Tables) => T): Promise<T> {
    return this.inTurn(method, () => query(this.#tables));
  }

  #change<T>(method: string, change: (tables: Tables) => Plan<T>): Promise<T> {
    return this.inTurn(method, async (commit) => {
      const { value, apply } = change(this.#tables);
      await commit(() => apply(this.#tables));
      return value;
    });
  }
}

function refused(code: "MALFORMED" | "INVALID_RANGE" | "INTERNAL", why: string): FramewireError {
  return new FramewireError(code, `Cannot store events as ${why}`);
}

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** What is below the floor, and what is held, as ranges. */
function rangesOf({ floor, held }: { readonly floor: number; readonly held: ReadonlySet<number> }): SequenceRange[] {
  const ranges: { first: number; last: number }[] = floor > 1 ? [{ first: 1, last: floor - 1 }] : [];
  for (const sequence of [...held].filter((one) => one >= floor).sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.last === sequence - 1) last.last = sequence;
    else ranges.push({ first: sequence, last: sequence });
  }
  return ranges;
}

function columnsOf({ sequence, timeMs: capturedMs, source, body }: BoxEvent) {
  const isTemp = body.kind === "temp";
  const finite = (value: number) => Number.isFinite(value) ? value : null;
  const picture = isTemp && body.picture !== null ? new Uint8Array(body.picture) : null;
  return {
    ...{ sequence, capturedMs, source, kind: body.kind, picture, hasPicture: picture !== null },
    deviceId: isTemp ? body.deviceId : null,
    eventId: isTemp ? body.eventId : null,
    humidity: isTemp ? finite(body.humidity) : null,
    tempCel: isTemp ? finite(body.tempCel) : null,
    text: body.kind === "text" ? body.text.replaceAll("\0", "\u2400") : null,
    json: body.kind === "json" ? body.json : null,
  };
}

/** Names and values of what is charted of an event; makes measures which are new. */
function measured(tables: Tables, row: EventRow): [string, number | null][] {
  const { feedId, deviceId } = row;
  if (row.json !== null) {
    const numbers = Object.entries(JSON.parse(row.json)).filter(([name, value]) =>
      Number.isFinite(value) && name !== "" && name.length <= 128
    ) as [string, number][];
    return numbers.filter(([name]) => makeMeasure(tables, { feedId, name }));
  }
  if (row.kind !== "temp") return [];
  return ([["temp_cel", "°C", row.tempCel], ["humidity", "%", row.humidity]] as const).flatMap(
    ([plain, unit, value]) => {
      const first = tables.measures.find((one) => one.feedId === feedId && one.name === plain)?.deviceId ?? deviceId;
      const name = first === deviceId ? plain : `${plain}/${deviceId}`;
      return makeMeasure(tables, { feedId, name, unit, deviceId: deviceId! }) ? [[name, value]] : [];
    },
  );
}

/** False when there are as many as may be. */
function makeMeasure(tables: Tables, measure: Tables["measures"][number]): boolean {
  const own = tables.measures.filter(({ feedId }) => feedId === measure.feedId);
  const at = tables.measures.findIndex(({ feedId, name }) => feedId === measure.feedId && name === measure.name);
  if (at >= 0) tables.measures[at] = { ...measure, ...tables.measures[at] };
  else if (own.length >= LIMITS.measuresPerFeedMax) return false;
  else tables.measures.push(measure);
  return true;
}

function addValue(
  { values }: Tables,
  { id, feedId, timeMs, late }: EventRow,
  measure: string,
  value: number | null,
): void {
  if (value !== null) values.push({ eventId: id, feedId, measure, timeMs, value, late });
}
