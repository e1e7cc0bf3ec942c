/** Which result belongs on which picture. Pure. */
import type { PageMessage } from "../../page_messages.ts";

/** What became of the analysis of a picture. */
export type Result = (PageMessage & { readonly type: "result" })["result"];
/** Where something was found. */
export type ResultBox = Result["boxes"][number];

/** Which picture: numbers are those of a run, times those of the server. */
export interface PictureKey {
  readonly run: string;
  readonly sequence: number;
  readonly timeMs: number;
}

/** Analysis takes a moment; a part does not move far in it. Older boxes would be drawn where nothing is any more. */
const CARRY_MS = 500;
/** A verdict is shown for so long while the pictures after it are left out of the analysis. */
const VERDICT_MS = 2_000;
const PICTURES_MAX = 128;
const RESULTS_MAX = 64;

/** The last pictures and results of one source. */
export class ResultBook {
  readonly #times = new Map<string, number>();
  readonly #results = new Map<string, { readonly run: string; readonly sequence: number; readonly result: Result }>();
  #newest: Result | null = null;
  #verdict: { readonly result: Result; readonly timeMs: number } | null = null;
  #latestMs = -Infinity;

  /**
   * The result to tell: the last one that came, for whichever picture; but where only some pictures are analysed, the last
   * verdict as long as it is fresh, so that it does not flicker.
   */
  get newest(): Result | null {
    if (this.#verdict !== null && this.#latestMs - this.#verdict.timeMs <= VERDICT_MS) return this.#verdict.result;
    return this.#newest;
  }

  /** A picture has come, whether or not it will be shown. */
  notePicture({ run, sequence, timeMs }: PictureKey): void {
    put(this.#times, keyOf(run, sequence), timeMs, PICTURES_MAX);
    this.#latestMs = timeMs;
  }

  noteResult(run: string, sequence: number, result: Result): void {
    put(this.#results, keyOf(run, sequence), { run, sequence, result }, RESULTS_MAX);
    this.#newest = result;
    if (result.result === "not analysed") return;
    this.#verdict = { result, timeMs: this.#times.get(keyOf(run, sequence)) ?? this.#latestMs };
  }

  /**
   * The result to draw over a picture: its own; or, if it was not analysed, that of the last picture of the same run before it which has one, if
   * that was taken at most half a second earlier. The result of a picture which is not shown yet waits for it.
   */
  over({ run, sequence, timeMs }: PictureKey): Result | null {
    const own = this.#results.get(keyOf(run, sequence));
    if (own !== undefined && own.result.result !== "not analysed") return own.result;
    let best: { sequence: number; result: Result } | null = null;
    for (const [key, entry] of this.#results) {
      if (
        entry.result.result === "not analysed" || entry.run !== run || entry.sequence > sequence ||
        entry.sequence < (best?.sequence ?? 0)
      ) continue;
      const takenMs = this.#times.get(key);
      if (takenMs !== undefined && timeMs - takenMs <= CARRY_MS && timeMs >= takenMs) best = entry;
    }
    return best?.result ?? own?.result ?? null;
  }
}

function keyOf(run: string, sequence: number): string {
  return `${sequence} ${run}`;
}

function put<V>(map: Map<string, V>, key: string, value: V, countMax: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > countMax) map.delete(map.keys().next().value!);
}
