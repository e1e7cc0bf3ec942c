/** A connection of the box: says Hello, and gives its streams to all feeds and sources, and to the clips that wait, a few at a time. */
import { LIMITS } from "../config/limits.ts";
import type { ClipJob } from "../clips/clip_job.ts";
import { ClipUpload } from "../clips/clip_upload.ts";
import { FramewireError } from "../errors.ts";
import type { FeedJob } from "../events/feed_job.ts";
import type { SourceJob } from "../frames/source_job.ts";
import { SourceUpload } from "../frames/source_upload.ts";
import type { Clock } from "../platform/clock.ts";
import type { Connection } from "../platform/network.ts";
import type { Random } from "../platform/random.ts";
import { LinkPacer } from "../protocol/link_pacer.ts";
import { type Message, PROTOCOL_VERSION, type Welcome } from "../protocol/message.ts";
import type { CloseReason } from "../session/close_reason.ts";
import { Session } from "../session/session.ts";
import { backoffMs } from "../config/backoff.ts";
import { BoxFeeds } from "./box_feeds.ts";
import type { OpenWork } from "./open_work.ts";
import { type BoxHealth, StatusTeller } from "./status_teller.ts";

/** Who the box is. */
export interface BoxIdentity {
  readonly device: string;
  readonly token: string;
  readonly software: string;
}

export interface BoxSessionOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly random: Random;
  readonly identity: BoxIdentity;
  readonly clips: readonly ClipJob[];
  readonly sources: readonly SourceJob[];
  readonly feeds: readonly FeedJob[];
  /** How the box is; undefined when it does not say. */
  readonly health: (() => BoxHealth) | undefined;
  /** How long a full server is asked again, ms. */
  readonly retryForMs: number;
  /** What may still come; undefined when nothing may. */
  readonly work: OpenWork | undefined;
  readonly welcomed: (welcome: Welcome, remote: string) => void;
}

/** Clips at once: while one waits for the server's disk, the others keep the link busy. */
const UPLOADS_MAX = 4;
/** How long sources and feeds have to end after the program was told to stop, ms. */
const STOP_MS = 2_000;

export class BoxSession {
  readonly #options: BoxSessionOptions;
  readonly #session: Session;
  readonly #pacer = new LinkPacer();
  readonly #clipUploads = new Set<ClipUpload>();
  readonly #sourceUploads = new Set<SourceUpload>();
  readonly #clipByStream = new Map<number, ClipUpload>();
  readonly #sourceByStream = new Map<number, SourceUpload>();
  readonly #feeds: BoxFeeds;
  readonly #status: StatusTeller | undefined;
  #welcome: Welcome | undefined;
  #nextStream = 1;
  #finished = false;
  /** Told to stop: what has not begun does not begin any more. */
  #stopping = false;
  /** Clips before this index have ended. */
  #firstOpen = 0;
  #cancelRetry = () => {};
  #cancelStop = () => {};

  constructor(options: BoxSessionOptions) {
    this.#options = options;
    const { clock, random, retryForMs, feeds, health } = options;
    this.#session = new Session("box", options.connection, clock);
    const send = (message: Message) => this.#session.send(message);
    this.#feeds = new BoxFeeds(feeds, {
      ...{ clock, random, pacer: this.#pacer, retryForMs, send },
      number: () => this.#nextStream++,
      wake: () => this.#session.wake(),
      ended: () => this.#startNext(),
    });
    this.#status = health === undefined ? undefined : new StatusTeller(clock, health, send);
  }

  /** Whether the server has welcomed us. */
  get isWelcome(): boolean {
    return this.#welcome !== undefined;
  }

  /** Serves the jobs until all have ended, or the connection has. Never rejects. */
  async run(signal: AbortSignal): Promise<CloseReason> {
    const { identity, clock } = this.#options;
    const stop = () => this.#stop();
    signal.addEventListener("abort", stop);
    this.#session.send({ kind: "hello", protocolVersion: PROTOCOL_VERSION, unixMs: clock.wallMs(), ...identity });
    if (signal.aborted) stop();
    if (this.#options.work !== undefined) this.#options.work.listener = () => this.#workChanged();
    const reason = await this.#session.run({ receive: (message) => this.#receive(message) });
    signal.removeEventListener("abort", stop);
    // What is set back from here on waits for the next connection.
    this.#finished = true;
    this.#cancelRetry();
    this.#cancelStop();
    this.#status?.stop();
    this.#feeds.stop();
    for (const upload of this.#clipUploads) {
      upload.stop();
      upload.job.enter("waiting");
    }
    for (const upload of this.#sourceUploads) upload.stop();
    this.#clipUploads.clear();
    this.#sourceUploads.clear();
    return reason;
  }

  /** Clips stop where they are; sources and feeds say that there is no more, and have a moment to hear what became of it. */
  #stop(): void {
    this.#stopping = true;
    const cut = () => this.#session.cut(new FramewireError("SHUTTING_DOWN", "The sender was stopped"));
    for (const upload of this.#clipUploads) {
      this.#session.detach(upload);
      upload.stop();
    }
    for (const source of this.#options.sources) source.stop();
    for (const feed of this.#options.feeds) feed.stop();
    if (this.#sourceUploads.size === 0 && this.#feeds.isIdle) return cut();
    this.#cancelStop = this.#options.clock.timer(STOP_MS, cut);
  }

  #receive(message: Message): void {
    switch (message.kind) {
      case "welcome":
        return this.#welcomed(message);
      // A stream that has ended here may still be answered.
      case "clipOffer":
      case "clipAccepted":
      case "ack":
      case "resend":
        return this.#clipByStream.get(message.stream)?.receive(message);
      case "sourceAccepted":
      case "framesHeld":
      case "frameAck":
      case "sourceEnded":
        return this.#sourceByStream.get(message.stream)?.receive(message);
      case "feedAccepted":
      case "eventAck":
      case "feedEnded":
        return void this.#feeds.receive(message);
      case "error":
        if (this.#feeds.receive(message)) return;
        return (this.#clipByStream.get(message.stream) ?? this.#sourceByStream.get(message.stream))?.receive(message);
    }
  }

  #welcomed(message: Welcome): void {
    if (message.protocolVersion !== PROTOCOL_VERSION) {
      throw new FramewireError(
        "UNSUPPORTED_VERSION",
        `Cannot talk as protocol version must be ${PROTOCOL_VERSION}: received ${message.protocolVersion}`,
      );
    }
    if (
      message.chunkBytesMax < LIMITS.chunkBytesMin || message.windowBytes < LIMITS.chunkBytesMin ||
      message.pingIntervalMs < 100
    ) {
      throw new FramewireError("MALFORMED", "Cannot use the limits of the server: chunks or heartbeats are too small");
    }
    this.#welcome = message;
    this.#session.open(LIMITS.messageBytesMax, message.pingIntervalMs);
    this.#options.welcomed(message, this.#session.remote);
    this.#session.attach(this.#feeds.lane);
    this.#status?.start();
    this.#startNext();
  }

  /** Lists have changed: clips may have moved in theirs, or are gone from it. */
  #workChanged(): void {
    this.#firstOpen = 0;
    for (const upload of this.#clipUploads) {
      if (upload.job.isEnded || this.#options.clips.includes(upload.job)) continue;
      upload.cancel();
      this.#clipUploads.delete(upload);
      this.#session.detach(upload);
    }
    if (this.#welcome !== undefined) this.#startNext();
  }

  /** Gives free streams to waiting jobs; says goodbye when there is nothing left to do. */
  #startNext(): void {
    if (this.#finished) return;
    if (this.#stopping) return this.#finishStop();
    const { clips, sources, feeds, clock } = this.#options;
    const nowMs = clock.now();
    this.#cancelRetry();
    this.#feeds.start(this.#welcome!.streamsMax);
    this.#startSources(nowMs);
    if (this.#startClips(nowMs)) return;
    const later = [...clips, ...sources, ...feeds].map(({ phase, notBeforeMs }) =>
      phase === "waiting" ? notBeforeMs : 0
    )
      .filter((atMs) => atMs > nowMs);
    if (later.length > 0) {
      this.#cancelRetry = clock.timer(Math.max(1, Math.min(...later) - nowMs), () => this.#startNext());
    } else if (this.#options.work?.isOpen !== true && this.#areClipsEnded() && [...sources, ...feeds].every(isEnded)) {
      this.#finished = true;
      this.#session.finish("All sent");
    }
  }

  #areClipsEnded(): boolean {
    const { clips } = this.#options;
    return this.#firstOpen === clips.length || clips.every((job) => job.isEnded);
  }

  /** Goodbye when the sources and feeds have ended; with clips under way the server hears why they stop. */
  #finishStop(): void {
    if (this.#sourceUploads.size > 0 || !this.#feeds.isIdle) return;
    this.#finished = true;
    if (this.#clipUploads.size > 0) this.#session.cut(new FramewireError("SHUTTING_DOWN", "The sender was stopped"));
    else this.#session.finish("Stopped");
  }

  /** True when more wait than there are streams for. */
  #startClips(nowMs: number): boolean {
    const { clips } = this.#options;
    const streamsMax = Math.max(1, Math.min(UPLOADS_MAX, this.#welcome!.streamsMax));
    // Those at the front are mostly done: a folder of a hundred thousand clips is not walked through for each of them.
    while (clips[this.#firstOpen]?.isEnded) this.#firstOpen++;
    for (let index = this.#firstOpen; index < clips.length; index++) {
      if (this.#clipUploads.size >= streamsMax) return true;
      const job = clips[index]!;
      if (job.phase === "waiting" && job.notBeforeMs <= nowMs) this.#startClip(job);
    }
    return false;
  }

  #startClip(job: ClipJob): void {
    const welcome = this.#welcome!;
    const upload = new ClipUpload(job, {
      clock: this.#options.clock,
      pacer: this.#pacer,
      chunkBytesMax: Math.min(welcome.chunkBytesMax, welcome.windowBytes, LIMITS.chunkBytesMax),
      windowBytes: Math.min(welcome.windowBytes, LIMITS.windowBytes),
      unfinished: welcome.unfinished,
      send: (message) => this.#session.send(message),
      wake: () => this.#session.wake(),
      number: (numbered) => {
        this.#clipByStream.set(this.#nextStream, numbered);
        return this.#nextStream++;
      },
      ended: (ended, error) => this.#clipEnded(ended, error),
    });
    this.#clipUploads.add(upload);
    job.enter("checking");
    this.#session.attach(upload);
    upload.start();
  }

  #clipEnded(upload: ClipUpload, error: FramewireError | null): void {
    const { clock, random, retryForMs } = this.#options;
    upload.stop();
    this.#clipUploads.delete(upload);
    this.#clipByStream.delete(upload.stream);
    this.#session.detach(upload);
    // Its bytes in flight were forgotten: there is room for others.
    this.#session.wake();
    const settled = error === null
      ? Promise.resolve()
      : upload.job.setBack(error, clock.now(), backoffMs(1, random), retryForMs);
    settled.catch((thrown) => this.#session.cut(new FramewireError("INTERNAL", String(thrown))))
      .finally(() => this.#startNext());
  }

  /** All of them at once, as a camera cannot wait, up to what the server takes. */
  #startSources(nowMs: number): void {
    const streamsMax = Math.max(1, this.#welcome!.streamsMax);
    for (const job of this.#options.sources) {
      if (job.phase !== "waiting" || job.notBeforeMs > nowMs) continue;
      if ([...this.#sourceUploads].some((upload) => upload.job === job)) continue;
      if (this.#sourceUploads.size >= streamsMax) {
        job.setBack(sourcesExhausted(streamsMax), nowMs, 0, this.#options.retryForMs);
        continue;
      }
      const upload = new SourceUpload(job, this.#nextStream++, {
        clock: this.#options.clock,
        pacer: this.#pacer,
        send: (message) => this.#session.send(message),
        wake: () => this.#session.wake(),
        ended: (ended, error) => this.#sourceEnded(ended, error),
      });
      this.#sourceUploads.add(upload);
      this.#sourceByStream.set(upload.stream, upload);
      this.#session.attach(upload);
      upload.start();
    }
  }

  #sourceEnded(upload: SourceUpload, error: FramewireError | null): void {
    const { clock, random, retryForMs } = this.#options;
    this.#sourceUploads.delete(upload);
    this.#sourceByStream.delete(upload.stream);
    this.#session.detach(upload);
    this.#session.wake();
    if (error !== null) upload.job.setBack(error, clock.now(), backoffMs(1, random), retryForMs);
    this.#startNext();
  }
}

function isEnded(job: { readonly isEnded: boolean }): boolean {
  return job.isEnded;
}

function sourcesExhausted(streamsMax: number): FramewireError {
  const text = `Cannot send more sources as the server takes ${streamsMax} on a connection`;
  return new FramewireError("STREAMS_EXHAUSTED", text, { retryAfterMs: 60_000 });
}
