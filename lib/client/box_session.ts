/** A connection of the box: says Hello, and gives its streams to the clips that wait, a few at a time. */
import { LIMITS } from "../config/limits.ts";
import { ClipJob } from "../clips/clip_job.ts";
import { ClipUpload } from "../clips/clip_upload.ts";
import { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { Connection } from "../platform/network.ts";
import type { Random } from "../platform/random.ts";
import { LinkPacer } from "../protocol/link_pacer.ts";
import { type Message, PROTOCOL_VERSION, type Welcome } from "../protocol/message.ts";
import type { CloseReason } from "../session/close_reason.ts";
import { Session } from "../session/session.ts";
import { backoffMs } from "../config/backoff.ts";

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
  readonly jobs: readonly ClipJob[];
  /** How long a full server is asked again, ms. */
  readonly retryForMs: number;
  readonly welcomed: (welcome: Welcome, remote: string) => void;
}

/** Clips at once: while one waits for the server's disk, the others keep the link busy. */
const UPLOADS_MAX = 4;

export class BoxSession {
  readonly #options: BoxSessionOptions;
  readonly #session: Session;
  readonly #pacer = new LinkPacer();
  readonly #uploads = new Set<ClipUpload>();
  readonly #byStream = new Map<number, ClipUpload>();
  #welcome: Welcome | undefined;
  #nextStream = 1;
  #finished = false;
  /** Jobs before this index have ended. */
  #firstOpen = 0;
  #cancelRetry = () => {};

  constructor(options: BoxSessionOptions) {
    this.#options = options;
    this.#session = new Session("box", options.connection, options.clock);
  }

  /** Whether the server has welcomed us. */
  get isWelcome(): boolean {
    return this.#welcome !== undefined;
  }

  /** Serves the jobs until all have ended, or the connection has. Never rejects. */
  async run(signal: AbortSignal): Promise<CloseReason> {
    const { identity, clock } = this.#options;
    const stop = () => this.#session.cut(new FramewireError("SHUTTING_DOWN", "The sender was stopped"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    this.#session.send({ kind: "hello", protocolVersion: PROTOCOL_VERSION, unixMs: clock.wallMs(), ...identity });
    const reason = await this.#session.run({ receive: (message) => this.#receive(message) });
    signal.removeEventListener("abort", stop);
    // What is set back from here on waits for the next connection.
    this.#finished = true;
    this.#cancelRetry();
    for (const upload of this.#uploads) {
      upload.stop();
      upload.job.enter("waiting");
    }
    this.#uploads.clear();
    return reason;
  }

  #receive(message: Message): void {
    switch (message.kind) {
      case "welcome":
        return this.#welcomed(message);
      case "clipOffer":
      case "clipAccepted":
      case "ack":
      case "resend":
      case "error":
        // A stream that has ended here may still be answered.
        return this.#byStream.get(message.stream)?.receive(message);
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
    this.#startNext();
  }

  /** Gives free streams to waiting jobs; says goodbye when there is nothing left to do. */
  #startNext(): void {
    if (this.#finished) return;
    const { jobs, clock } = this.#options;
    const nowMs = clock.now();
    this.#cancelRetry();
    const streamsMax = Math.max(1, Math.min(UPLOADS_MAX, this.#welcome!.streamsMax));
    // Those at the front are mostly done: a folder of a hundred thousand clips is not walked through for each of them.
    while (jobs[this.#firstOpen]?.isEnded) this.#firstOpen++;
    for (let index = this.#firstOpen; index < jobs.length; index++) {
      if (this.#uploads.size >= streamsMax) return;
      const job = jobs[index]!;
      if (job.phase === "waiting" && job.notBeforeMs <= nowMs) this.#start(job);
    }
    const later = jobs.filter(({ phase }) => phase === "waiting").map(({ notBeforeMs }) => notBeforeMs);
    if (later.length > 0) {
      this.#cancelRetry = clock.timer(Math.max(1, Math.min(...later) - nowMs), () => this.#startNext());
    } else if (this.#firstOpen === jobs.length || jobs.every((job) => job.isEnded)) {
      this.#finished = true;
      this.#session.finish("All sent");
    }
  }

  #start(job: ClipJob): void {
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
        this.#byStream.set(this.#nextStream, numbered);
        return this.#nextStream++;
      },
      ended: (ended, error) => this.#ended(ended, error),
    });
    this.#uploads.add(upload);
    job.enter("checking");
    this.#session.attach(upload);
    upload.start();
  }

  #ended(upload: ClipUpload, error: FramewireError | null): void {
    const { clock, random, retryForMs } = this.#options;
    upload.stop();
    this.#uploads.delete(upload);
    this.#byStream.delete(upload.stream);
    this.#session.detach(upload);
    // Its bytes in flight were forgotten: there is room for others.
    this.#session.wake();
    const settled = error === null
      ? Promise.resolve()
      : upload.job.setBack(error, clock.now(), backoffMs(1, random), retryForMs);
    settled.catch((thrown) => this.#session.cut(new FramewireError("INTERNAL", String(thrown))))
      .finally(() => this.#startNext());
  }
}
