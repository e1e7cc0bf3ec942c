/**
 * A source that is to be sent: what outlives the connections it takes, and what has become of its pictures. It pulls
 * them from their origin whether there is a connection or not.
 */
import { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import { newId, type Random } from "../platform/random.ts";
import type { DropReason, FramePolicy, FrameResult, SourceAccepted, SourceKind } from "../protocol/message.ts";
import { closeReasonOf } from "../session/close_reason.ts";
import { againText, SetBacks } from "../session/set_backs.ts";
import type { FrameSpool } from "../store/frame_spool.ts";
import type { NewDrop } from "../store/spool_frame_tables.ts";
import { type Drop, DropLedger } from "./drop_ledger.ts";
import { type AnsweredFrame, FrameAnswers } from "./frame_answers.ts";
import type { FrameOrigin, OriginEvents } from "./frame_origin.ts";
import { FrameQueue, type QueuedFrame } from "./frame_queue.ts";
import { LatencyHistogram } from "./latency_histogram.ts";

/** What the server is told of a source. */
export interface SourceSettings {
  readonly name: string;
  readonly kind: SourceKind;
  readonly policy: FramePolicy;
  /** Its pictures have names, under which the server keeps them as files. */
  readonly named: boolean;
}

/** What a job tells whoever shows it. */
export interface SourceEvents {
  /** Something a person should know. */
  note(job: SourceJob, text: string): void;
  /** Once for each picture that was sent, when it is stored and answered. */
  frame(job: SourceJob, frame: AnsweredFrame): void;
  /** Pictures which will never be sent; a count of 0 is "nobody knows how many". */
  dropped(job: SourceJob, drop: { readonly count: number; readonly reason: DropReason }): void;
  /** It has ended or failed; `job.phase` says which. */
  ended(job: SourceJob): void;
}

/** What an origin may tell a job: besides notes and gaps, that a picture was left out because it cannot be sent. */
export interface JobOriginEvents extends OriginEvents {
  leftOut(name: string, reason: string): void;
}

/** - `waiting`: for a connection. - `ended`: all that it had was stored, dropped or left out. */
export type SourcePhase = "waiting" | "sending" | "ended" | "failed";

/** After a drop the next picture is taken when the waiting one goes out, or after this long, ms: a folder can be read faster than that. */
const DROP_PAUSE_MS = 1;

export class SourceJob {
  readonly settings: SourceSettings;
  /** Of this numbering: new for each start of the program, unless pictures are spooled. */
  readonly run: string;
  readonly queue: FrameQueue;
  readonly drops = new DropLedger();
  /** Resolves when it has ended or failed. */
  readonly settled: Promise<void>;
  readonly #open: (events: JobOriginEvents) => Promise<FrameOrigin>;
  readonly #events: SourceEvents;
  /** Where its pictures wait and get their numbers; undefined when they are in memory alone. */
  readonly #spool: FrameSpool | undefined;
  readonly #addedBefore: number;
  readonly #clock: Clock;
  readonly #answers: FrameAnswers;
  readonly #latency = new LatencyHistogram();
  readonly #stop = new AbortController();
  readonly #settle: () => void;
  #pumping: Promise<void> | undefined;
  #roomMade = () => {};
  #originError: FramewireError | null = null;
  readonly #setBacks = new SetBacks();
  /** Called when there is something new to send, to tell or to end; of the connection which serves it. */
  changed: () => void = () => {};
  phase: SourcePhase = "waiting";
  error: FramewireError | null = null;
  /** It ended because the program was told to stop, not because it had nothing more. */
  stopped = false;
  /** Not to be tried before this, on the monotonic clock, ms. */
  notBeforeMs = 0;
  #pulled = 0;
  /** Pictures written to connections, those sent again included. */
  sent = 0;
  /** Pictures which are durable on the server. */
  stored = 0;
  /** Pictures that the server has received, over all connections. */
  received = 0;
  /** Named pictures which the server had already; not sent. */
  alreadyThere = 0;
  /** Pictures that cannot be sent: no JPEG, or too large. The command has failed if there are any. */
  leftOut = 0;
  readonly droppedByReason: Record<DropReason, number> = { link: 0, offline: 0, disk: 0, camera: 0 };

  constructor(
    settings: SourceSettings,
    open: (events: JobOriginEvents) => Promise<FrameOrigin>,
    events: SourceEvents,
    outside: { readonly clock: Clock; readonly random: Random },
    spool?: FrameSpool,
  ) {
    this.settings = settings;
    this.#open = open;
    this.#events = events;
    this.#clock = outside.clock;
    this.run = spool?.run ?? newId(outside.random);
    this.#spool = spool;
    this.#addedBefore = spool?.added ?? 0;
    this.queue = new FrameQueue(settings.policy);
    this.#answers = new FrameAnswers((frame) => events.frame(this, frame));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.settled = promise;
    this.#settle = resolve;
    if (spool === undefined) return;
    for (const drop of spool.unknown) this.drops.add(toDrop(drop));
    spool.dropped = (drop) => {
      this.#tellDrop(toDrop(drop));
      this.changed();
    };
  }

  /** Pictures taken, whether they could be sent or not. */
  get captured(): number {
    return this.#spool === undefined ? this.#pulled : this.#spool.added - this.#addedBefore;
  }

  get isEnded(): boolean {
    return this.phase === "ended" || this.phase === "failed";
  }

  /** Whether there is nothing more to send. */
  get isExhausted(): boolean {
    return this.queue.hasEnded && this.queue.waiting.length === 0;
  }

  /** Median time from write to stored, ms, to 2 %; null before the first. */
  get p50Ms(): number | null {
    return this.#latency.percentileMs(0.5);
  }

  get p99Ms(): number | null {
    return this.#latency.percentileMs(0.99);
  }

  /** Begins to pull pictures; once. */
  start(): void {
    this.#pumping ??= this.#pump();
  }

  /**
   * The program was told to stop: no more pictures are taken; those which were sent may still be stored. What was read
   * ahead of policy `all` is left for the next time.
   */
  stop(): void {
    if (this.isEnded || this.#stop.signal.aborted) return;
    this.stopped = !this.queue.hasEnded || this.queue.waiting.length > 0;
    this.#endQueue();
    if (this.settings.policy === "all") this.queue.clearWaiting();
    this.changed();
  }

  /** Lets go of the origin; nothing more will be sent. */
  async giveUp(): Promise<void> {
    this.#endQueue();
    await this.#pumping;
    if (!this.isEnded && this.settings.policy === "latest") {
      for (const frame of [...this.queue.restart(), ...this.queue.waiting]) this.#drop(frame, "offline");
    }
    this.queue.clearWaiting();
    this.#answers.flush();
  }

  /** The server has accepted it. @throws {FramewireError} `INVALID_RANGE` when it has more of the run than there is. */
  accepted({ stored, holdsNamed, commonResult }: SourceAccepted): void {
    this.#setBacks.accepted();
    this.phase = "sending";
    this.#answers.common = commonResult;
    if (this.#spool !== undefined) this.#spool.dropReason = "link";
    this.storedThrough(stored);
    for (const frame of this.queue.restart()) this.#drop(frame, "offline");
    this.queue.skipThrough(stored);
    this.drops.tellAgain();
    this.drops.forgetThrough(stored);
    this.queue.isOffering = holdsNamed && this.settings.named;
    this.#roomMade();
  }

  /** The connection is gone; the pictures are not. */
  interrupted(): void {
    if (!this.isEnded) this.phase = "waiting";
    if (this.#spool !== undefined) this.#spool.dropReason = "offline";
  }

  /** The next picture goes out. */
  takeNext(): void {
    this.queue.send(this.#clock.now());
    this.sent++;
    this.#roomMade();
  }

  /** The next picture is too large for this server. */
  skipNext(frameBytesMax: number): void {
    const { name, sequence, bytes } = this.queue.peek()!;
    this.queue.skip();
    this.#leaveOut(name ?? `picture ${sequence}`, `it must be <= ${frameBytesMax} bytes: received ${bytes}`);
    this.#roomMade();
  }

  /** The server has received more. */
  progressed(frames: number): void {
    this.received += frames;
    this.#setBacks.progressed();
  }

  /** Pictures up to this one are durable. @throws {FramewireError} `INVALID_RANGE` when there was no such picture. */
  storedThrough(sequence: number): void {
    this.checkSequence(sequence);
    const nowMs = this.#clock.now();
    for (const frame of this.queue.stored(sequence)) {
      const ackMs = nowMs - frame.sentMs;
      this.stored++;
      this.#latency.add(ackMs);
      this.#answers.stored({ sequence: frame.sequence, name: frame.name, ackMs });
    }
    this.drops.stored(sequence);
    this.#spool?.stored(sequence);
    this.#roomMade();
  }

  /** Pictures of policy `latest` up to this one were shown and not recorded. @throws {FramewireError} `INVALID_RANGE`. */
  unrecordedThrough(sequence: number): void {
    this.checkSequence(sequence);
    if (this.settings.policy !== "latest") return;
    const count = this.queue.stored(sequence).length;
    this.drops.stored(sequence);
    if (count === 0) return;
    this.droppedByReason.disk += count;
    this.#events.dropped(this, { count, reason: "disk" });
  }

  /** @throws {FramewireError} `INVALID_RANGE` when no picture has had this number yet. */
  checkSequence(sequence: number): void {
    const lastSequence = Math.max(this.queue.lastSequence, this.#spool?.lastSequence ?? 0);
    if (sequence <= lastSequence) return;
    throw new FramewireError(
      "INVALID_RANGE",
      `Cannot take ack as sequence must be <= ${lastSequence}: received ${sequence}`,
    );
  }

  /** Results of pictures. */
  answered(results: readonly FrameResult[]): void {
    for (const { sequence, json } of results) this.#answers.result(sequence, json);
  }

  /** Of those that were offered, the server has these. */
  held(sequences: readonly number[]): void {
    this.alreadyThere += this.queue.answered(sequences);
    this.#roomMade();
  }

  /**
   * The next drop to be told when `last` was the last picture to be sent. Of pictures in front of a drop the server believes
   * that it has had them: when some are left in the spool, only a drop right behind `last` is told, and the rest with them.
   */
  nextDropBehind(last: number): Drop | undefined {
    const leavesSome = this.#spool !== undefined && (this.stopped || this.#originError !== null);
    return this.drops.next(leavesSome ? last + 1 : Infinity);
  }

  /** The server has stored and answered everything that it was sent; `last` was the last picture of it. */
  finished(last: number): void {
    // What was read ahead when it was stopped was not sent.
    this.storedThrough(this.stopped ? last : this.queue.lastSequence);
    this.#end(this.#originError);
  }

  fail(error: FramewireError): void {
    this.#endQueue();
    this.#end(error);
  }

  /**
   * An error of this source alone: decides whether it is tried again, and when. The pictures stay; `nowMs` is the
   * monotonic clock, `backoffMs` a pause to make if the server named none, `retryForMs` how long a full server is asked.
   */
  setBack(error: FramewireError, nowMs: number, backoffMs: number, retryForMs: number): void {
    if (this.isEnded) return;
    this.interrupted();
    const pauseMs = this.#setBacks.pauseMs(error, { nowMs, backoffMs, retryForMs });
    if (pauseMs === null) return this.fail(error);
    this.notBeforeMs = nowMs + pauseMs;
    this.#events.note(this, `${error.message}; ${againText(pauseMs)}`);
  }

  async #pump(): Promise<void> {
    const signal = this.#stop.signal;
    let origin: FrameOrigin | undefined;
    try {
      origin = await this.#open({
        note: (text) => this.#events.note(this, text),
        gap: ({ fromMs, toMs }) => {
          this.#tellDrop({ firstSequence: this.queue.lastSequence + 1, count: 0, reason: "camera", fromMs, toMs });
          this.changed();
        },
        leftOut: (name, reason) => this.#leaveOut(name, reason),
      });
      while (!signal.aborted) {
        if (!this.queue.hasRoom) await this.#room();
        else if (!await this.#pullOne(origin, signal)) break;
      }
    } catch (thrown) {
      if (!signal.aborted) this.#originError = closeReasonOf(thrown).error!;
    }
    await origin?.close().catch(() => {});
    if (signal.aborted) return;
    // What it gave before it failed is still sent.
    if (this.#originError !== null && this.#pulled === 0) this.fail(this.#originError);
    else this.queue.hasEnded = true;
    this.changed();
  }

  /** False at the end. */
  async #pullOne(origin: FrameOrigin, signal: AbortSignal): Promise<boolean> {
    const frame = await origin.next(signal);
    if (frame === null || signal.aborted) return false;
    this.#pulled++;
    const replaced = this.queue.put(frame);
    if (replaced !== undefined) this.#drop(replaced, this.phase === "sending" ? "link" : "offline");
    this.changed();
    if (replaced !== undefined) {
      const cancel = this.#clock.timer(DROP_PAUSE_MS, () => this.#roomMade());
      await this.#room();
      cancel();
    }
    return true;
  }

  /** Resolves when a picture was taken out of the queue, or the job is to stop. */
  #room(): Promise<void> {
    return this.#stop.signal.aborted ? Promise.resolve() : new Promise((resolve) => this.#roomMade = resolve);
  }

  #drop({ sequence, capturedMs }: QueuedFrame, reason: DropReason): void {
    this.#tellDrop({ firstSequence: sequence, count: 1, reason, fromMs: capturedMs, toMs: capturedMs });
  }

  #tellDrop(drop: Drop): void {
    this.drops.add(drop);
    this.droppedByReason[drop.reason] += drop.count;
    this.#events.dropped(this, drop);
  }

  #leaveOut(name: string, reason: string): void {
    this.leftOut++;
    this.#events.note(this, `Left out ${name}: ${reason}`);
  }

  /** Nothing more will be put. */
  #endQueue(): void {
    this.#stop.abort();
    this.queue.hasEnded = true;
    this.#roomMade();
  }

  #end(error: FramewireError | null): void {
    if (this.isEnded) return;
    this.error = error;
    this.phase = error === null ? "ended" : "failed";
    this.#answers.flush();
    this.#events.ended(this);
    this.#settle();
    this.changed();
  }
}

function toDrop({ first, pictures, reason, fromMs, toMs }: NewDrop): Drop {
  return { firstSequence: first, count: pictures, reason, fromMs, toMs };
}
