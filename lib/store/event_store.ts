/** Events of all boxes, in the catalog: each once, durable when its promise resolves. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import { errorFields, type Log } from "../log.ts";
import type { Clock } from "../platform/clock.ts";
import type { DiskSpace } from "./disk_space.ts";
import type {
  AppendedEvents,
  EventCatalog,
  EventPage,
  EventQuery,
  EventRow,
  FeedOpening,
  FeedRow,
  OpenedFeed,
  Series,
  SeriesQuery,
} from "./event_catalog.ts";
import { EventRetention } from "./event_retention.ts";
import { NO_SPACE_RETRY_MS, storageError } from "./storage_error.ts";

export interface EventStoreOptions {
  /** `SqliteCatalog.events`. */
  readonly catalog: EventCatalog;
  readonly clock: Clock;
  readonly log: Log;
  /** What events may have of the disk. Its reserve should be smaller than that of clips and frames: readings stop last. */
  readonly space: DiskSpace;
  /** Events which arrived longer ago are removed; null: none. */
  readonly retention: { readonly keepMs: number | null };
}

export class EventStore {
  readonly #options: EventStoreOptions;
  readonly #retention: EventRetention;
  /** Bytes of batches since the free space was looked at. */
  #uncheckedBytes: number = LIMITS.spaceCheckBytes;
  #checking: Promise<void> | undefined;
  /** Why nothing is taken at the moment. */
  #refusal: FramewireError | undefined;
  #expiring: Promise<void> | undefined;

  constructor(options: EventStoreOptions) {
    this.#options = options;
    this.#retention = new EventRetention(options);
  }

  /** Has to have ended before the first event comes. */
  async start(): Promise<void> {
    await this.#retention.start();
  }

  /** What was appended is durable when its own promise says so; this only waits for what runs beside. */
  async stop(): Promise<void> {
    this.#retention.stop();
    await this.#expiring?.catch(() => {});
    await this.#checking;
  }

  /**
   * Opens a feed for a run of it; several connections may have it open.
   *
   * @throws {FramewireError} `STREAMS_EXHAUSTED`, `INVALID_RANGE`, `NO_SPACE`, `STORAGE_FAILED`.
   */
  async openFeed(opening: FeedOpening): Promise<OpenedFeed> {
    const { catalog, clock } = this.#options;
    const feedsMax = LIMITS.feedsPerDeviceMax;
    const opened = await catalog.openFeed({ ...opening, nowMs: clock.wallMs(), feedsMax }).catch((cause) => {
      throw toError("open feed", cause);
    });
    if (opened !== null) return opened;
    throw new FramewireError(
      "STREAMS_EXHAUSTED",
      `Cannot open feed as those of a device must be <= ${feedsMax}: ${opening.device} has as many`,
      { retryAfterMs: NO_SPACE_RETRY_MS },
    );
  }

  /**
   * Makes all events of a batch durable in one commit, which others may share; those which are held already are left out.
   * Batches are committed in the order of the calls. `batch`, an EventBatch, is copied before this returns.
   *
   * @throws {FramewireError} `MALFORMED` when the batch is none, or has a JSON that is no object: nothing of it is stored;
   * `INVALID_RANGE` when the run has more gaps than may be; `NO_SPACE`, `STORAGE_FAILED`.
   */
  async append(
    feedId: number,
    run: string,
    late: boolean,
    receivedMs: number,
    offsetMs: number,
    batch: Uint8Array,
  ): Promise<AppendedEvents> {
    this.#checkSpace(batch.length);
    const copy = new Uint8Array(batch);
    try {
      return await this.#options.catalog.append({ feedId, run, late, receivedMs, offsetMs, batch: copy });
    } catch (cause) {
      throw toError("store events", cause);
    }
  }

  /** All feeds with what is stored of them, oldest first. */
  feeds(): Promise<FeedRow[]> {
    return this.#options.catalog.feeds();
  }

  /**
   * Events in the order of time, as many as there are up to `limit`; see {@linkcode page} for what may have to look at a
   * lot, or give a lot.
   */
  async events(query: EventQuery): Promise<EventRow[]> {
    const rows: EventRow[] = [];
    for (let cursor = query.cursor;;) {
      const page = await this.page({
        ...query,
        ...(cursor === undefined ? {} : { cursor }),
        limit: query.limit - rows.length,
      });
      rows.push(...page.rows);
      if (page.cursor === null || rows.length >= query.limit) return rows;
      cursor = page.cursor;
    }
  }

  /** The same within bounds of time and memory: there may be more than it gives, which is asked for with its cursor. */
  page(query: EventQuery): Promise<EventPage> {
    return this.#options.catalog.page(query);
  }

  /** The picture that came with an event, the caller's own; undefined when there is none. */
  picture(eventId: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#options.catalog.picture(eventId);
  }

  /** Values in buckets which are multiples of their length; fast also for years. */
  series(query: SeriesQuery): Promise<Series> {
    return this.#options.catalog.series(query);
  }

  /** Removes what is older than is to be kept. Whoever asks while it runs joins it. */
  expire(): Promise<void> {
    this.#expiring ??= this.#retention.expire().finally(() => this.#expiring = undefined);
    return this.#expiring;
  }

  /** Looks at the disk now and then, beside the commits: their order must not change. */
  #checkSpace(bytes: number): void {
    this.#uncheckedBytes += bytes;
    if (this.#uncheckedBytes >= LIMITS.spaceCheckBytes || this.#refusal !== undefined) {
      this.#checking ??= this.#look().finally(() => this.#checking = undefined);
    }
    if (this.#refusal !== undefined) throw this.#refusal;
  }

  async #look(): Promise<void> {
    this.#uncheckedBytes = 0;
    try {
      await this.#options.space.checkReserve();
      this.#refusal = undefined;
    } catch (error) {
      if (error instanceof FramewireError) this.#refusal = error;
      else this.#options.log("warn", "Free space cannot be told", errorFields(error));
    }
  }
}

/** What the sender did wrong stays what it is; all else is a matter of the disk. */
function toError(action: string, cause: unknown): FramewireError {
  const isOurs = cause instanceof FramewireError &&
    ["MALFORMED", "INVALID_RANGE", "SHUTTING_DOWN"].includes(cause.code);
  return isOurs ? cause : storageError(action, cause);
}
