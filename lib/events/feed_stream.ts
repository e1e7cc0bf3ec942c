/** One stream of a feed on one connection, receiving side: its events on their way to the disk, and their acks. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { EventData, Message, OpenFeed, SequenceRange } from "../protocol/message.ts";
import type { HeldBytes } from "../session/held_bytes.ts";
import { EventAcks } from "./event_acks.ts";
import { EventCounts } from "./event_counts.ts";
import type { EventRecorder } from "./event_recorder.ts";
import { eventsOf } from "./feed_checks.ts";
import { type EventWatcher, type FeedOrigin, type LiveEvent, toLiveEvent } from "./live_event.ts";

/** What the streams of a connection share. */
export interface FeedStreamOptions {
  readonly device: string;
  readonly recorder: EventRecorder;
  readonly watcher: EventWatcher;
  readonly clock: Clock;
  /** The clock of the box less ours, ms. */
  readonly clockOffsetMs: () => number;
  /** Of all feeds of the server. */
  readonly totals: EventCounts;
  readonly held: HeldBytes;
  readonly send: (message: Message) => void;
}

/** What a stream tells its owner. */
export interface FeedStreamEvents {
  failed(error: unknown): void;
  /** All events are stored; the box is told behind it. */
  finished(): void;
}

/** A batch which waits for the disk. */
interface Waiting {
  readonly bytes: number;
  readonly last: number;
  readonly events: readonly LiveEvent[];
  /** How many were new; null before it is stored. */
  stored: number | null;
}

/** What a batch counts for at least of what waits: with batches of one event the disk has more to do than with full ones. */
const BATCH_BYTES_MIN = 64 * 1024;

export class FeedStream {
  readonly counts = new EventCounts();
  readonly #stream: number;
  readonly #origin: FeedOrigin;
  readonly #options: FeedStreamOptions;
  readonly #events: FeedStreamEvents;
  readonly #acks: EventAcks;
  /** In the order in which they came. */
  readonly #waiting: Waiting[] = [];
  readonly #appending = new Set<Promise<void>>();
  #waitingEvents = 0;
  #waitingBytes = 0;
  #last = 0;
  #isEnded = false;
  #closed = false;

  constructor(opening: OpenFeed, feedId: number, options: FeedStreamOptions, events: FeedStreamEvents) {
    const { stream, feed, run, late } = opening;
    const { device, clock, send } = options;
    this.#stream = stream;
    this.#origin = { device, feed, feedId, run, late };
    this.#options = options;
    this.#events = events;
    this.#acks = new EventAcks({ stream, clock, send });
  }

  /** Tells the box that it may send. */
  accept(held: readonly SequenceRange[]): void {
    const { eventWindowEvents: windowEvents, eventWindowBytes: windowBytes } = LIMITS;
    this.#options.send({ kind: "feedAccepted", stream: this.#stream, held, windowEvents, windowBytes });
  }

  /**
   * Takes a batch; resolves when it may take the next.
   *
   * @throws {FramewireError} `WINDOW_EXCEEDED`, `BAD_CHECKSUM`, `MALFORMED`, `INVALID_NAME`.
   */
  async take(message: EventData): Promise<void> {
    const { clock, clockOffsetMs, totals, held } = this.#options;
    const events = eventsOf(message, this.#last);
    const bytes = message.batch.length;
    this.#checkWindow(events.length, bytes);
    const [offsetMs, receivedMs] = [clockOffsetMs(), clock.wallMs()];
    const last = events.at(-1)!.sequence;
    const live = events.map((event) => toLiveEvent(event, offsetMs, receivedMs));
    const waiting: Waiting = { bytes, last, events: live, stored: null };
    this.#last = last;
    this.#waiting.push(waiting);
    this.#waitingEvents += events.length;
    this.#waitingBytes += bytes;
    held.add(Math.max(bytes, BATCH_BYTES_MIN));
    this.counts.received += events.length;
    totals.received += events.length;
    this.#acks.received(last);
    this.#append(waiting, receivedMs, offsetMs, message.batch);
    if (held.isFull) await held.room();
  }

  /** There are no more events: when all are stored the stream is finished. @throws {FramewireError} `MALFORMED`. */
  end(sequence: number): void {
    if (sequence < this.#last) {
      const text = `Cannot end feed at a number which must be >= ${this.#last}: received ${sequence}`;
      throw new FramewireError("MALFORMED", text);
    }
    this.#isEnded = true;
    this.#finishIfDone();
  }

  /** Says nothing more to the box; resolves when what has come is stored, or has failed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#acks.stop();
    await Promise.allSettled(this.#appending);
  }

  #checkWindow(events: number, bytes: number): void {
    const { eventWindowEvents, eventWindowBytes } = LIMITS;
    const [allEvents, allBytes] = [this.#waitingEvents + events, this.#waitingBytes + bytes];
    if (allEvents <= eventWindowEvents && allBytes <= eventWindowBytes) return;
    const text = `Cannot take events as those unacked must be <= ${eventWindowEvents}, of <= ${eventWindowBytes} ` +
      `bytes: received ${allEvents} of ${allBytes}`;
    throw new FramewireError("WINDOW_EXCEEDED", text);
  }

  #append(waiting: Waiting, receivedMs: number, offsetMs: number, batch: Uint8Array): void {
    const { feedId, run, late } = this.#origin;
    const appending = this.#options.recorder.append(feedId, run, late, receivedMs, offsetMs, batch)
      .then(({ stored }) => this.#stored(waiting, stored))
      .catch((error) => this.#events.failed(error))
      .finally(() => {
        this.#options.held.remove(Math.max(waiting.bytes, BATCH_BYTES_MIN));
        this.#appending.delete(appending);
      });
    this.#appending.add(appending);
  }

  #stored(waiting: Waiting, stored: number): void {
    waiting.stored = stored;
    let through = 0;
    // A batch in front which has failed, or is not done, keeps those behind it unacked.
    for (let first = this.#waiting[0]; first !== undefined && first.stored !== null; first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#waitingEvents -= first.events.length;
      this.#waitingBytes -= first.bytes;
      through = first.last;
      this.#count(first.events.length, first.stored);
      this.#options.watcher.stored(this.#origin, first.events, first.stored);
    }
    if (through === 0) return;
    this.#acks.stored(through);
    this.#finishIfDone();
  }

  #count(events: number, stored: number): void {
    for (const counts of [this.counts, this.#options.totals]) {
      counts.stored += stored;
      counts.duplicates += events - stored;
      if (this.#origin.late) counts.late += stored;
    }
  }

  #finishIfDone(): void {
    if (!this.#isEnded || this.#closed || this.#waiting.length > 0) return;
    this.#closed = true;
    this.#acks.stop();
    this.#events.finished();
    this.#options.send({ kind: "feedEnded", stream: this.#stream, storedEvents: this.counts.stored });
  }
}
