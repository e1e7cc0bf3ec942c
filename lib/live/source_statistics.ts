/** Figures of a source while it is live. Arithmetic only: the time comes in, by the monotonic clock. */
import { LIMITS } from "../config/limits.ts";
import type { AnalysisResult, Frame } from "../protocol/frame.ts";
import { DROP_REASONS, type DropReason } from "../protocol/message.ts";

/** Time over which rates are taken, ms. */
const SPAN_MS = 3_000;
/** Samples of the rate closer together than this are joined, ms. */
const STEP_MS = 100;
/** Rates of slow sources are taken over at least so many samples, however old. */
const SAMPLES_MIN = 4;
/** Frames over which latency and interval are taken. */
const LATE_FRAMES = 32;
/** A source is stale after so many of its usual intervals. */
const STALE_INTERVALS = 3;

interface Sample {
  readonly atMs: number;
  frames: number;
  bytes: number;
}

export class SourceStatistics {
  readonly #dropped = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>;
  /** Arrival and latency of the last frames, in rings. */
  readonly #arrivals = new Float64Array(LATE_FRAMES);
  readonly #latencies = new Float64Array(LATE_FRAMES);
  /** Totals as they were before what came at or after `atMs`. */
  #samples: Sample[] = [];
  #frames = 0;
  #bytes = 0;
  /** Frames since `restart`: what came before says nothing about intervals. */
  #inRow = 0;
  #clockOffsetMs: number | null = null;
  #analysed = 0;
  #skipped = 0;
  #defects = 0;

  /** The box begins, or comes back. */
  restart(): void {
    this.#samples = [];
    this.#inRow = 0;
  }

  frame(frame: Frame, nowMs: number): void {
    const last = this.#samples.at(-1);
    if (last === undefined || nowMs - last.atMs >= STEP_MS) {
      this.#samples.push({ atMs: nowMs, frames: this.#frames, bytes: this.#bytes });
      while (this.#samples.length > SAMPLES_MIN && nowMs - this.#samples[1]!.atMs > SPAN_MS) this.#samples.shift();
    }
    const at = this.#inRow++ % LATE_FRAMES;
    this.#arrivals[at] = nowMs;
    this.#latencies[at] = frame.receivedMs - frame.timeMs;
    this.#clockOffsetMs = frame.capturedMs - frame.timeMs;
    this.#frames++;
    this.#bytes += frame.jpeg.length;
  }

  drop(reason: DropReason, count: number): void {
    this.#dropped[reason] += count;
  }

  result(result: AnalysisResult): void {
    if (result.result === "not analysed") this.#skipped++;
    else this.#analysed++;
    if (result.result === "defect") this.#defects++;
  }

  /** Frames and bytes so far. */
  get frames(): number {
    return this.#frames;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get dropped(): Readonly<Record<DropReason, number>> {
    return this.#dropped;
  }

  get analysed(): number {
    return this.#analysed;
  }

  get skipped(): number {
    return this.#skipped;
  }

  get defects(): number {
    return this.#defects;
  }

  /** The clock of the box less that of the server, as the newest frame was corrected; null without a frame. */
  get clockOffsetMs(): number | null {
    return this.#clockOffsetMs;
  }

  /** Median of late frames, capture to arrival, ms; null without a frame. */
  latencyMs(): number | null {
    const count = Math.min(this.#inRow, LATE_FRAMES);
    return count === 0 ? null : median(this.#latencies.subarray(0, count));
  }

  /** Frames and bytes a second; 0 while too little is known. */
  rates(nowMs: number): { fps: number; bytesPerSecond: number } {
    const { length } = this.#samples;
    const first = this.#samples.find(({ atMs }, at) => nowMs - atMs <= SPAN_MS || length - at <= SAMPLES_MIN);
    if (first === undefined) return { fps: 0, bytesPerSecond: 0 };
    // From the first frame to the newest: one interval less than there are frames. Waiting for a late one counts, too.
    const lateMs = Math.max(0, nowMs - this.#newestMs - this.#intervalMs());
    const spanMs = this.#newestMs - first.atMs + lateMs;
    if (spanMs < STEP_MS) return { fps: 0, bytesPerSecond: 0 };
    const count = this.#frames - first.frames;
    const fps = (count - 1) / spanMs * 1000;
    return { fps, bytesPerSecond: (this.#bytes - first.bytes) / count * fps };
  }

  /** Whether the newest frame is as old as the source's own rate explains. */
  isLive(nowMs: number): boolean {
    if (this.#inRow === 0) return false;
    return nowMs - this.#newestMs < Math.max(LIMITS.sourceStaleMs, STALE_INTERVALS * this.#intervalMs());
  }

  get #newestMs(): number {
    return this.#arrivals[(this.#inRow - 1) % LATE_FRAMES]!;
  }

  /** The usual time between two frames: the median, so that one pause changes nothing; 0 while unknown. */
  #intervalMs(): number {
    const count = Math.min(this.#inRow, LATE_FRAMES);
    const intervals = new Float64Array(Math.max(0, count - 1));
    for (let back = 1; back < count; back++) {
      const [later, earlier] = [this.#inRow - back, this.#inRow - back - 1].map((at) =>
        this.#arrivals[at % LATE_FRAMES]!
      );
      intervals[back - 1] = later! - earlier!;
    }
    return intervals.length === 0 ? 0 : median(intervals);
  }
}

function median(values: Float64Array): number {
  return values.toSorted()[values.length >> 1] ?? 0;
}
