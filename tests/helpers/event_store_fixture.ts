import { silentLog } from "../../lib/log.ts";
import type { BoxEvent, EventBody } from "../../lib/protocol/event.ts";
import { encodeBatch } from "../../lib/protocol/event_batch.ts";
import { DiskSpace } from "../../lib/store/disk_space.ts";
import type { AppendedEvents, EventCatalog, EventQuery, EventRow } from "../../lib/store/event_catalog.ts";
import { EventStore } from "../../lib/store/event_store.ts";
import { SqliteCatalog } from "../../lib/store/sqlite_catalog.ts";
import { MadeUpClock } from "./made_up_clock.ts";
import { MemoryDisk } from "./memory_disk.ts";
import { MemoryEventCatalog } from "./memory_event_catalog.ts";
import { tempFolder } from "./temp_folder.ts";

/** How event stores are made in tests. */
export interface EventFixtureOptions {
  readonly keepMs?: number | null;
  readonly reserveBytes?: number;
  readonly capacityBytes?: number;
}

/** A reading; numbers that a float of 32 bits holds exactly come back as they are. */
export function reading(tempCel: number, fields: Partial<Extract<EventBody, { kind: "temp" }>> = {}): EventBody {
  return { kind: "temp", deviceId: 7, eventId: 1, humidity: 40.5, tempCel, picture: null, ...fields };
}

/** An event store with what it stands on. */
export abstract class EventFixture {
  readonly clock = new MadeUpClock();
  readonly disk: MemoryDisk;
  abstract readonly catalog: EventCatalog;
  readonly #options: EventFixtureOptions;
  #store: EventStore | undefined;

  constructor(options: EventFixtureOptions) {
    this.#options = options;
    const { capacityBytes = Infinity } = options;
    this.disk = new MemoryDisk({ seed: 1, capacityBytes, wallMs: () => this.clock.wallMs() });
  }

  get store(): EventStore {
    return this.#store ??= new EventStore({
      catalog: this.catalog,
      clock: this.clock,
      log: silentLog,
      space: new DiskSpace(this.disk, "/", this.#options.reserveBytes ?? 0),
      retention: { keepMs: this.#options.keepMs ?? null },
    });
  }

  /** A new store and catalog of the same data, started, as after a stop of the server. */
  async again(): Promise<void> {
    await this.reopen();
    this.#store = undefined;
    await this.store.start();
  }

  protected abstract reopen(): Promise<void>;

  /** Opens feed `feed` of device `box`. */
  async open(feed = "sensor", { device = "box", run = "run", floor = 1 } = {}): Promise<FeedHand> {
    const { feedId, held } = await this.store.openFeed({ device, feed, run, floor });
    return new FeedHand(this, feedId, run, held);
  }

  /** All events there are. */
  all(query: Partial<EventQuery> = {}): Promise<EventRow[]> {
    return this.store.events({ order: "ascending", limit: 1_000_000, ...query });
  }
}

/** A feed for a run of it. */
export class FeedHand {
  readonly #fixture: EventFixture;
  readonly feedId: number;
  readonly run: string;
  readonly held: readonly { first: number; last: number }[];

  constructor(
    fixture: EventFixture,
    feedId: number,
    run: string,
    held: readonly { first: number; last: number }[],
  ) {
    this.#fixture = fixture;
    this.feedId = feedId;
    this.run = run;
    this.held = held;
  }

  /** Appends events of a box whose clock is right; they happen a second after each other, the last one now. */
  append(
    bodies: readonly EventBody[],
    fields: { first?: number; late?: boolean; offsetMs?: number; endMs?: number; stepMs?: number; source?: string } =
      {},
  ): Promise<AppendedEvents> {
    const { first = 1, late = false, offsetMs = 0, stepMs = 1_000, source = null } = fields;
    const nowMs = this.#fixture.clock.wallMs();
    const endMs = fields.endMs ?? nowMs + offsetMs;
    const events = bodies.map((body, index): BoxEvent => ({
      sequence: first + index,
      timeMs: endMs - (bodies.length - 1 - index) * stepMs,
      source,
      body,
    }));
    return this.#fixture.store.append(this.feedId, this.run, late, nowMs, offsetMs, encodeBatch(events));
  }

  /** The same with readings of these temperatures. */
  read(temperatures: readonly number[], fields: Parameters<FeedHand["append"]>[1] = {}): Promise<AppendedEvents> {
    return this.append(temperatures.map((tempCel) => reading(tempCel)), fields);
  }
}

/** On a made-up catalog, which may lose its power. */
export class MemoryEventFixture extends EventFixture {
  override catalog = new MemoryEventCatalog();

  protected override reopen(): Promise<void> {
    this.catalog = this.catalog.crash();
    return Promise.resolve();
  }
}

/** On SQLite. */
export class RealEventFixture extends EventFixture {
  readonly path: string;
  sqlite: SqliteCatalog;

  constructor(options: EventFixtureOptions, path: string, sqlite: SqliteCatalog) {
    super(options);
    this.path = path;
    this.sqlite = sqlite;
  }

  override get catalog(): EventCatalog {
    return this.sqlite.events;
  }

  protected override async reopen(): Promise<void> {
    await this.sqlite.close();
    this.sqlite = await SqliteCatalog.open(this.path);
  }
}

/** Runs `body` with a started store on SQLite. */
export async function withRealEvents(
  body: (fixture: RealEventFixture) => Promise<void>,
  options: EventFixtureOptions = {},
): Promise<void> {
  await using folder = await tempFolder();
  const path = folder.join("framewire.db");
  const fixture = new RealEventFixture(options, path, await SqliteCatalog.open(path));
  try {
    await fixture.store.start();
    await body(fixture);
    await fixture.store.stop();
  } finally {
    await fixture.sqlite.close();
  }
}

/** The same test of a started store on SQLite, and on its made-up twin. */
export function eventContract(
  what: string,
  body: (fixture: EventFixture) => Promise<void>,
  options: EventFixtureOptions = {},
): void {
  Deno.test(`EventStore ${what} (SQLite)`, () => withRealEvents(body, options));
  Deno.test(`EventStore ${what} (in memory)`, async () => {
    const fixture = new MemoryEventFixture(options);
    await fixture.store.start();
    await body(fixture);
    await fixture.store.stop();
  });
}
