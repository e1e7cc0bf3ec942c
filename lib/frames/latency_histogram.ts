/** Times in buckets which are 2 % wide: percentiles of any number of them in 11 KiB. */

/** Lower end of the first bucket, ms: shorter times count as this. */
const FIRST_MS = 0.01;
const GROWTH = 1.02;
/** Up to a month. */
const BUCKETS = 1_350;

export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;

  add(ms: number): void {
    const bucket = Math.floor(Math.log(Math.max(FIRST_MS, ms) / FIRST_MS) / Math.log(GROWTH));
    this.#counts[Math.min(BUCKETS - 1, bucket)]!++;
    this.#total++;
  }

  /** The time that this share (0 to 1) of all stayed within, ms, to 2 %; null before the first. */
  percentileMs(share: number): number | null {
    if (this.#total === 0) return null;
    const wanted = Math.max(1, Math.ceil(share * this.#total));
    let below = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      below += this.#counts[bucket]!;
      if (below >= wanted) return FIRST_MS * GROWTH ** (bucket + 0.5);
    }
    return null;
  }
}
