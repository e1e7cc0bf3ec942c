/**
 * How much may be on its way over a link, so that it is busy and its queues are short: a reading which overtakes a clip
 * in our lanes must not wait behind it in the kernel's buffers. Arithmetic only.
 *
 * After BBR (Cardwell et al., ACM Queue 14(5), 2016): the rate is the largest that was delivered lately, the round trip
 * the shortest seen lately; in flight is their product and a little more. Once in a while the link is drained for a
 * round trip, to see how long that is without our own queue in it.
 */

/** Queue that we allow ourselves on top of the round trip, ms: keeps the link busy over the jitter of acks. */
const QUEUE_MS = 50;
const GAIN = 1.25;
/** In flight at the start, and at least, bytes. */
const START_BYTES = 64 * 1024;
const FLOOR_BYTES = 8 * 1024;
/** A delivered rate counts for this long, ms. */
const RATE_MEMORY_MS = 1_000;
/** The shortest round trip counts for this long, ms; then it is looked for again. */
const ROUND_TRIP_MEMORY_MS = 10_000;
/** Chunks per amount in flight. */
const CHUNKS_IN_FLIGHT = 4;

interface Sent {
  /** Position of its last byte, counted over all that was sent. */
  readonly end: number;
  readonly atMs: number;
  /** What had been delivered when it was sent, and when the last of that was. */
  readonly delivered: number;
  readonly deliveredAtMs: number;
  /** When the oldest byte in flight at that moment had been sent. */
  readonly flightStartMs: number;
}

export class LinkPacer {
  #sent = 0;
  #delivered = 0;
  #deliveredAtMs = 0;
  #flight: Sent[] = [];
  #rates: { atMs: number; bytesPerMs: number }[] = [];
  #roundTripMs = Infinity;
  #roundTripAtMs = 0;
  /** While draining: when it ends. */
  #drainUntilMs = 0;

  /** Bytes on their way. */
  get inFlight(): number {
    return this.#sent - this.#delivered;
  }

  /** Largest rate delivered lately, bytes a second; 0 before the first ack. */
  get bytesPerSecond(): number {
    return this.#bytesPerMs * 1000;
  }

  /** Shortest round trip lately, ms; Infinity before the first ack. */
  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  get #bytesPerMs(): number {
    return this.#rates[0]?.bytesPerMs ?? 0;
  }

  /** Bytes that may be in flight at `nowMs`. */
  inFlightMax(nowMs: number): number {
    if (nowMs < this.#drainUntilMs) return FLOOR_BYTES;
    const rate = this.#bytesPerMs;
    if (rate === 0) return START_BYTES;
    return Math.max(FLOOR_BYTES, rate * (this.#roundTripMs + QUEUE_MS) * GAIN);
  }

  /** Size of the next chunk: a power of two between `min` and `max`, bytes. */
  chunkBytes(nowMs: number, min: number, max: number): number {
    const wanted = Math.max(this.inFlightMax(nowMs), FLOOR_BYTES) / CHUNKS_IN_FLIGHT;
    return Math.max(min, Math.min(max, 2 ** Math.floor(Math.log2(wanted))));
  }

  /** Says that `bytes` go out at `nowMs`. */
  send(bytes: number, nowMs: number): void {
    if (this.inFlight === 0) this.#deliveredAtMs = nowMs;
    this.#sent += bytes;
    this.#flight.push({
      end: this.#sent,
      atMs: nowMs,
      delivered: this.#delivered,
      deliveredAtMs: this.#deliveredAtMs,
      flightStartMs: this.#flight[0]?.atMs ?? nowMs,
    });
  }

  /** Says that `bytes` more were received by the peer, which we heard at `nowMs`. */
  acknowledge(bytes: number, nowMs: number): void {
    if (bytes <= 0) return;
    this.#delivered = Math.min(this.#sent, this.#delivered + bytes);
    this.#deliveredAtMs = nowMs;
    let newest: Sent | undefined;
    while (this.#flight[0] !== undefined && this.#flight[0].end <= this.#delivered) newest = this.#flight.shift();
    if (newest === undefined) return;
    this.#measureRoundTrip(nowMs - newest.atMs, nowMs);
    const elapsed = Math.max(nowMs - newest.deliveredAtMs, newest.atMs - newest.flightStartMs, 0.01);
    this.#measureRate((this.#delivered - newest.delivered) / elapsed, nowMs);
  }

  /** Forgets `bytes` which were in flight on a stream that ended: they will not be acknowledged. */
  forget(bytes: number): void {
    this.#delivered = Math.min(this.#sent, this.#delivered + bytes);
    while (this.#flight[0] !== undefined && this.#flight[0].end <= this.#delivered) this.#flight.shift();
  }

  #measureRoundTrip(ms: number, nowMs: number): void {
    if (ms <= this.#roundTripMs || (this.#drainUntilMs > 0 && nowMs >= this.#drainUntilMs)) {
      this.#roundTripMs = ms;
      this.#roundTripAtMs = nowMs;
      this.#drainUntilMs = 0;
    } else if (this.#drainUntilMs === 0 && nowMs - this.#roundTripAtMs > ROUND_TRIP_MEMORY_MS) {
      // Long enough for what is in flight to arrive, and for one chunk to make a trip of its own.
      this.#drainUntilMs = nowMs + ms + Math.min(ms, 200);
    }
  }

  /** Keeps rates in falling order, so that the first is the largest of the last while. */
  #measureRate(bytesPerMs: number, nowMs: number): void {
    const memoryMs = Math.max(RATE_MEMORY_MS, 8 * Math.min(this.#roundTripMs, 5_000));
    while (this.#rates.length > 0 && this.#rates.at(-1)!.bytesPerMs <= bytesPerMs) this.#rates.pop();
    this.#rates.push({ atMs: nowMs, bytesPerMs });
    while (this.#rates.length > 1 && nowMs - this.#rates[0]!.atMs > memoryMs) this.#rates.shift();
  }
}
