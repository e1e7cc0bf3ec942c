/** The feeds of a connection: opens their streams, the late ones as there is room, and passes on what comes for them. */
import { backoffMs } from "../config/backoff.ts";
import { FramewireError } from "../errors.ts";
import type { FeedJob } from "../events/feed_job.ts";
import { FeedLane } from "../events/feed_lane.ts";
import { type FeedSpan, FeedUpload } from "../events/feed_upload.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { LinkPacer } from "../protocol/link_pacer.ts";
import type { Message } from "../protocol/message.ts";

/** What the feeds need of their connection. */
export interface FeedsLink {
  readonly clock: Clock;
  readonly random: Random;
  readonly pacer: LinkPacer;
  /** How long a full server is asked again, ms. */
  readonly retryForMs: number;
  /** The number of a new stream. */
  number(): number;
  send(message: Message): void;
  wake(): void;
  /** A feed has ended, or waits to be tried again. */
  ended(): void;
}

type FeedMessage = Extract<Message, { kind: "feedAccepted" | "eventAck" | "feedEnded" | "error" }>;

export class BoxFeeds {
  /** To be attached to the session. */
  readonly lane = new FeedLane();
  readonly #jobs: readonly FeedJob[];
  readonly #link: FeedsLink;
  readonly #byStream = new Map<number, FeedUpload>();
  /** Backlogs whose stream is not open yet. */
  readonly #lateSpans = new Map<FeedJob, FeedSpan>();
  readonly #served = new Set<FeedJob>();
  #streamsMax = 0;

  /** `jobs` may come and go while the connection lasts. */
  constructor(jobs: readonly FeedJob[], link: FeedsLink) {
    this.#jobs = jobs;
    this.#link = link;
  }

  /** Whether no stream is open. */
  get isIdle(): boolean {
    return this.#byStream.size === 0;
  }

  /** Opens streams for those that wait: live ones for all, then late ones. */
  start(streamsMax: number): void {
    this.#streamsMax = Math.max(1, streamsMax);
    const nowMs = this.#link.clock.now();
    for (const job of this.#jobs) {
      if (job.phase !== "waiting" || job.notBeforeMs > nowMs || this.#served.has(job)) continue;
      // As soon as it has something, or will have nothing.
      job.changed = () => job.isEnded ? this.#link.ended() : this.start(streamsMax);
      if (job.settings.lazy !== true || job.queue.events > 0) this.#serve(job, nowMs);
    }
    this.#startLate();
  }

  /** Whether the message was for a stream of a feed. */
  receive(message: FeedMessage): boolean {
    const upload = this.#byStream.get(message.stream);
    upload?.receive(message);
    return upload !== undefined;
  }

  /** The connection is gone. */
  stop(): void {
    for (const upload of this.#byStream.values()) upload.stop();
    this.#byStream.clear();
    this.#lateSpans.clear();
    this.#served.clear();
    for (const job of this.#jobs) {
      job.changed = () => {};
      job.interrupted();
    }
  }

  #serve(job: FeedJob, nowMs: number): void {
    if (this.#byStream.size >= this.#streamsMax) {
      const text = `Cannot send more feeds as the server takes ${this.#streamsMax} streams of them on a connection`;
      const error = new FramewireError("STREAMS_EXHAUSTED", text, { retryAfterMs: 60_000 });
      return job.setBack(error, nowMs, 0, this.#link.retryForMs);
    }
    this.#served.add(job);
    job.changed = () => this.#changed(job);
    const { floor } = job.queue;
    const through = job.lateThrough;
    if (through >= floor) this.#lateSpans.set(job, { after: floor - 1, through, late: true });
    this.#open(job, { after: Math.max(through, floor - 1), through: Infinity, late: false });
  }

  #startLate(): void {
    for (const [job, span] of this.#lateSpans) {
      if (this.#byStream.size >= this.#streamsMax) return;
      this.#lateSpans.delete(job);
      this.#open(job, span);
    }
  }

  #open(job: FeedJob, span: FeedSpan): void {
    const { clock, pacer, number, send, wake } = this.#link;
    const ended = (upload: FeedUpload, error: FramewireError | null) => this.#ended(upload, error);
    const upload = new FeedUpload(job, number(), span, { clock, pacer, send, wake, ended });
    this.#byStream.set(upload.stream, upload);
    this.lane.add(upload);
    upload.start();
  }

  #changed(job: FeedJob): void {
    for (const upload of this.#of(job)) upload.changed();
    this.#link.wake();
  }

  #ended(upload: FeedUpload, error: FramewireError | null): void {
    const { clock, random, retryForMs, wake } = this.#link;
    const { job } = upload;
    this.#remove(upload);
    // Its bytes in flight were forgotten: there is room for others.
    wake();
    if (error !== null) {
      for (const other of this.#of(job)) {
        other.close(error.message);
        this.#remove(other);
      }
      this.#lateSpans.delete(job);
      this.#served.delete(job);
      job.changed = () => {};
      job.setBack(error, clock.now(), backoffMs(1, random), retryForMs);
    } else if (this.#of(job).length === 0 && !this.#lateSpans.has(job)) {
      this.#served.delete(job);
      job.interrupted();
      job.streamsEnded();
    }
    this.#link.ended();
  }

  #remove(upload: FeedUpload): void {
    this.#byStream.delete(upload.stream);
    this.lane.remove(upload);
  }

  #of(job: FeedJob): FeedUpload[] {
    return [...this.#byStream.values()].filter((upload) => upload.job === job);
  }
}
