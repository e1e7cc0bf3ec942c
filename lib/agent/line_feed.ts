/** Lines as events of a feed: bad ones are named and left out, and whoever brings them waits while the spool is full. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError, messageOf } from "../errors.ts";
import type { PushedEvent } from "../events/feed_job.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { NewEvent } from "../store/feed_queue.ts";
import type { PartHealth } from "./supervised_part.ts";

/** A line, where it stands, and the mark of who goes on behind it. */
export interface FeedLine {
  readonly text: string;
  /** For people: `line 7`. */
  readonly place: string;
  /** Why it is no text at all; null when it is. */
  readonly problem: string | null;
  readonly mark?: string;
}

export interface LineFeedOptions {
  /** Takes events; resolves when they are safe. Rejects as {@linkcode FeedJob.push}. */
  readonly push: (events: readonly NewEvent[]) => Promise<void>;
  /** @throws {FramewireError} for a line that is no event. */
  readonly parse: (text: string) => Pick<PushedEvent, "body" | "timeMs">;
  /** Source whose pictures belong to the events. */
  readonly source: string | null;
  readonly clock: Clock;
}

/** A full spool is asked again after this long, ms. */
const FULL_PAUSE_MS = 500;

export class LineFeed {
  readonly #options: LineFeedOptions;

  constructor(options: LineFeedOptions) {
    this.#options = options;
  }

  /** The events of lines, and why others are none. */
  parse(lines: readonly FeedLine[]): { readonly events: NewEvent[]; readonly bad: string[] } {
    const { parse, source, clock } = this.#options;
    const events: NewEvent[] = [];
    const bad: string[] = [];
    const nowMs = clock.wallMs();
    for (const { text, place, problem, mark } of lines) {
      try {
        if (problem !== null) throw new FramewireError("MALFORMED", problem);
        if (text.trim() === "") continue;
        const { timeMs = nowMs, body } = parse(text);
        events.push({ timeMs, source, body, ...(mark === undefined ? {} : { mark }) });
      } catch (thrown) {
        bad.push(`${place}: ${messageOf(thrown)}`);
      }
    }
    return { events, bad };
  }

  /**
   * Takes lines; resolves when they are safe, or `signal` aborts: then they may not be.
   *
   * @throws {FramewireError} as {@linkcode LineFeedOptions.push}, but for a full spool.
   */
  async take(lines: readonly FeedLine[], health: PartHealth, signal: AbortSignal): Promise<void> {
    const { events, bad } = this.parse(lines);
    await this.takeEvents(events, health, signal);
    const more = bad.length > 1 ? ` (and ${bad.length - 1} more)` : "";
    if (bad.length > 0) health.trouble(`Left out ${bad[0]}${more}`);
  }

  /** As {@linkcode take}, of events; resolves with whether all of them are safe. */
  async takeEvents(events: readonly NewEvent[], health: PartHealth, signal: AbortSignal): Promise<boolean> {
    let at = 0;
    while (at < events.length && !signal.aborted) {
      const some = events.slice(at, at + LIMITS.eventsPerBatchMax);
      if (await this.#push(some, health)) at += some.length;
      else await sleep(this.#options.clock, FULL_PAUSE_MS, signal);
    }
    if (at > 0) health.works();
    return at >= events.length;
  }

  /** As {@linkcode take}, of lines without bad ones, and without waiting: all of them or none. @throws {FramewireError} `NO_SPACE`. */
  async takeNow(events: readonly NewEvent[]): Promise<void> {
    if (events.length > 0) await this.#options.push(events);
  }

  /** False when there is no room. */
  async #push(events: readonly NewEvent[], health: PartHealth): Promise<boolean> {
    try {
      await this.#options.push(events);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof FramewireError) || thrown.code !== "NO_SPACE") throw thrown;
      health.trouble(`waits: ${thrown.message}`);
      return false;
    }
  }
}
