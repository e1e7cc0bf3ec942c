import { FramewireError } from "../../lib/errors.ts";
import { FrameCounts } from "../../lib/frames/frame_counts.ts";
import type { FrameRecorder, SourceRecorder } from "../../lib/frames/frame_recorder.ts";
import type { AnalysisResult, Frame } from "../../lib/protocol/frame.ts";
import type { OfferedFrame } from "../../lib/protocol/message.ts";
import type { BoxConnectionOptions } from "../../lib/server/box_connection.ts";
import type { FrameQuery, FrameRow } from "../../lib/store/frame_catalog.ts";

type Opening = Parameters<FrameRecorder["openSource"]>[0];
type Gap = Parameters<SourceRecorder["gap"]>[0];

/** A frame which is durable. */
export interface MadeUpRow {
  readonly id: number;
  readonly frame: Frame;
  result: AnalysisResult | null;
}

/** A frame store in memory, which commits at once unless it is held, and forgets nothing. */
export class MadeUpRecorder implements FrameRecorder {
  readonly rows: MadeUpRow[] = [];
  readonly gaps: (Gap & { source: string })[] = [];
  /** `source: reason` of each writer that was closed. */
  readonly closed: string[] = [];
  readonly writers: MadeUpSourceRecorder[] = [];
  /** Pictures which somebody wanted back. */
  reads = 0;
  /** While it is held nothing becomes durable. */
  held = false;
  openError: FramewireError | undefined;
  /** Opening waits for this. */
  opening: Promise<void> = Promise.resolve();
  readonly #sources: string[] = [];
  readonly #durable = new Map<string, number>();

  async openSource(opening: Opening): Promise<SourceRecorder> {
    await this.opening;
    if (this.openError !== undefined) throw this.openError;
    const key = `${opening.device}/${opening.source}`;
    this.writers.find((writer) => writer.key === key && !writer.isOver)?.supersede();
    if (!this.#sources.includes(key)) this.#sources.push(key);
    const writer = new MadeUpSourceRecorder(this, opening, this.#sources.indexOf(key) + 1);
    this.writers.push(writer);
    return writer;
  }

  // deno-lint-ignore require-await
  async checkSpace(): Promise<void> {
    if (this.openError !== undefined) throw this.openError;
  }

  // deno-lint-ignore require-await
  async frames({ sourceId, order, limit }: FrameQuery): Promise<FrameRow[]> {
    const rows = this.rows.filter(({ frame }) => this.#idOf(frame) === sourceId).map(({ id, frame, result }) => {
      const { run, sequence, capturedMs, timeMs, receivedMs, name, jpeg } = frame;
      return {
        ...{ id, sourceId: sourceId!, run, sequence, capturedMs, timeMs, receivedMs, name, file: "", position: 0 },
        ...{ bytes: jpeg.length, crc32: 0, verdict: result?.result ?? null },
        result: result === null ? null : JSON.stringify(result),
      };
    });
    return (order === "ascending" ? rows : rows.reverse()).slice(0, limit);
  }

  // deno-lint-ignore require-await
  async jpeg(id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.reads++;
    return this.rows.find((row) => row.id === id)?.frame.jpeg;
  }

  /** Makes durable what waits, of all sources. */
  commit(): void {
    for (const writer of this.writers) writer.commit();
  }

  /** Highest durable number of a run. */
  durable(key: string): number {
    return this.#durable.get(key) ?? 0;
  }

  setDurable(key: string, sequence: number): void {
    this.#durable.set(key, sequence);
  }

  /** The sequence numbers of a source that are durable, in the order in which they became so. */
  sequences(source: string): number[] {
    return this.rows.filter(({ frame }) => frame.source === source).map(({ frame }) => frame.sequence);
  }

  #idOf({ device, source }: Frame): number {
    return this.#sources.indexOf(`${device}/${source}`) + 1;
  }
}

export class MadeUpSourceRecorder implements SourceRecorder {
  readonly key: string;
  readonly sourceId: number;
  readonly holdsNamed: boolean;
  onStored: SourceRecorder["onStored"] = () => {};
  onFailed: SourceRecorder["onFailed"] = () => {};
  isOver = false;
  readonly #store: MadeUpRecorder;
  readonly #opening: Opening;
  #waiting: { sequence: number; frame?: Frame }[] = [];
  #early = new Map<number, AnalysisResult>();
  readonly #own = new Set<number>();

  constructor(store: MadeUpRecorder, opening: Opening, sourceId: number) {
    this.#store = store;
    this.#opening = opening;
    this.sourceId = sourceId;
    this.holdsNamed = opening.named;
    this.key = `${opening.device}/${opening.source}`;
  }

  get stored(): number {
    return this.#store.durable(this.#run);
  }

  get #run(): string {
    return `${this.key}/${this.#opening.run}`;
  }

  held(offered: readonly OfferedFrame[]): Promise<number[]> {
    const names = this.#store.rows.map(({ frame }) => frame.name);
    return Promise.resolve(offered.filter(({ name }) => names.includes(name)).map(({ sequence }) => sequence));
  }

  async write(frame: Frame): Promise<void> {
    if (this.isOver) throw new FramewireError("SUPERSEDED", "Taken over");
    this.#take({ sequence: frame.sequence, frame });
    await Promise.resolve();
  }

  pass(sequence: number, gap?: Gap): void {
    if (gap !== undefined) this.gap(gap);
    this.#take({ sequence });
  }

  result(sequence: number, result: AnalysisResult, id?: number): void {
    if (id !== undefined) this.#own.add(sequence);
    const row = this.#store.rows.find(({ frame }) =>
      frame.source === this.#opening.source && frame.run === this.#opening.run && frame.sequence === sequence
    );
    // It knows the frames of its own only.
    if (row === undefined || !this.#own.has(sequence)) this.#early.set(sequence, result);
    else row.result = result;
  }

  gap(gap: Gap): void {
    this.#store.gaps.push({ ...gap, source: this.#opening.source });
  }

  // deno-lint-ignore require-await
  async flush(): Promise<void> {
    if (!this.#store.held) this.commit();
  }

  async close(reason: "stopped" | "offline"): Promise<void> {
    if (this.isOver) return;
    await this.flush();
    this.isOver = true;
    this.#store.closed.push(`${this.#opening.source}: ${reason}`);
  }

  commit(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    const ids = batch.flatMap(({ sequence, frame }) => {
      if (frame === undefined) return [];
      const id = this.#store.rows.length + 1;
      this.#own.add(sequence);
      this.#store.rows.push({ id, frame, result: this.#early.get(sequence) ?? null });
      return [{ sequence, id }];
    });
    const through = batch.at(-1)!.sequence;
    this.#store.setDurable(this.#run, through);
    this.onStored(through, ids);
  }

  fail(error: FramewireError): void {
    this.isOver = true;
    this.#waiting = [];
    this.onFailed(error);
  }

  supersede(): void {
    this.commit();
    this.fail(new FramewireError("SUPERSEDED", "A newer connection sends this source now"));
  }

  #take(entry: { sequence: number; frame?: Frame }): void {
    this.#waiting.push(entry);
    queueMicrotask(() => {
      if (!this.#store.held && !this.isOver) this.commit();
    });
  }
}

/** Frames of a server which gets none. */
export function noFrames(): BoxConnectionOptions["frames"] {
  const never = () => {
    throw new Error("No frames were expected");
  };
  return {
    recorder: new MadeUpRecorder(),
    outlets: { open: never, analyse: never, commonResult: null },
    record: { kind: "all" },
    totals: new FrameCounts(),
  };
}
