/** A stream of a feed on one connection, sending side: opens it, sends, ends it, hears what became of it. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import { encodeMessage } from "../protocol/codec.ts";
import { frameEvents } from "../protocol/event_frame.ts";
import { eventEnds, type EventPack } from "../protocol/event_pack.ts";
import type { LinkPacer } from "../protocol/link_pacer.ts";
import type { ErrorMessage, EventAck, FeedAccepted, FeedEnded, Message } from "../protocol/message.ts";
import { mayReceiveOnFeed, type SourceState } from "../protocol/session_rules.ts";
import type { OutgoingFrame } from "../session/frame_writer.ts";
import { errorFromPeer } from "../session/peer_error.ts";
import type { FeedJob } from "./feed_job.ts";
import { OutgoingEvents } from "./outgoing_events.ts";

/** What an upload needs of its connection. */
export interface FeedLink {
  readonly clock: Clock;
  /** Shared by everything on the connection. */
  readonly pacer: LinkPacer;
  send(message: Message): void;
  /** Says that a batch may be ready. */
  wake(): void;
  /** The upload has ended on this connection, well (no error) or not. */
  ended(upload: FeedUpload, error: FramewireError | null): void;
}

/** Which events of the feed go on a stream: those behind `after`, up to `through`. */
export interface FeedSpan {
  readonly after: number;
  /** Infinity: what is still to come, too. */
  readonly through: number;
  readonly late: boolean;
}

/** Read from the queue at once, bytes: a few batches. */
const READ_BYTES = 256 * 1024;
/** Largest batch, bytes: a fraction of the window, so that the link does not stand still while one is stored. */
const BATCH_BYTES_MAX = LIMITS.eventWindowBytes / 16;
/** A batch of so few bytes does not wait for the link: it is in front of everything in our lanes, so it is the next. */
const URGENT_BYTES = LIMITS.chunkBytesMin;
/** Share of the window that a late stream uses: what comes live waits behind it in the server. */
const LATE_SHARE = 1 / 4;
/** A batch which the window cuts is not smaller than this share of it. */
const BATCH_SHARE_MIN = 1 / 8;
/** An end which is not answered for so long, with nothing else heard of the feed, was lost: ms. */
const END_LOST_MS = 3 * LIMITS.endAgainMs;

export class FeedUpload {
  readonly job: FeedJob;
  readonly stream: number;
  readonly span: FeedSpan;
  readonly #link: FeedLink;
  readonly #outgoing = new OutgoingEvents();
  #state: SourceState = "opening";
  #hasStopped = false;
  /** Accepted, and what the server holds is out of the queue. */
  #isReady = false;
  #run = "";
  #windowEvents = 0;
  #windowBytes = 0;
  /** Last event that was taken from the queue. */
  #readThrough: number;
  /** Taken and not sent. */
  #page: EventPack[] = [];
  #pageBytes = 0;
  #isReading = false;
  #lastSent = 0;
  #cancelEndTimer = () => {};

  constructor(job: FeedJob, stream: number, span: FeedSpan, link: FeedLink) {
    this.job = job;
    this.stream = stream;
    this.span = span;
    this.#link = link;
    this.#readThrough = span.after;
  }

  /** Asks the server. */
  start(): void {
    const { job, stream, span } = this;
    const { run, floor } = job.queue;
    this.#run = run;
    this.#link.send({ kind: "openFeed", stream, feed: job.settings.name, run, floor, late: span.late });
  }

  /** The connection is gone, or the program stops. */
  stop(): void {
    if (this.#hasStopped) return;
    this.#hasStopped = true;
    this.#cancelEndTimer();
    this.job.sending(this, null);
    this.#link.pacer.forget(this.#outgoing.unreceivedBytes);
  }

  /** Tells the server that nothing more comes. */
  close(reason: string): void {
    if (this.#hasStopped) return;
    this.#sayClosed(reason);
    this.stop();
  }

  /** Takes a message of this stream. @throws {FramewireError} `UNEXPECTED_MESSAGE`, `INVALID_RANGE`. */
  receive(message: FeedAccepted | EventAck | FeedEnded | ErrorMessage): void {
    if (!mayReceiveOnFeed("box", this.#state, message.kind)) {
      throw new FramewireError(
        "UNEXPECTED_MESSAGE",
        `Cannot take ${message.kind} as the stream ${this.stream} of a feed is ${this.#state}`,
      );
    }
    if (this.#state === "ended") this.#expectEnd();
    switch (message.kind) {
      case "feedAccepted":
        return this.#accepted(message);
      case "eventAck":
        return this.#acknowledged(message);
      case "feedEnded":
        this.#storedThrough(this.#lastSent);
        this.stop();
        return this.#link.ended(this, null);
      case "error":
        return this.#fail(errorFromPeer(message));
    }
  }

  /** There may be more in the queue. */
  changed(): void {
    if (this.#hasStopped) return;
    if (this.job.queue.run !== this.#run) return this.#refuse("The numbering of this feed has begun anew");
    if (this.#isReady) this.#read();
  }

  /** The next batch, if one may go now. */
  poll(): OutgoingFrame | undefined {
    if (this.#hasStopped || !this.#isReady || this.#state !== "sending") return undefined;
    if (this.#page.length > 0) return this.#nextBatch();
    if (!this.#hasEnded) return undefined;
    this.#state = "ended";
    this.#expectEnd();
    const bytes = encodeMessage({ kind: "endFeed", stream: this.stream, sequence: this.#lastSent });
    return { bytes, written: () => {} };
  }

  /** Nothing more is to be sent. */
  get #hasEnded(): boolean {
    const mayGrow = this.span.through === Infinity && !this.job.hasInputEnded;
    return !mayGrow && !this.#isReading && this.#readThrough >= this.#end;
  }

  /** The last event that there is for this stream. */
  get #end(): number {
    return Math.min(this.span.through, this.job.queue.lastSequence);
  }

  #nextBatch(): OutgoingFrame | undefined {
    const nowMs = this.#link.clock.now();
    const { pacer } = this.#link;
    const isFull = pacer.inFlight > 0 && pacer.inFlight >= pacer.inFlightMax(nowMs);
    const isUrgent = !this.span.late && this.#outgoing.unreceivedBytes + this.#pageBytes <= URGENT_BYTES;
    if (isFull && !isUrgent) return undefined;
    const room = this.#room(pacer.chunkBytes(nowMs, LIMITS.chunkBytesMin, BATCH_BYTES_MAX));
    if (room === undefined) return undefined;
    const parts: Uint8Array[] = [];
    let [events, bytes] = [0, 0];
    while (this.#page.length > 0) {
      const part = this.#take(room.events - events, bytes === 0 ? room.bytes : room.bytes - bytes, bytes === 0);
      if (part === undefined) break;
      parts.push(part.bytes);
      bytes += part.bytes.length;
      events += part.last - part.first + 1;
      this.#lastSent = part.last;
    }
    if (parts.length === 0) return undefined;
    this.#outgoing.send({ last: this.#lastSent, events, bytes });
    pacer.send(bytes, nowMs);
    this.job.sent += events;
    this.#read();
    return { bytes: frameEvents(this.stream, parts), written: () => {} };
  }

  /** What the next batch may hold; undefined when it has to wait for the window. */
  #room(bytesWanted: number): { events: number; bytes: number } | undefined {
    const events = this.#windowEvents - this.#outgoing.events;
    const bytes = this.#windowBytes - this.#outgoing.bytes;
    // A single event may be larger than what is left of the window only when nothing else is on its way.
    if (this.#outgoing.events === 0) return { events: Math.min(events, LIMITS.eventsPerBatchMax), bytes: bytesWanted };
    const isSmall = events < this.#windowEvents * BATCH_SHARE_MIN || bytes < this.#windowBytes * BATCH_SHARE_MIN;
    if (isSmall) return undefined;
    return { events: Math.min(events, LIMITS.eventsPerBatchMax), bytes: Math.min(bytes, bytesWanted) };
  }

  /** Takes events off the page; `isFirst`: at least one, however large. */
  #take(eventsMax: number, bytesMax: number, isFirst: boolean): EventPack | undefined {
    const pack = this.#page[0]!;
    if (pack.last - pack.first < eventsMax && pack.bytes.length <= bytesMax) {
      this.#page.shift();
      this.#pageBytes -= pack.bytes.length;
      return pack;
    }
    if (eventsMax <= 0) return undefined;
    const ends = eventEnds(pack);
    let count = 0;
    while (count < eventsMax && count < ends.length && ends[count]! <= bytesMax) count++;
    if (count === 0 && isFirst && this.#fitsWindow(ends[0]!)) count = 1;
    if (count === 0) return undefined;
    const end = ends[count - 1]!;
    this.#pageBytes -= end;
    if (count === ends.length) {
      this.#page.shift();
      return pack;
    }
    this.#page[0] = { ...pack, first: pack.first + count, bytes: pack.bytes.subarray(end) };
    return { ...pack, last: pack.first + count - 1, bytes: pack.bytes.subarray(0, end) };
  }

  #fitsWindow(bytes: number): boolean {
    return this.#outgoing.events === 0 || this.#outgoing.bytes + bytes <= this.#windowBytes;
  }

  /** Takes more out of the queue while what was taken is sent. */
  #read(): void {
    const end = this.#end;
    if (this.#hasStopped || this.#isReading || this.#pageBytes >= READ_BYTES || this.#readThrough >= end) return;
    this.#isReading = true;
    this.job.queue.read(this.#readThrough, READ_BYTES).then((packs) => this.#taken(packs, end))
      .catch((thrown) => this.#fail(asError(thrown)));
  }

  #taken(packs: readonly EventPack[], end: number): void {
    this.#isReading = false;
    // What comes behind is the affair of the live stream.
    const own = packs.filter(({ first }) => first <= this.span.through);
    for (const pack of own) {
      this.#page.push(pack);
      this.#pageBytes += pack.bytes.length;
    }
    // Numbers at the end may be of events that were dropped.
    this.#readThrough = own.length > 0 && own.length === packs.length ? own.at(-1)!.last : end;
    this.job.sending(this, { first: this.span.after + 1, last: this.#readThrough });
    this.changed();
    this.#link.wake();
  }

  #accepted({ held, windowEvents, windowBytes }: FeedAccepted): void {
    const share = this.span.late ? LATE_SHARE : 1;
    this.#windowEvents = Math.max(1, Math.floor(Math.min(windowEvents, LIMITS.eventWindowEvents) * share));
    this.#windowBytes = Math.min(windowBytes, LIMITS.eventWindowBytes) * share;
    this.#state = "sending";
    this.job.accepted(held).then((isOurs) => {
      if (this.#hasStopped) return;
      if (!isOurs) return this.#refuse("The server has events of this feed which this box never sent");
      this.#isReady = true;
      this.changed();
      this.#link.wake();
    }).catch((thrown) => this.#fail(asError(thrown)));
  }

  #acknowledged({ received, stored }: EventAck): void {
    if (Math.max(received, stored) > this.#lastSent) {
      throw new FramewireError(
        "INVALID_RANGE",
        `Cannot take ack as sequence must be <= ${this.#lastSent}: received ${Math.max(received, stored)}`,
      );
    }
    const { events, bytes } = this.#outgoing.received(Math.max(received, stored));
    this.#link.pacer.acknowledge(bytes, this.#link.clock.now());
    if (events > 0) this.job.progressed(events);
    this.#storedThrough(stored);
    this.#link.wake();
  }

  #storedThrough(through: number): void {
    const count = this.#outgoing.stored(through);
    if (through > this.span.after) this.job.storedThrough(this.span.after + 1, through, count);
  }

  #expectEnd(): void {
    this.#cancelEndTimer();
    this.#cancelEndTimer = this.#link.clock.timer(END_LOST_MS, () => {
      this.#sayClosed("The end was not answered");
      this.#fail(new FramewireError("BAD_CHECKSUM", `The end of ${this.job.settings.name} was not answered`));
    });
  }

  /** Opened again, the feed goes on under another run. */
  #refuse(reason: string): void {
    this.#sayClosed(reason);
    this.#fail(new FramewireError("SOURCE_CHANGED", reason));
  }

  #sayClosed(reason: string): void {
    this.#link.send({ kind: "closeStream", stream: this.stream, discard: false, reason });
  }

  #fail(error: FramewireError): void {
    if (this.#hasStopped) return;
    this.stop();
    this.#link.ended(this, error);
  }
}

function asError(thrown: unknown): FramewireError {
  return thrown instanceof FramewireError ? thrown : new FramewireError("INTERNAL", String(thrown));
}
