/** Removes the oldest events, by their arrival, some at a time, so that commits go on in between. */
import type { Log } from "../log.ts";
import type { Clock } from "../platform/clock.ts";
import { SteadyWall } from "./steady_wall.ts";
import type { DroppedEvents, EventCatalog } from "./event_catalog.ts";

/** What is kept by the minute stays this many times as long as the events; hours and days stay for ever. */
export const MINUTES_KEPT_TIMES = 10;
/** Of the time that is kept: how finely it is remembered what arrived when. */
const MARKS = 16;

export interface EventRetentionOptions {
  readonly catalog: EventCatalog;
  readonly clock: Clock;
  readonly log: Log;
  readonly retention: { readonly keepMs: number | null };
}

export class EventRetention {
  readonly #options: EventRetentionOptions;
  /** The highest id at times of the monotonic clock, oldest first. */
  readonly #marks: { readonly atMs: number; readonly id: number }[] = [];
  readonly #wall: SteadyWall;
  #isStopped = false;

  constructor(options: EventRetentionOptions) {
    this.#options = options;
    this.#wall = new SteadyWall(options.clock);
  }

  /** Remembers what was there before this start. */
  async start(): Promise<void> {
    if (this.#options.retention.keepMs === null) return;
    this.#marks.push({ atMs: -Infinity, id: await this.#options.catalog.lastId() });
  }

  /** Ends what runs, after the commit that is under way. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Removes all that is too old. */
  async expire(): Promise<void> {
    const { catalog, clock, log, retention: { keepMs } } = this.#options;
    if (keepMs === null) return;
    const isSteady = this.#wall.isSteady(keepMs);
    const idMax = await this.#oldId(keepMs);
    if (!isSteady) return;
    const beforeMs = clock.wallMs() - keepMs;
    const rows = await this.#all(() => catalog.dropEvents(beforeMs, idMax));
    if (rows > 0) log("debug", "Events removed by retention", { events: rows });
    await this.#all(() => catalog.dropMinutes(clock.wallMs() - MINUTES_KEPT_TIMES * keepMs));
  }

  async #all(drop: () => Promise<DroppedEvents>): Promise<number> {
    let rows = 0;
    for (let more = true; more && !this.#isStopped;) {
      const dropped = await drop();
      rows += dropped.rows;
      more = dropped.more;
    }
    return rows;
  }

  /** Wall clocks jump: what arrived a moment ago stays, whatever the time is said to be. The highest id that did not. */
  async #oldId(keepMs: number): Promise<number> {
    const nowMs = this.#options.clock.now();
    const marks = this.#marks;
    if (nowMs - marks.at(-1)!.atMs >= keepMs / MARKS) {
      marks.push({ atMs: nowMs, id: await this.#options.catalog.lastId() });
    }
    const young = marks.findIndex(({ atMs }) => nowMs - atMs < keepMs);
    if (young > 1) marks.splice(0, young - 1);
    return marks[0]!.id;
  }
}
