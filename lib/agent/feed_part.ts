/** A feed as a part of the agent: its events wait in the spool, and go to the server from there, whoever brings them. */
import { FeedJob } from "../events/feed_job.ts";
import type { Clock } from "../platform/clock.ts";
import { sleep } from "../platform/clock.ts";
import type { FeedQueue, NewEvent } from "../store/feed_queue.ts";
import type { AgentWork } from "./agent_work.ts";
import type { Part, PartHealth } from "./supervised_part.ts";

/** How often it is looked whether events go, ms. */
const LOOK_MS = 1_000;

export class FeedPart implements Part {
  readonly name: string;
  readonly #feed: string;
  readonly #queue: FeedQueue;
  readonly #clock: Clock;
  readonly #work: AgentWork;
  #job: FeedJob | undefined;

  constructor(feed: string, queue: FeedQueue, clock: Clock, work: AgentWork) {
    this.name = `feed ${feed}`;
    this.#feed = feed;
    this.#queue = queue;
    this.#clock = clock;
    this.#work = work;
  }

  /** Of the last line that is safe; null before the first. */
  get mark(): string | null {
    return this.#queue.mark;
  }

  /** Adds events; resolves when they are safe. @throws {FramewireError} as {@linkcode FeedQueue.append}. */
  async push(events: readonly NewEvent[]): Promise<void> {
    // Between two jobs, the spool takes them all the same.
    if (this.#job === undefined || this.#job.hasInputEnded) await this.#queue.append(events);
    else await this.#job.pushAll(events);
  }

  async run(signal: AbortSignal, health: PartHealth): Promise<void> {
    const job = new FeedJob({ name: this.#feed, lazy: true }, {
      clock: this.#clock,
      queue: this.#queue,
      events: { note: (_, text) => health.trouble(text), ended: () => {} },
    });
    const over = new AbortController();
    job.settled.then(() => over.abort());
    const either = AbortSignal.any([signal, over.signal]);
    this.#job = job;
    this.#work.feeds.add(job);
    try {
      for (let stored = 0; !either.aborted;) {
        await sleep(this.#clock, LOOK_MS, either);
        if (job.stored > stored) health.works();
        stored = job.stored;
      }
      // It ends well only with its connection, when the agent stops.
      if (job.error === null) await aborted(signal);
    } finally {
      this.#job = undefined;
      job.giveUp();
      this.#work.feeds.delete(job);
    }
    if (job.error !== null) throw job.error;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
