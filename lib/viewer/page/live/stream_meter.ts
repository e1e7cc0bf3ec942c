/** Rate and latency of the pictures of one source, as this page receives them. Pure. */
import type { PictureHeader } from "../../page_messages.ts";

const RATE_WINDOW_MS = 3_000;
const ARRIVALS_MAX = 256;
const SAMPLES_MAX = 31;

/** Measures pictures of one source. Bounded, however long it runs. */
export class StreamMeter {
  #arrivals: { readonly localMs: number; readonly receivedMs: number }[] = [];
  #intervals: number[] = [];
  #latencies: number[] = [];
  #last: PictureHeader | null = null;
  /** Pictures that this page was too slow for: left out by the server, or dropped here before they were decoded. */
  missed = 0;

  /** The last picture that has arrived; null when none has. */
  get last(): PictureHeader | null {
    return this.#last;
  }

  /** A picture has arrived; `localMs`: any clock which only moves forward. */
  arrived(header: PictureHeader, localMs: number): void {
    push(this.#arrivals, { localMs, receivedMs: header.receivedMs }, ARRIVALS_MAX);
    const before = this.#last;
    // What the page missed in between came at the usual rate, too.
    const pictures = 1 + Math.max(0, header.missed);
    const passedMs = header.receivedMs - (before?.receivedMs ?? NaN);
    if (passedMs >= 0) push(this.#intervals, passedMs / pictures, SAMPLES_MAX);
    this.#last = header;
    this.missed += pictures - 1;
  }

  /** A picture is on the screen; `latencyMs` is its age then. */
  shown(latencyMs: number): void {
    push(this.#latencies, latencyMs, SAMPLES_MAX);
  }

  /** Nothing was watched for a while: what was measured before says nothing of now. */
  pause(): void {
    this.#arrivals = [];
    this.#latencies = [];
    this.#last = null;
  }

  /** Pictures a second over the last three seconds; null with too few to say. */
  fps(localMs: number): number | null {
    const last = this.#arrivals.at(-1);
    if (last === undefined || localMs - last.localMs > Math.max(RATE_WINDOW_MS, 3 * (this.intervalMs() ?? 0))) {
      return null;
    }
    // By the clock of the server: what piled up behind a busy moment of this page did not come faster for that.
    const recent = this.#arrivals.filter(({ receivedMs }) => last.receivedMs - receivedMs <= RATE_WINDOW_MS);
    const passedMs = last.receivedMs - (recent[0]?.receivedMs ?? 0);
    if (recent.length >= 3 && passedMs > 0) return (recent.length - 1) * 1000 / passedMs;
    const interval = this.intervalMs();
    return interval !== null && interval > RATE_WINDOW_MS / 3 ? 1000 / interval : null;
  }

  /** Usual time between two pictures of the source, ms; null when unknown. */
  intervalMs(): number | null {
    return median(this.#intervals);
  }

  /** Median age of the last pictures when they were shown, ms; null when none was. */
  latencyMs(): number | null {
    return median(this.#latencies);
  }
}

function push<T>(list: T[], value: T, countMax: number): void {
  list.push(value);
  if (list.length > countMax) list.shift();
}

function median(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? null;
}
