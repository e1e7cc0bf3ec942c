/**
 * One source on one connection, on its way to the disk: written, synced, committed, told. While one batch is synced and
 * the one before it committed, the next gathers, so that a window of frames shares one sync and one commit.
 */
import { crc32 } from "node:zlib";
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import { errorFields, type Log } from "../log.ts";
import type { Clock } from "../platform/clock.ts";
import type { DirectWrite } from "../platform/direct_writes.ts";
import type { AnalysisResult, Frame } from "../protocol/frame.ts";
import type { OfferedFrame } from "../protocol/message.ts";
import type { DiskSpace } from "./disk_space.ts";
import type { FrameCatalog, NewFrame, OpenedSource } from "./frame_catalog.ts";
import { type FrameCommit, placedRows, type WaitingFrame } from "./frame_commit.ts";
import { FrameGaps, type NewGap } from "./frame_gaps.ts";
import { type FramePictures, knownIds } from "./frame_pictures.ts";
import { FrameResults } from "./frame_results.ts";
import { FrameRounds } from "./frame_rounds.ts";
import type { FrameSegment, FrameSegments } from "./frame_segments.ts";
import { storageError } from "./storage_error.ts";

/** Results and gaps wait this long for frames which they can be committed with. */
const LATER_MS = 200;

export interface FrameWriterOptions {
  readonly opened: OpenedSource;
  readonly named: boolean;
  readonly catalog: FrameCatalog;
  readonly clock: Clock;
  readonly log: Log;
  readonly space: DiskSpace;
  readonly segments: FrameSegments;
  readonly pictures: FramePictures;
  /** Runs a job which gives names to files while none of the source is removed. */
  readonly exclusively: <T>(job: () => Promise<T>) => Promise<T>;
}

export class FrameWriter {
  readonly sourceId: number;
  /** Its pictures have names, under which they are kept. */
  readonly holdsNamed: boolean;
  /** After each commit: the highest durable sequence number, and the ids of what was committed. */
  onStored: (through: number, ids: readonly { readonly sequence: number; readonly id: number }[]) => void = () => {};
  /** Once: nothing more is taken, and what was not told as stored may be lost. */
  onFailed: (error: FramewireError) => void = () => {};

  readonly #options: FrameWriterOptions;
  readonly #results = new FrameResults();
  #stored: number;
  /** Highest sequence that was taken. */
  #seen: number;
  /** Frames are taken one after the other. Never rejects. */
  #taking: Promise<void> = Promise.resolve();
  readonly #rounds: FrameRounds<WaitingFrame, DirectWrite>;
  readonly #gaps = new FrameGaps();
  /** Highest sequence number of which the catalog was told. */
  #told: number;
  /** Some were passed over of which the catalog does not know yet. */
  #hasUnnoted = false;
  /** Time of the last frame that was taken, and of the last which is durable. */
  #lastMs: number | undefined;
  #committedMs: number | undefined;
  /** Bytes of pictures in memory, and of those since the free space was looked at. */
  #pictureBytes = 0;
  #uncheckedBytes: number = LIMITS.spaceCheckBytes;
  #running: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #failed: FramewireError | undefined;
  /** Nothing more is taken, for this reason; what was taken still becomes durable. */
  #ended: FramewireError | undefined;

  constructor(options: FrameWriterOptions) {
    this.#options = options;
    this.sourceId = options.opened.source.id;
    this.holdsNamed = options.named;
    this.#stored = options.opened.stored;
    this.#seen = options.opened.stored;
    this.#told = options.opened.stored;
    this.#rounds = new FrameRounds({
      sync: (before) => this.#sync(before),
      commit: (batch, underWay, before) =>
        this.#guard("commit", () => this.#commit({ batch, rows: batch, underWay, before })),
      // Names are chosen by what the catalog knows.
      needsAlone: (batch) => batch.some(({ picture }) => picture !== undefined),
      alone: (batch) => this.#guard("store", () => options.exclusively(() => this.#roundOfPictures(batch))),
      hasFailed: () => this.#failed !== undefined,
    });
  }

  /** Highest durable sequence number of this run. */
  get stored(): number {
    return this.#stored;
  }

  /** Whether it takes no frames any more; results may still come. */
  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Whether nothing is left to be done. */
  get isIdle(): boolean {
    return this.#running === undefined && this.#cancelTimer === undefined && !this.#hasWork;
  }

  /** Sequence numbers of pictures which are there already: same name, same bytes. @throws {FramewireError} */
  async held(offered: readonly OfferedFrame[]): Promise<number[]> {
    if (!this.holdsNamed) return [];
    // What was taken before the question belongs to the answer.
    await this.flush();
    const held = await this.#options.pictures.held(offered);
    return offered.filter((_, index) => held[index]).map(({ sequence }) => sequence);
  }

  /**
   * Takes a frame; resolves when it may take the next one. Durable only when `onStored` says so. Sequence numbers rise:
   * one that was taken before is passed over.
   *
   * @throws {FramewireError} `NO_SPACE`, `STORAGE_FAILED`, `SUPERSEDED`; the writer is of no use then.
   */
  write(frame: Frame): Promise<void> {
    return this.#inTurn(() => this.#take(frame));
  }

  /** This one is not to be recorded: it counts as stored in its turn. `gap`: why, durable with it. */
  pass(sequence: number, gap?: NewGap): void {
    this.#later(() => {
      if (sequence <= this.#seen) return;
      this.#seen = sequence;
      this.#results.passed(sequence);
      this.#rounds.add(gap === undefined ? { sequence } : { sequence, gap });
      this.#run();
    });
  }

  /** Goes with the next commit; may come before or after that of its frame, and after the end. `id`: of an earlier writer's. */
  result(sequence: number, result: AnalysisResult, id?: number): void {
    if (this.#failed !== undefined) return;
    if (id === undefined) this.#results.add(sequence, result);
    else this.#results.addTo(id, result);
    if (this.#results.isReady) this.#runSoon();
  }

  /** A time without frames; with `toMs` null it ends with the next frame. */
  gap(gap: NewGap): void {
    this.#later(() => {
      this.#gaps.add(gap);
      this.#runSoon();
    });
  }

  /** Makes everything that was taken durable. @throws {FramewireError} `NO_SPACE`, `STORAGE_FAILED`. */
  async flush(): Promise<void> {
    await this.#taking;
    while (this.#failed === undefined && (this.#hasWork || this.#running !== undefined)) {
      this.#run(true);
      await this.#running;
    }
    if (this.#failed !== undefined) throw this.#failed;
  }

  /** Flushes and lets go. Why there is nothing from here on is noted as a gap. @throws {FramewireError} as `flush`. */
  async close(reason: "stopped" | "offline"): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#later(() => {
      const fromMs = this.#lastMs ?? this.#options.clock.wallMs();
      this.#gaps.add({ fromMs, toMs: null, frames: 0, reason });
      this.#options.segments.end();
    });
    await this.end(new FramewireError("UNEXPECTED_MESSAGE", "The source has ended"));
  }

  /** Takes nothing more, for this reason, and makes durable what it has. @throws {FramewireError} as `flush`. */
  async end(reason: FramewireError): Promise<void> {
    const isFirst = this.#ended === undefined;
    this.#ended ??= reason;
    await this.#taking;
    if (this.#failed !== undefined) return;
    this.#options.segments.end();
    await this.flush();
    await this.#guard("seal", () => this.#options.segments.seal());
    if (isFirst && reason.code === "SUPERSEDED") this.onFailed(reason);
  }

  /** Ends a segment which has lasted as long as it may, though no frame comes. */
  endIfOld(): void {
    this.#later(() => {
      if (this.#options.segments.endIfOld()) this.#run(true);
    });
  }

  get #hasWork(): boolean {
    return this.#rounds.count > 0 || this.#gaps.count > 0 || this.#results.isReady || this.#hasUnnoted;
  }

  #inTurn(job: () => void | Promise<void>): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#failed ?? this.#ended);
    const done = this.#taking.then(() => {
      if (this.#failed !== undefined) throw this.#failed;
      return job();
    });
    this.#taking = done.catch(() => {});
    return done;
  }

  /** In turn with the frames, and nobody waits for it. */
  #later(job: () => void): void {
    this.#inTurn(job).catch(() => {});
  }

  async #take(frame: Frame): Promise<void> {
    if (frame.sequence <= this.#seen) return;
    const bytes = frame.jpeg.length;
    const inFile = !(this.holdsNamed && frame.name !== null);
    this.#uncheckedBytes += bytes;
    try {
      if (this.#uncheckedBytes >= LIMITS.spaceCheckBytes) {
        await this.#options.space.checkReserve();
        this.#uncheckedBytes = 0;
      }
      const { segments } = this.#options;
      const segment = segments.current(bytes, inFile) ?? await segments.begin(inFile);
      const position = inFile ? segment.bytes : 0;
      if (inFile) {
        await segment.file!.append(frame.jpeg, this.#running !== undefined);
        // The segment may have begun while it failed.
        if (this.#failed !== undefined) await segments.abandon(true);
        // Not before: a sync which began meanwhile knows nothing of it.
        segment.isDirty = true;
      } else this.#pictureBytes += bytes;
      segment.bytes += bytes;
      segment.frames++;
      segment.usedMs = this.#options.clock.now();
      this.#queue(frame, segment, position, inFile);
    } catch (cause) {
      // What was taken before a full disk was met is good: it may still become durable.
      await this.#running;
      throw await this.#fail(storageError("write", cause), false);
    }
    this.#run();
    // Pictures are held in memory until they are in their files.
    if (this.#pictureBytes > LIMITS.frameWindowBytes) await this.#running;
  }

  #queue(frame: Frame, segment: FrameSegment, position: number, inFile: boolean): void {
    const { sequence, capturedMs, timeMs, receivedMs, name, jpeg } = frame;
    this.#seen = sequence;
    this.#lastMs = timeMs;
    this.#gaps.end(timeMs);
    const row: NewFrame = {
      segmentId: segment.id,
      sequence,
      capturedMs,
      timeMs,
      receivedMs,
      name,
      file: null,
      position,
      bytes: jpeg.length,
      crc32: inFile ? crc32(jpeg) : 0,
      verdict: null,
      result: null,
    };
    this.#rounds.add(inFile ? { sequence, frame: row, segment } : { sequence, frame: row, segment, picture: frame });
  }

  #runSoon(): void {
    if (this.#running !== undefined) return;
    this.#cancelTimer ??= this.#options.clock.timer(LATER_MS, () => {
      this.#cancelTimer = undefined;
      this.#run(true);
    });
  }

  /** Starts at once, unless it runs already; results and gaps alone are in no hurry. */
  #run(hurry = false): void {
    if (this.#running !== undefined || this.#failed !== undefined) return;
    if (!hurry && this.#rounds.count === 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#running = this.#rounds.run().finally(() => {
      this.#running = undefined;
      if (this.#failed !== undefined) return;
      if (this.#rounds.count > 0) this.#run();
      else if (this.#hasWork) this.#runSoon();
    });
  }

  async #roundOfPictures(batch: readonly WaitingFrame[]): Promise<void> {
    const { pictures, segments } = this.#options;
    const some = batch.filter(({ picture }) => picture !== undefined);
    const frames = some.map(({ picture }) => picture!);
    const [placed, underWay] = await Promise.all([pictures.place(frames), segments.sync()]);
    this.#pictureBytes -= frames.reduce((sum, { jpeg }) => sum + jpeg.length, 0);
    await this.#commit({ batch, rows: placedRows(batch, some, placed), underWay, placed, pictures: some });
  }

  async #commit({ batch, rows, underWay, before, placed = [], pictures = [] }: FrameCommit): Promise<void> {
    const { catalog, opened, segments } = this.#options;
    const frames = rows.flatMap(({ frame }) => {
      if (frame === undefined) return [];
      const early = this.#results.early(frame.sequence);
      return [early === undefined ? frame : { ...frame, verdict: early.verdict, result: early.json }];
    });
    const through = batch.at(-1)?.sequence ?? this.#stored;
    for (const { gap } of batch) if (gap !== undefined) this.#gaps.add(gap);
    const gaps = this.#gaps.take();
    const results = this.#results.take();
    if (batch.length > 0 && frames.length + gaps.length + results.length + placed.length === 0) {
      // Nothing would be lost but the count, so it has time.
      this.#hasUnnoted = true;
      await before;
      if (this.#failed !== undefined) return;
      this.#stored = through;
      return this.onStored(through, []);
    }
    this.#hasUnnoted = false;
    const behind = this.#told;
    this.#told = through;
    const changes = { sourceId: this.sourceId, runId: opened.runId, behind, stored: through, frames, results, gaps };
    const committing = catalog.commitFrames(changes, underWay);
    const [committed, ...written] = await Promise.allSettled([committing, ...underWay.map(({ done }) => done)]);
    await before;
    const lost = written.find(({ status }) => status === "rejected") as PromiseRejectedResult | undefined;
    // The batch behind it waits for the same write: it is not committed either.
    if (lost !== undefined) throw await this.#failAt("write", lost.reason);
    if (committed.status === "rejected") throw committed.reason;
    const firstId = committed.value;
    for (const { segment, frame } of batch) {
      if (segment === undefined) continue;
      segment.committedFrames++;
      segment.committedBytes += frame!.bytes;
    }
    const ids = frames.map(({ sequence }, index) => ({ sequence, id: firstId + index }));
    frames.forEach(({ sequence, verdict }, index) =>
      this.#results.committed(sequence, firstId + index, verdict !== null)
    );
    const known = knownIds(placed, pictures.map(({ sequence }) => sequence), ids);
    for (const { sequence, id } of known) this.#results.committed(sequence, id, false);
    this.#committedMs = frames.at(-1)?.timeMs ?? this.#committedMs;
    this.#stored = through;
    if (batch.length > 0) this.onStored(through, [...ids, ...known]);
    await segments.seal();
  }

  async #sync(before: Promise<void>): Promise<readonly DirectWrite[]> {
    if (this.#failed !== undefined) return [];
    try {
      return await this.#options.segments.sync();
    } catch (cause) {
      // What they commit must not be cut off.
      await before;
      await this.#failAt("sync", cause);
      return [];
    }
  }

  /** Whatever fails ends the writer. */
  async #guard(action: string, job: () => Promise<void>): Promise<void> {
    if (this.#failed !== undefined) return;
    try {
      await job();
    } catch (cause) {
      await this.#fail(storageError(action, cause), true);
    }
  }

  /** Pictures could not be written, or synced: a full disk has lost none of those before them. */
  #failAt(action: string, cause: unknown): Promise<FramewireError> {
    const error = storageError(action, cause);
    return this.#fail(error, error.code !== "NO_SPACE");
  }

  /** From here on nothing is told as stored: what was not durable may be lost, whatever a later sync says. */
  async #fail(error: FramewireError, isLost: boolean): Promise<FramewireError> {
    if (this.#failed !== undefined) return this.#failed;
    this.#failed = error;
    const isFirst = this.#ended === undefined;
    this.#ended ??= error;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#rounds.clear();
    const { device, name: source } = this.#options.opened.source;
    const fields = { device, source, ...errorFields(error) };
    this.#options.log("error", "Source interrupted by the server's disk", fields);
    await this.#options.segments.abandon(isLost);
    await this.#noteGap(error);
    if (isFirst) this.onFailed(error);
    return error;
  }

  /** Why there is nothing from here on; if that can still be written down. */
  async #noteGap(error: FramewireError): Promise<void> {
    if (error.code !== "NO_SPACE") return;
    const { catalog, clock, opened: { runId } } = this.#options;
    this.#gaps.add({ fromMs: this.#committedMs ?? clock.wallMs(), toMs: null, frames: 0, reason: "disk" });
    const nothing = { sourceId: this.sourceId, runId, behind: 0, stored: this.#stored, frames: [], results: [] };
    await catalog.commitFrames({ ...nothing, gaps: this.#gaps.take() }).catch(() => {});
  }
}
