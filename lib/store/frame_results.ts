/** Results of the analysis on their way to the rows of their frames, which may come before them or after them. */
import { LIMITS } from "../config/limits.ts";
import type { AnalysisResult, Verdict } from "../protocol/frame.ts";
import type { NewResult } from "./frame_catalog.ts";

/** Frames without a result, and results without a frame, which are remembered: many windows. */
const REMEMBERED_MAX = 4_096;

/** A result as it is stored. */
export interface StoredResult {
  readonly verdict: Verdict;
  readonly json: string;
}

export class FrameResults {
  /** Results whose frames are not committed, by sequence. */
  readonly #early = new Map<number, StoredResult>();
  /** Ids of committed frames which have none, by sequence. */
  readonly #ids = new Map<number, number>();
  #ready: NewResult[] = [];

  /** Whether there are some for the next commit. */
  get isReady(): boolean {
    return this.#ready.length > 0;
  }

  /** A result has come. Whoever gives them faster than they can be committed loses the oldest. */
  add(sequence: number, result: AnalysisResult): void {
    const id = this.#ids.get(sequence);
    if (id !== undefined) return this.addTo(id, result);
    remember(this.#early, sequence, storedResult(result));
  }

  /** The same for a frame which is committed, of whatever run. */
  addTo(id: number, result: AnalysisResult): void {
    if (this.#ready.length >= REMEMBERED_MAX) this.#ready.shift();
    this.#ready.push({ id, ...storedResult(result) });
  }

  /** That of a frame which is about to be committed, if there is one already. */
  early(sequence: number): StoredResult | undefined {
    return this.#early.size === 0 ? undefined : this.#early.get(sequence);
  }

  /** A frame was committed, `withResult` if it had one then. */
  committed(sequence: number, id: number, withResult: boolean): void {
    const early = this.early(sequence);
    remember(this.#ids, sequence, id);
    if (early === undefined) return;
    this.#early.delete(sequence);
    if (!withResult) this.#ready.push({ id, ...early });
  }

  /** This one will never be committed. */
  passed(sequence: number): void {
    this.#early.delete(sequence);
  }

  /** Those for the next commit; they are forgotten here. */
  take(): NewResult[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }
}

function remember<T>(map: Map<number, T>, sequence: number, value: T): void {
  map.set(sequence, value);
  if (map.size <= REMEMBERED_MAX) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

function storedResult(result: AnalysisResult): StoredResult {
  return { verdict: result.result, json: toJson(result) };
}

/** One that is too long keeps what matters most. */
function toJson(result: AnalysisResult): string {
  const json = JSON.stringify(result);
  if (json.length <= LIMITS.resultBytesMax) return json;
  const reasons = result.reasons.slice(0, 10).map((reason) => reason.slice(0, 200));
  return JSON.stringify({ ...result, reasons, boxes: [], measures: {} });
}
