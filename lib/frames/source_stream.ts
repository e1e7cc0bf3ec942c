/** One source on one connection, receiving side: its frames on their way to viewers, disk and analysis, and their acks. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import { toServerMs } from "../protocol/box_time.ts";
import type { AnalysisResult, Frame } from "../protocol/frame.ts";
import type { DropReason, FrameData, FramesDropped, Message, OfferedFrame, OpenSource } from "../protocol/message.ts";
import type { HeldBytes } from "../session/held_bytes.ts";
import { CaptureClock } from "./capture_clock.ts";
import { FrameAcks } from "./frame_acks.ts";
import { checkFrame } from "./frame_checks.ts";
import { FrameCounts } from "./frame_counts.ts";
import type { FrameOutlets, LiveSource } from "./frame_outlets.ts";
import type { RecordedGap, SourceRecorder } from "./frame_recorder.ts";
import { type PendingFrame, PendingFrames } from "./pending_frames.ts";
import { RecordChooser, type RecordPolicy } from "./record_policy.ts";

/** What the streams of a connection share. */
export interface SourceStreamOptions {
  readonly device: string;
  readonly outlets: FrameOutlets;
  readonly record: RecordPolicy;
  readonly clock: Clock;
  /** The clock of the box less ours, ms. */
  readonly clockOffsetMs: () => number;
  /** Of all sources of the server. */
  readonly totals: FrameCounts;
  readonly held: HeldBytes;
  readonly send: (message: Message) => void;
  /** Whether the box takes what is sent to it. */
  readonly hasRoom: () => boolean;
  /** `Session.isAwaited`. */
  readonly isAwaited: () => boolean;
}

/** What a stream tells its owner. */
export interface SourceStreamEvents {
  failed(error: unknown): void;
  /** All frames are stored and answered; the box is told behind it. */
  finished(): void;
}

/** Frames that will never come, told by the box. */
interface Dropped {
  /** The last of them. */
  readonly sequence: number;
  readonly gap: RecordedGap & { readonly reason: DropReason };
}

/** What a drop counts for of what waits, so that few of them do, bytes. */
const DROP_BYTES = 1024 * 1024;
/** After so many drops it is waited for the disk. */
const DROPS_PER_FLUSH = 64;
/** With more than these waiting for the disk no box waits for the ack of one alone: theirs tells of it. */
const FEW_FRAMES = LIMITS.frameWindowFrames / 8;

export class SourceStream {
  readonly counts = new FrameCounts();
  readonly #opening: OpenSource;
  readonly #recorder: SourceRecorder;
  readonly #options: SourceStreamOptions;
  readonly #events: SourceStreamEvents;
  readonly #live: LiveSource;
  readonly #acks: FrameAcks;
  readonly #chooser: RecordChooser;
  readonly #captureClock = new CaptureClock();
  /** What was durable of this run when the stream was opened: comes again when an ack was lost, and is passed over. */
  readonly #resumedAt: number;
  readonly #pending: PendingFrames;
  /** In the order of their numbers: frames whose results decide, and drops behind them. */
  readonly #undecided: (PendingFrame | Dropped)[] = [];
  #isDeciding = false;
  #unanswered = 0;
  #sent = 0;
  #last = 0;
  #lastDropped = 0;
  #drops = 0;
  #isEnded = false;
  #closed = false;
  #finishing: Promise<void> | undefined;

  constructor(
    opening: OpenSource,
    recorder: SourceRecorder,
    options: SourceStreamOptions,
    events: SourceStreamEvents,
  ) {
    const { device, outlets, record, clock, send, hasRoom } = options;
    this.#opening = opening;
    this.#recorder = recorder;
    this.#options = options;
    this.#events = events;
    this.#resumedAt = recorder.stored;
    this.#chooser = new RecordChooser(record);
    this.#pending = new PendingFrames(options.held, opening.policy === "all");
    this.#acks = new FrameAcks({ stream: opening.stream, clock, send, hasRoom }, recorder.stored);
    this.#live = outlets.open({ device, source: opening.source }, opening.sourceKind);
    recorder.onStored = (through, ids) => this.#stored(through, ids);
    recorder.onUnrecorded = (through) => this.#unrecorded(through);
    recorder.onFailed = (error) => events.failed(error);
  }

  /** Nothing more is to be done for it. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Tells the box that it may send. */
  accept(): void {
    const { stored, holdsNamed } = this.#recorder;
    const { frameBytesMax } = LIMITS;
    const { stream } = this.#opening;
    const { commonResult: common } = this.#options.outlets;
    const commonResult = common === null ? "" : JSON.stringify(common);
    this.#options.send({
      ...{ kind: "sourceAccepted", stream, stored, credit: this.#acks.credit, frameBytesMax, holdsNamed, commonResult },
    });
  }

  /**
   * Takes a frame; resolves when it may take the next.
   *
   * @throws {FramewireError} `WINDOW_EXCEEDED`, `BAD_CHECKSUM`, `INVALID_FRAME`, and what writing throws.
   */
  async take(message: FrameData): Promise<void> {
    this.#check(message);
    const { sequence } = message;
    this.#last = sequence;
    const { held, outlets, isAwaited } = this.#options;
    this.#acks.received(sequence, this.#pending.unstoredCount < FEW_FRAMES && isAwaited());
    if (sequence <= this.#resumedAt) {
      this.#pending.pass();
      return this.#acks.handled(this.#pending.handled);
    }
    this.counts.received++;
    this.#options.totals.received++;
    const frame = this.#frameOf(message);
    this.#live.publish(frame);
    const pending = this.#pending.add(sequence, frame.jpeg.length);
    this.#unanswered++;
    const written = this.#record(pending, frame);
    if (outlets.commonResult !== null) this.#answered(pending, outlets.commonResult);
    else {
      outlets.analyse(frame, this.#opening.policy === "all").then((result) => this.#answered(pending, result))
        .catch((error) => this.#events.failed(error));
    }
    await written;
    if (held.isFull) await held.room();
  }

  /**
   * Notes frames which will never come, each once: a box which cannot know that it was heard tells again. Resolves when it
   * may take the next message.
   */
  async drop({ firstSequence, count, reason, fromMs, toMs }: FramesDropped): Promise<void> {
    const known = Math.max(this.#resumedAt, this.#last, this.#lastDropped);
    const sequence = firstSequence + count - 1;
    const frames = count === 0 ? 0 : Math.min(count, sequence - known);
    if (count === 0 ? firstSequence <= this.#resumedAt : frames <= 0) return;
    this.#lastDropped = Math.max(this.#lastDropped, sequence);
    const { clock, clockOffsetMs, held } = this.#options;
    const nowMs = clock.wallMs();
    const from = toServerMs(fromMs, clockOffsetMs(), nowMs);
    const to = Math.max(from, toServerMs(toMs, clockOffsetMs(), nowMs));
    const dropped = { sequence, gap: { fromMs: from, toMs: to, frames, reason } };
    // Not ahead of frames which may still be recorded.
    if (this.#undecided.length === 0) this.#takeDrop(dropped);
    else {
      held.add(DROP_BYTES);
      this.#undecided.push(dropped);
    }
    if (++this.#drops % DROPS_PER_FLUSH === 0) await this.#recorder.flush();
    if (held.isFull) await held.room();
  }

  /** Which of these pictures are there already. */
  async held(offered: readonly OfferedFrame[]): Promise<number[]> {
    return await this.#recorder.held(offered);
  }

  /** There are no more frames: when all are stored and answered the stream is finished. @throws {FramewireError} `INVALID_FRAME`. */
  end(sequence: number): void {
    if (sequence < this.#last) {
      const text = `Cannot end source at a number which must be >= ${this.#last}: received ${sequence}`;
      throw new FramewireError("INVALID_FRAME", text);
    }
    this.#isEnded = true;
    this.#recorder.flush().then(() => this.#finishIfDone()).catch((error) => this.#events.failed(error));
  }

  /** An answer to a frame of an earlier connection, whose result the box may not have got. */
  answerAgain(sequence: number, json: string): void {
    this.#acks.result(sequence, json);
  }

  /** The frame of an earlier connection was stored there, and never answered; the box knows of those of its run. */
  async answerLate(frame: Frame, id: number): Promise<void> {
    const result = await this.#options.outlets.analyse(frame, true);
    if (frame.run === this.#opening.run) this.#tellResult(frame.sequence, result);
    this.#recorder.result(frame.sequence, result, id);
  }

  /** The stream does not end before this has. */
  finishAfter(work: Promise<void>): void {
    this.#unanswered++;
    work.then(() => {
      this.#unanswered--;
      this.#finishIfDone();
    }).catch((error) => this.#events.failed(error));
  }

  /** Makes what has come durable and lets go of the source. */
  async close(reason: "stopped" | "offline"): Promise<void> {
    if (this.#closed) return await this.#finishing;
    this.#closed = true;
    this.#acks.stop();
    this.#live.close(reason);
    this.#pending.close();
    for (const one of this.#undecided.splice(0)) if ("gap" in one) this.#options.held.remove(DROP_BYTES);
    await this.#recorder.close(reason);
  }

  #check(message: FrameData): void {
    if (++this.#sent > this.#acks.credit) {
      const text = `Cannot take frame as those sent must be <= ${this.#acks.credit}: received ${this.#sent}`;
      throw new FramewireError("WINDOW_EXCEEDED", text);
    }
    checkFrame(message, Math.max(this.#last, this.#lastDropped), this.#opening.named);
  }

  #frameOf({ sequence, name, capturedMs, jpeg }: FrameData): Frame {
    const { device, clock, clockOffsetMs } = this.#options;
    const { source, sourceKind, run } = this.#opening;
    const receivedMs = clock.wallMs();
    const timeMs = this.#captureClock.next(capturedMs, clockOffsetMs(), receivedMs);
    // The one copy: what arrived is a view which the next message overwrites.
    const copy = new Uint8Array(jpeg);
    return { device, source, sourceKind, run, sequence, name, capturedMs, timeMs, receivedMs, jpeg: copy };
  }

  #record(pending: PendingFrame, frame: Frame): Promise<void> | void {
    switch (this.#chooser.next()) {
      case "record":
        pending.isRecorded = true;
        return this.#recorder.write(frame);
      case "pass":
        return void this.#recorder.pass(frame.sequence);
      case "wait":
        pending.undecided = frame;
        return void this.#undecided.push(pending);
    }
  }

  #answered(pending: PendingFrame, result: AnalysisResult): void {
    pending.result = result;
    this.#unanswered--;
    this.#tellResult(pending.sequence, result);
    if (pending.undecided !== null) void this.#decide();
    else if (pending.isRecorded && !this.#isCommon(result)) this.#recorder.result(pending.sequence, result);
    if (this.#closed) return;
    const { handled } = this.#pending;
    this.#pending.settle(pending);
    if (this.#pending.handled > handled) this.#acks.handled(this.#pending.handled);
    this.#finishIfDone();
  }

  /** The box knows it, and it is not stored. */
  #isCommon(result: AnalysisResult): boolean {
    return result === this.#options.outlets.commonResult;
  }

  #tellResult(sequence: number, result: AnalysisResult): void {
    const kind = result.result === "not analysed" ? "skipped" : "analysed";
    this.counts[kind]++;
    this.#options.totals[kind]++;
    this.#live.publishResult(this.#opening.run, sequence, result);
    if (!this.#isCommon(result)) this.#acks.result(sequence, JSON.stringify(result));
  }

  /** Records those whose results have come, in the order of their numbers. */
  async #decide(): Promise<void> {
    if (this.#isDeciding) return;
    this.#isDeciding = true;
    try {
      for (let first = this.#undecided[0]; first !== undefined; first = this.#undecided[0]) {
        if ("gap" in first) {
          this.#undecided.shift();
          this.#options.held.remove(DROP_BYTES);
          if (!this.#closed) this.#takeDrop(first);
          continue;
        }
        if (first.result === null) return;
        this.#undecided.shift();
        const frame = first.undecided!;
        first.undecided = null;
        if (this.#closed) continue;
        if (!this.#chooser.decide(first.result.result)) {
          this.#recorder.pass(first.sequence);
          continue;
        }
        first.isRecorded = true;
        const written = this.#recorder.write(frame);
        this.#recorder.result(first.sequence, first.result);
        await written;
      }
    } catch (error) {
      this.#events.failed(error);
    } finally {
      this.#isDeciding = false;
    }
    this.#finishIfDone();
  }

  /** Counted and durable at once, so that it is neither lost nor told again. */
  #takeDrop({ sequence, gap }: Dropped): void {
    const { frames, reason } = gap;
    if (frames === 0) this.#recorder.gap(gap);
    else this.#recorder.pass(sequence, gap);
    this.#countDrop(reason, frames);
  }

  #countDrop(reason: DropReason, frames: number): void {
    this.counts.dropped[reason] += frames;
    this.#options.totals.dropped[reason] += frames;
    this.#live.publishDrop(reason, frames);
  }

  /** The disk is full: these are shown, and not kept. */
  #unrecorded(through: number): void {
    let frames = 0;
    for (const pending of this.#pending.takeStored(through)) {
      if (pending.isRecorded) frames++;
      pending.isRecorded = false;
      this.#pending.settle(pending);
    }
    if (frames > 0) this.#countDrop("disk", frames);
    this.#acks.unrecorded(through, this.#pending.handled);
    this.#finishIfDone();
  }

  #stored(through: number, ids: readonly { readonly sequence: number; readonly id: number }[]): void {
    for (const { sequence, id } of ids) this.#live.publishStored(this.#opening.run, sequence, id);
    for (const pending of this.#pending.takeStored(through)) {
      if (pending.isRecorded) {
        this.counts.stored++;
        this.#options.totals.stored++;
      }
      this.#pending.settle(pending);
    }
    this.#acks.stored(through, this.#pending.handled);
    this.#finishIfDone();
  }

  #finishIfDone(): void {
    if (!this.#isEnded || this.#closed || this.#unanswered > 0) return;
    if (this.#pending.unstoredCount > 0 || this.#undecided.length > 0) return;
    this.#closed = true;
    this.#finishing = this.#finish().catch((error) => {
      this.#acks.stop();
      this.#events.failed(error);
    });
  }

  async #finish(): Promise<void> {
    const { stream } = this.#opening;
    this.#live.close("stopped");
    // With the last results.
    await this.#recorder.close("stopped");
    this.#acks.finish();
    this.#events.finished();
    const { stored: storedFrames, analysed: analysedFrames } = this.counts;
    this.#options.send({ kind: "sourceEnded", stream, storedFrames, analysedFrames });
  }
}
