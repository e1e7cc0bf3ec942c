/**
 * The recorder of a live source, which a full disk interrupts and does not end: its pictures are shown all the same, told as
 * not recorded, and recording goes on by itself when there is room.
 */
import type { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { AnalysisResult, Frame } from "../protocol/frame.ts";
import type { OfferedFrame } from "../protocol/message.ts";
import { closeReasonOf } from "../session/close_reason.ts";
import type { FrameRecorder, SourceRecorder } from "./frame_recorder.ts";

type Opening = Parameters<FrameRecorder["openSource"]>[0];
type Gap = Parameters<SourceRecorder["gap"]>[0];

/** While the disk is full it is looked at so often, if pictures come, ms. */
const RETRY_MS = 2_000;

export class SteadyRecorder implements SourceRecorder {
  readonly holdsNamed: boolean;
  onStored: SourceRecorder["onStored"] = () => {};
  onUnrecorded: (through: number) => void = () => {};
  onFailed: SourceRecorder["onFailed"] = () => {};
  readonly #opening: Opening;
  readonly #recorder: FrameRecorder;
  readonly #clock: Clock;
  /** Undefined while the disk is full. */
  #inner: SourceRecorder | undefined;
  #sourceId = 0;
  #stored = 0;
  /** Highest sequence that was taken, and the first that the inner one was given. */
  #taken = 0;
  #innerFrom = Infinity;
  /** Given to the inner one, and not told as stored. */
  #unstored: number[] = [];
  /** Since when nothing is recorded, by the wall clock, and how many were not. */
  #unrecordedFromMs = 0;
  #unrecorded = 0;
  #retryAtMs = 0;
  #reopening: Promise<void> | undefined;
  #closed = false;

  private constructor(recorder: FrameRecorder, opening: Opening, clock: Clock) {
    this.#recorder = recorder;
    this.#opening = opening;
    this.#clock = clock;
    this.holdsNamed = opening.named;
  }

  /** Opens the source, though there may be no room to record it. @throws {FramewireError} as `openSource`, but not `NO_SPACE`. */
  static async open(recorder: FrameRecorder, opening: Opening, clock: Clock): Promise<SteadyRecorder> {
    const steady = new SteadyRecorder(recorder, opening, clock);
    try {
      steady.#use(await recorder.openSource(opening));
    } catch (error) {
      if (!isFull(error)) throw error;
      steady.#interrupt();
    }
    return steady;
  }

  get sourceId(): number {
    return this.#sourceId;
  }

  get stored(): number {
    return this.#inner?.stored ?? this.#stored;
  }

  async held(offered: readonly OfferedFrame[]): Promise<number[]> {
    return await this.#inner?.held(offered).catch(orNothingIfFull) ?? [];
  }

  async write(frame: Frame): Promise<void> {
    const inner = this.#innerFor(frame.sequence);
    if (inner === undefined) {
      this.#unrecorded++;
      return this.onUnrecorded(frame.sequence);
    }
    this.#innerFrom = Math.min(this.#innerFrom, frame.sequence);
    this.#unstored.push(frame.sequence);
    // Told by `onFailed`, with those before it.
    await inner.write(frame).catch(orNothingIfFull);
  }

  pass(sequence: number, gap?: Gap): void {
    const inner = this.#innerFor(sequence);
    if (inner === undefined) this.onUnrecorded(sequence);
    else inner.pass(sequence, gap);
  }

  result(sequence: number, result: AnalysisResult, id?: number): void {
    if (id !== undefined || sequence >= this.#innerFrom) this.#inner?.result(sequence, result, id);
  }

  gap(gap: Gap): void {
    this.#inner?.gap(gap);
  }

  async flush(): Promise<void> {
    await this.#inner?.flush().catch(orNothingIfFull);
  }

  async close(reason: "stopped" | "offline"): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#reopening;
    // From here on it is not the disk any more why there is nothing; if that can be written down.
    const inner = this.#inner ?? await this.#reopened().catch(() => undefined);
    await inner?.close(reason).catch(orNothingIfFull);
  }

  #innerFor(sequence: number): SourceRecorder | undefined {
    this.#taken = Math.max(this.#taken, sequence);
    if (this.#inner === undefined && this.#clock.now() >= this.#retryAtMs) {
      this.#reopening ??= this.#reopen().finally(() => this.#reopening = undefined);
    }
    return this.#inner;
  }

  async #reopen(): Promise<void> {
    try {
      const inner = await this.#reopened();
      if (!this.#closed) return this.#use(inner);
      this.#inner = inner;
    } catch (error) {
      this.#retryAtMs = this.#clock.now() + RETRY_MS;
      if (!isFull(error) && !this.#closed) this.onFailed(closeReasonOf(error).error!);
    }
  }

  /** The gap of a full disk is as long as the pictures say that were not recorded. */
  async #reopened(): Promise<SourceRecorder> {
    await this.#recorder.checkSpace();
    const inner = await this.#recorder.openSource({ ...this.#opening, resumes: true });
    inner.gap({ fromMs: this.#unrecordedFromMs, toMs: null, frames: this.#unrecorded, reason: "disk" });
    this.#unrecorded = 0;
    return inner;
  }

  #use(inner: SourceRecorder): void {
    this.#inner = inner;
    this.#innerFrom = Infinity;
    this.#sourceId = inner.sourceId;
    inner.onStored = (through, ids) => {
      this.#unstored = this.#unstored.filter((sequence) => sequence > through);
      this.onStored(through, ids);
    };
    inner.onFailed = (error) => this.#failed(inner, error);
  }

  #failed(inner: SourceRecorder, error: FramewireError): void {
    if (this.#inner !== inner) return;
    if (!isFull(error)) return this.onFailed(error);
    this.#interrupt();
    this.#stored = inner.stored;
    this.#unrecorded = this.#unstored.length;
    this.#unstored = [];
    if (this.#taken > inner.stored) this.onUnrecorded(this.#taken);
  }

  #interrupt(): void {
    this.#inner = undefined;
    this.#unrecordedFromMs = this.#clock.wallMs();
    this.#retryAtMs = this.#clock.now() + RETRY_MS;
  }
}

function isFull(error: unknown): boolean {
  return closeReasonOf(error).error?.code === "NO_SPACE";
}

function orNothingIfFull(error: unknown): undefined {
  if (!isFull(error)) throw error;
}
