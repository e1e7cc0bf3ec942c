/** A feed that is to be sent: what outlives the connections it takes. Its events wait in a queue until they are stored. */
import { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { SequenceRange } from "../protocol/message.ts";
import { againText, SetBacks } from "../session/set_backs.ts";
import type { FeedQueue, NewEvent } from "../store/feed_queue.ts";

/** What a feed is. */
export interface FeedSettings {
  readonly name: string;
  /** One after the other, what is new not ahead of what waits: for events that are all of the past, as those of a file. */
  readonly inOrder?: boolean;
  /** No stream is opened as long as there is nothing to send. */
  readonly lazy?: boolean;
}

/** What a job tells whoever shows it. */
export interface FeedEvents {
  /** Something a person should know. */
  note(job: FeedJob, text: string): void;
  /** It has ended or failed; `job.phase` says which. */
  ended(job: FeedJob): void;
}

/** An event to be pushed; without a time it happens now. */
export type PushedEvent = Pick<NewEvent, "body" | "mark"> & {
  readonly timeMs?: number;
  readonly source?: string | null;
};

/** - `waiting`: for a connection. - `ended`: all that it had was stored or dropped. */
export type FeedPhase = "waiting" | "sending" | "ended" | "failed";

/** What has not waited for this long when a connection is made is not late, ms. */
const LATE_AFTER_MS = 2_000;

export class FeedJob {
  readonly settings: FeedSettings;
  readonly queue: FeedQueue;
  /** Resolves when it has ended or failed. */
  readonly settled: Promise<void>;
  readonly #clock: Clock;
  readonly #events: FeedEvents;
  readonly #settle: () => void;
  #gathered: NewEvent[] = [];
  #gathering: Promise<void> | undefined;
  /** Appends which are not safe yet. */
  #appending = 0;
  #hasInputEnded = false;
  readonly #setBacks = new SetBacks();
  /** When something began to wait, or was stored last, on the monotonic clock, ms; what was there before is late. */
  #waitsSinceMs: number;
  /** Up to here events were late on the last connection, and stay so. */
  #lateThrough = 0;
  /** By stream. */
  readonly #sending = new Map<object, SequenceRange>();
  /** Called when there is something new to send or to end; of the connection which serves it. */
  changed: () => void = () => {};
  phase: FeedPhase = "waiting";
  error: FramewireError | null = null;
  /** It ended because the program was told to stop, with events that were not sent. */
  stopped = false;
  /** Not to be tried before this, on the monotonic clock, ms. */
  notBeforeMs = 0;
  #pushed = 0;
  /** Events written to connections, those sent again included. */
  sent = 0;
  /** Events which have become durable on the server. */
  stored = 0;
  /** Events that the server has received, over all connections. */
  received = 0;
  #held = 0;

  constructor(
    settings: FeedSettings,
    outside: { readonly clock: Clock; readonly queue: FeedQueue; readonly events: FeedEvents },
  ) {
    this.settings = settings;
    this.queue = outside.queue;
    this.#clock = outside.clock;
    this.#events = outside.events;
    this.#waitsSinceMs = outside.queue.events > 0 ? -Infinity : Infinity;
    outside.queue.changed = () => this.#queueChanged();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.settled = promise;
    this.#settle = resolve;
  }

  get isEnded(): boolean {
    return this.phase === "ended" || this.phase === "failed";
  }

  /** Whether no more events will be pushed, and all that were are in the queue. */
  get hasInputEnded(): boolean {
    return this.#hasInputEnded && this.#appending === 0 && this.#gathered.length === 0;
  }

  /** Events which the server had already; not sent. */
  get alreadyThere(): number {
    return this.#held + this.queue.alreadyThere;
  }

  /** What has become of its events. */
  get counts(): { pushed: number; stored: number; dropped: number; waiting: number } {
    const { dropped, events } = this.queue;
    return { pushed: this.#pushed, stored: this.stored, dropped, waiting: events };
  }

  /**
   * For a new connection: the last event which has waited for so long that what comes now goes before it; 0 when there is
   * none.
   */
  get lateThrough(): number {
    const { inOrder = false } = this.settings;
    const isOld = this.#clock.now() - this.#waitsSinceMs >= LATE_AFTER_MS;
    const isLate = !inOrder && this.queue.events > 0 && (isOld || this.queue.floor <= this.#lateThrough);
    this.#lateThrough = isLate ? this.queue.lastSequence : 0;
    return this.#lateThrough;
  }

  /**
   * Adds an event; resolves when it is safe in the queue. Those of the same moment are added together.
   *
   * @throws {FramewireError} as {@linkcode FeedQueue.append}; `SHUTTING_DOWN` behind the end.
   */
  push(event: PushedEvent): Promise<void> {
    return this.pushAll([{ timeMs: this.#clock.wallMs(), source: null, ...event }]);
  }

  /** As {@linkcode push}, of many. */
  pushAll(events: readonly NewEvent[]): Promise<void> {
    if (this.#hasInputEnded) {
      return Promise.reject(
        new FramewireError("SHUTTING_DOWN", `Cannot add events as ${this.settings.name} has ended`),
      );
    }
    for (const event of events) this.#gathered.push(event);
    return this.#gathering ??= Promise.resolve().then(() => this.#append());
  }

  async #append(): Promise<void> {
    const events = this.#gathered;
    this.#gathered = [];
    this.#gathering = undefined;
    this.#appending++;
    try {
      await this.queue.append(events);
      this.#pushed += events.length;
    } finally {
      this.#appending--;
      // What was pushed last may have been refused, behind the end.
      this.#finishIfDone();
      this.changed();
    }
  }

  /** No more events will be pushed. */
  end(): void {
    this.#hasInputEnded = true;
    this.#finishIfDone();
    this.changed();
  }

  /** The program was told to stop: what waits has a moment to be sent, what is left stays in the spool, if there is one. */
  stop(): void {
    if (this.isEnded) return;
    this.stopped = this.queue.events > 0 || !this.#hasInputEnded;
    this.end();
  }

  /** Nothing more will be sent. */
  giveUp(): void {
    this.#hasInputEnded = true;
    this.changed = () => {};
  }

  /** The server has accepted a stream, and holds these events of the run. False: another run was begun instead. */
  async accepted(held: readonly SequenceRange[]): Promise<boolean> {
    if (!this.queue.isRepeatable && (held.at(-1)?.last ?? 0) > this.queue.lastSequence) {
      await this.queue.renew();
      return false;
    }
    this.#setBacks.accepted();
    this.#held += await this.queue.held(held);
    if (!this.isEnded) this.phase = "sending";
    return true;
  }

  /** The connection is gone; the events are not. */
  interrupted(): void {
    if (!this.isEnded) this.phase = "waiting";
  }

  /** Events `range` are on their way on a stream, or no more (null): they are not dropped meanwhile. */
  sending(stream: object, range: SequenceRange | null): void {
    if (range === null) this.#sending.delete(stream);
    else this.#sending.set(stream, range);
    this.queue.sending = [...this.#sending.values()];
  }

  /** The server has received more. */
  progressed(events: number): void {
    this.received += events;
    this.#setBacks.progressed();
  }

  /** Events `first` to `last` are durable: `count` of them were sent. */
  storedThrough(first: number, last: number, count: number): void {
    this.stored += count;
    this.#waitsSinceMs = this.#clock.now();
    this.queue.stored(first, last, count);
  }

  /** Streams have ended, and all that they had is stored. */
  streamsEnded(): void {
    this.#finishIfDone();
  }

  fail(error: FramewireError): void {
    this.#end(error);
  }

  /** As that of a source: decides whether an error of this feed alone is tried again, and when. */
  setBack(error: FramewireError, nowMs: number, backoffMs: number, retryForMs: number): void {
    if (this.isEnded) return;
    this.interrupted();
    const pauseMs = this.#setBacks.pauseMs(error, { nowMs, backoffMs, retryForMs });
    if (pauseMs === null) return this.fail(error);
    this.notBeforeMs = nowMs + pauseMs;
    this.#events.note(this, `${error.message}; ${againText(pauseMs)}`);
  }

  #queueChanged(): void {
    if (this.queue.events === 0) this.#waitsSinceMs = Infinity;
    else if (this.#waitsSinceMs === Infinity) this.#waitsSinceMs = this.#clock.now();
    this.changed();
  }

  #finishIfDone(): void {
    if (this.hasInputEnded && this.queue.events === 0) this.#end(null);
  }

  #end(error: FramewireError | null): void {
    if (this.isEnded) return;
    this.error = error;
    this.phase = error === null ? "ended" : "failed";
    this.#hasInputEnded = true;
    this.#events.ended(this);
    this.#settle();
    this.changed();
  }
}
