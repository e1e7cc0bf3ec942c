/** Measures of feeds: which number of an event belongs to which of them. Synchronous, in the worker. */
import { LIMITS } from "../config/limits.ts";
import type { MeasureRow } from "./event_catalog.ts";
import type { SqlRow, Statements } from "./statements.ts";

/** A column of readings. */
export type Reading = "temp_cel" | "humidity";

const UNITS: Readonly<Record<Reading, string>> = { temp_cel: "°C", humidity: "%" };

/** Where the values of a measure come from: readings of a device, fields of JSON objects of its name, or both. */
export interface Measure {
  readonly id: number;
  readonly feedId: number;
  readonly name: string;
  readonly reading: Reading | null;
  readonly deviceId: number | null;
  readonly json: boolean;
}

/** Those of one feed. */
interface FeedMeasures {
  readonly byName: Map<string, Measure>;
  /** Ids of the measures of the readings of a device; null: of no more are charted. */
  readonly byDevice: Map<number, Readonly<Record<Reading, number | null>>>;
}

export class EventMeasures {
  readonly #sql: Statements;
  readonly #feeds = new Map<number, FeedMeasures>();

  constructor(statements: Statements) {
    this.#sql = statements;
  }

  /** Ids of the measures of the readings of a device; null where the feed has as many as may be. */
  readings(feedId: number, deviceId: number): Readonly<Record<Reading, number | null>> {
    const feed = this.#of(feedId);
    const known = feed.byDevice.get(deviceId);
    if (known !== undefined) return known;
    const temp_cel = this.#forDevice(feedId, feed, "temp_cel", deviceId);
    const humidity = this.#forDevice(feedId, feed, "humidity", deviceId);
    const ids = { temp_cel, humidity };
    // Else a box with ever new numbers would fill the memory.
    if (temp_cel !== null || humidity !== null) feed.byDevice.set(deviceId, ids);
    return ids;
  }

  /** Id of the measure of a JSON field; null as above. */
  field(feedId: number, name: string): number | null {
    const feed = this.#of(feedId);
    const known = feed.byName.get(name);
    if (known === undefined) return this.#add(feedId, feed, { name, reading: null, deviceId: null, json: true });
    if (!known.json) this.#change(feed, { ...known, json: true });
    return known.id;
  }

  /** Forgets what it knows: a transaction was rolled back. */
  forget(): void {
    this.#feeds.clear();
  }

  /** The name says which device it is of: plain for the first one, as most feeds have but one. */
  #forDevice(feedId: number, feed: FeedMeasures, reading: Reading, deviceId: number): number | null {
    const plain = feed.byName.get(reading);
    const isFirst = plain === undefined || plain.reading === null || plain.deviceId === deviceId;
    const name = isFirst ? reading : `${reading}/${deviceId}`;
    const known = feed.byName.get(name);
    if (known === undefined) return this.#add(feedId, feed, { name, reading, deviceId, json: false });
    if (known.reading === null) this.#change(feed, { ...known, reading, deviceId });
    return known.id;
  }

  #add(feedId: number, feed: FeedMeasures, measure: Omit<Measure, "id" | "feedId">): number | null {
    if (feed.byName.size >= LIMITS.measuresPerFeedMax) return null;
    const { name, reading, deviceId, json } = measure;
    const { id } = this.#sql.run(
      "INSERT INTO measure (feed_id, name, reading, device_id, json) VALUES (?, ?, ?, ?, ?)",
      ...[feedId, name, reading, deviceId, Number(json)],
    );
    feed.byName.set(name, { id, feedId, ...measure });
    return id;
  }

  #change(feed: FeedMeasures, measure: Measure): void {
    const { id, name, reading, deviceId, json } = measure;
    this.#sql.run(
      "UPDATE measure SET reading = ?, device_id = ?, json = ? WHERE id = ?",
      reading,
      deviceId,
      Number(json),
      id,
    );
    feed.byName.set(name, measure);
  }

  #of(feedId: number): FeedMeasures {
    let feed = this.#feeds.get(feedId);
    if (feed === undefined) {
      const rows = this.#sql.all("SELECT * FROM measure WHERE feed_id = ?", feedId).map(measureOf);
      feed = { byName: new Map(rows.map((measure) => [measure.name, measure])), byDevice: new Map() };
      this.#feeds.set(feedId, feed);
    }
    return feed;
  }
}

/** A measure as a row of its table says. */
export function measureOf(row: SqlRow): Measure {
  return {
    id: row["id"] as number,
    feedId: row["feed_id"] as number,
    name: row["name"] as string,
    reading: row["reading"] as Reading | null,
    deviceId: row["device_id"] as number | null,
    json: row["json"] === 1,
  };
}

/** ... and as others see it. */
export function measureRow({ name, reading, deviceId }: Measure): MeasureRow {
  return {
    name,
    ...(reading === null ? {} : { unit: UNITS[reading] }),
    ...(deviceId === null ? {} : { deviceId }),
  };
}
