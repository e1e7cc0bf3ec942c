/**
 * The receiving side of feeds on one connection: opens, events and ends of all its streams. A feed may be open on two
 * connections at once: which event is which is told by its run and number, so that each is stored once, whoever brings it.
 */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { CloseStream, EndFeed, EventData, OpenFeed } from "../protocol/message.ts";
import { mayReceiveOnFeed, type SourceState } from "../protocol/session_rules.ts";
import type { StreamNumbers } from "../protocol/stream_numbers.ts";
import { closeReasonOf } from "../session/close_reason.ts";
import { HeldBytes } from "../session/held_bytes.ts";
import { errorToPeer } from "../session/peer_error.ts";
import type { EventCounts } from "./event_counts.ts";
import { checkIntact, checkOpening } from "./feed_checks.ts";
import { FeedStream, type FeedStreamOptions } from "./feed_stream.ts";

/** What a receiver needs of its connection. */
export interface FeedReceiverOptions extends Omit<FeedStreamOptions, "held"> {
  /** Shared with the other streams of the connection. */
  readonly numbers: StreamNumbers;
  /** Ends the whole connection. */
  readonly cut: (error: FramewireError) => void;
  /** Called when a feed has been opened. */
  readonly opened: (opening: OpenFeed) => void;
  /** Called when such a one is over; `error`: not because the box said so. */
  readonly ended: (opening: OpenFeed, counts: EventCounts, error: FramewireError | null) => void;
}

interface Entry {
  readonly opening: OpenFeed;
  state: SourceState;
  stream: FeedStream | undefined;
  /** Its end has been told. */
  isTold: boolean;
}

/** Codes of mistakes after which nothing of this connection is believed. */
const CUTS = ["BAD_CHECKSUM", "WINDOW_EXCEEDED", "MALFORMED"];

export class FeedReceiver {
  readonly #options: FeedReceiverOptions;
  readonly #held = new HeldBytes(LIMITS.eventsHeldBytesMax);
  readonly #entries = new Map<number, Entry>();
  /** Openings which are under way, those of streams that have ended meanwhile included. */
  readonly #opening = new Set<Promise<void>>();
  readonly #closing = new Set<Promise<void>>();
  #closed = false;

  constructor(options: FeedReceiverOptions) {
    this.#options = options;
  }

  /** Whether the stream is one of a feed that is open. */
  has(stream: number): boolean {
    return this.#entries.has(stream);
  }

  /**
   * Takes a message of a feed. Opening and storing go on in the background; when too much waits for the disk it is waited
   * for, which is the back-pressure.
   *
   * @throws {FramewireError} when a rule of the protocol is broken; the connection ends then.
   */
  async receive(message: OpenFeed | EventData | EndFeed | CloseStream): Promise<void> {
    if (message.kind === "openFeed") {
      // To open and close streams as fast as one can costs the server more than the box: it has to wait.
      while (this.#opening.size >= LIMITS.streamsPerConnectionMax) await Promise.race(this.#opening);
      return this.#open(message);
    }
    const { stream, kind } = message;
    const entry = this.#entries.get(stream);
    if (entry === undefined) {
      if (!this.#options.numbers.mayHaveEnded(stream)) {
        throw new FramewireError("UNEXPECTED_MESSAGE", `Cannot take ${kind} as stream ${stream} is not open`);
      }
      // Late events of a stream that has ended are intact; damaged ones belong to a stream nobody can tell.
      if (message.kind === "eventData") checkIntact(message);
      return;
    }
    if (!mayReceiveOnFeed("server", entry.state, kind)) {
      throw new FramewireError("UNEXPECTED_MESSAGE", `Cannot take ${kind} as stream ${stream} is ${entry.state}`);
    }
    if (message.kind === "closeStream") return this.#drop(entry, null);
    try {
      if (message.kind === "eventData") return await entry.stream!.take(message);
      entry.state = "ended";
      entry.stream!.end(message.sequence);
    } catch (error) {
      this.#fail(entry, error);
    }
  }

  /** The connection is gone: resolves when what arrived is stored. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#held.close();
    for (const entry of [...this.#entries.values()]) this.#drop(entry, null);
    await Promise.allSettled([...this.#opening, ...this.#closing]);
  }

  #open(opening: OpenFeed): void {
    this.#options.numbers.open(opening.stream);
    const entry: Entry = { opening, state: "opening", stream: undefined, isTold: false };
    this.#entries.set(opening.stream, entry);
    const job = this.#decide(entry).catch((error) => this.#fail(entry, error));
    this.#opening.add(job);
    job.finally(() => this.#opening.delete(job));
  }

  async #decide(entry: Entry): Promise<void> {
    const { opening } = entry;
    checkOpening(opening);
    this.#checkCount();
    const { device, recorder, opened } = this.#options;
    const { feed, run, floor } = opening;
    const { feedId, held } = await recorder.openFeed({ device, feed, run, floor });
    if (!this.#isCurrent(entry)) return;
    entry.stream = new FeedStream(opening, feedId, { ...this.#options, held: this.#held }, {
      failed: (error) => this.#fail(entry, error),
      finished: () => this.#finished(entry),
    });
    entry.state = "sending";
    opened(opening);
    entry.stream.accept(held);
  }

  /** Each feed has a stream for what happens now and one for what is late. */
  #checkCount(): void {
    const { streamsPerConnectionMax: max } = LIMITS;
    const feeds = new Set([...this.#entries.values()].map(({ opening }) => opening.feed));
    if (feeds.size <= max && this.#entries.size <= 2 * max) return;
    const text = `Cannot open feed as those open must be <= ${max}, with two streams each`;
    throw new FramewireError("STREAMS_EXHAUSTED", text, { retryAfterMs: 1_000 });
  }

  #finished(entry: Entry): void {
    if (this.#isCurrent(entry)) this.#entries.delete(entry.opening.stream);
    this.#tellEnd(entry, null);
  }

  /** Ends one stream; the others go on. */
  #fail(entry: Entry, thrown: unknown): void {
    const error = closeReasonOf(thrown).error!;
    if (!this.#isCurrent(entry)) return;
    this.#drop(entry, error);
    if (CUTS.includes(error.code)) return this.#options.cut(error);
    this.#options.send(errorToPeer(error, entry.opening.stream));
  }

  #drop(entry: Entry, error: FramewireError | null): void {
    this.#entries.delete(entry.opening.stream);
    if (entry.stream === undefined) return;
    // Told when the last of it is stored, so that the counts are whole.
    const closing = entry.stream.close().then(() => this.#tellEnd(entry, error));
    this.#closing.add(closing);
    closing.finally(() => this.#closing.delete(closing));
  }

  #tellEnd(entry: Entry, error: FramewireError | null): void {
    if (entry.isTold) return;
    entry.isTold = true;
    this.#options.ended(entry.opening, entry.stream!.counts, error);
  }

  #isCurrent(entry: Entry): boolean {
    return !this.#closed && this.#entries.get(entry.opening.stream) === entry;
  }
}
