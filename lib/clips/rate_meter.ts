/** Bytes a second over the last few seconds. Arithmetic only. */

/** Time over which the rate is taken, ms. */
const SPAN_MS = 4_000;
/** Samples closer together than this are joined, ms. */
const STEP_MS = 100;

export class RateMeter {
  #samples: { atMs: number; bytes: number }[] = [];
  #total = 0;

  /** Says that `bytes` more have come at `nowMs`. */
  add(bytes: number, nowMs: number): void {
    this.#total += bytes;
    const last = this.#samples.at(-1);
    if (last === undefined || nowMs - last.atMs >= STEP_MS) this.#samples.push({ atMs: nowMs, bytes: this.#total });
    while (this.#samples.length > 2 && nowMs - this.#samples[1]!.atMs > SPAN_MS) this.#samples.shift();
  }

  /** Bytes a second; 0 while too little is known, or nothing has come lately. */
  rate(nowMs: number): number {
    const first = this.#samples.find(({ atMs }) => nowMs - atMs <= SPAN_MS);
    if (first === undefined || nowMs - first.atMs < STEP_MS) return 0;
    return Math.round((this.#total - first.bytes) / (nowMs - first.atMs) * 1000);
  }
}
