/**
 * How much may be on its way over a link, so that it is busy and its queues are short: a reading which overtakes a clip
 * in our lanes must not wait behind it in the kernel's buffers. Arithmetic only.
 *
 * After BBR (Cardwell et al., ACM Queue 14(5), 2016): the rate is the largest that was delivered lately, the round trip
 * the shortest seen lately; in flight is their product and a little more. At first it grows fast, until the rate does
 * not follow. Once in a while less than fits goes out for a round trip, to see how long that is without our own queue in it.
 */

/** Queue that we allow ourselves on top of the round trip, ms: keeps the link busy over the jitter of acks. */
const QUEUE_MS = 50;
/** On long round trips the queue is this share of them instead, so that a link which becomes faster is noticed soon. */
const QUEUE_SHARE = 1 / 5;
/** In flight at the start, bytes; as of TCP (RFC 6928): half a second on a link of 32 kB/s. */
const START_BYTES = 16 * 1024;
/** In flight at least, bytes: two of the smallest chunks. */
const FLOOR_BYTES = 8 * 1024;
/** Half a chunk of the smallest size: whole chunks only are sent, so the amount is rounded to the next. */
const ROUNDING_BYTES = 2 * 1024;
/** Growth per round trip at the start, and how little of it, how often in a row, means that the link is full. */
const START_GAIN = 2.5;
const START_GROWTH_MIN = 1.25;
const START_FULL_ROUNDS = 3;
/** A delivered rate counts for this long, or for some round trips, ms. */
const RATE_MEMORY_MS = 1_000;
const RATE_MEMORY_ROUND_TRIPS = 5;
/** The shortest round trip counts for this long, ms; then it is looked for again. */
const ROUND_TRIP_MEMORY_MS = 10_000;
/** Share of the link that is used while it is looked for. */
const DRAIN_SHARE = 0.75;
/** Round trips so many times longer than expected, for so long, ms: the way is another one, so it is looked for at once. */
const LOST_FACTOR = 2;
const LOST_AFTER_MS = 1_000;
/** Chunks per amount in flight. */
const CHUNKS_IN_FLIGHT = 8;

interface Sent {
  /** Position of its last byte, counted over all that was sent. */
  readonly end: number;
  readonly atMs: number;
  /** What had been delivered when it was sent, and when the last of that was. */
  readonly delivered: number;
  readonly deliveredAtMs: number;
  /** When the oldest byte in flight at that moment had been sent. */
  readonly flightStartMs: number;
  /** The link could have carried more at that moment: what was delivered says little about it. */
  readonly isIdle: boolean;
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
  #drainShare = DRAIN_SHARE;
  /** Since when round trips are longer than what we have in flight explains. */
  #lostSinceMs = Infinity;
  /** When the last draining ended. */
  #drainedAtMs = -Infinity;
  /** At the start: where this round trip ends, the rate that it has to beat, and rounds which did not. */
  #start: ReturnType<typeof newStart> | undefined = newStart();

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
    const rate = this.#bytesPerMs;
    if (rate === 0) return START_BYTES;
    const tripMs = this.#roundTripMs;
    const full = rate * (tripMs + queueMsOf(tripMs)) + ROUNDING_BYTES;
    const drained = rate * tripMs * this.#drainShare;
    if (nowMs < this.#drainUntilMs) return Math.max(FLOOR_BYTES, drained);
    if (this.#start !== undefined) return Math.max(START_BYTES, full * START_GAIN);
    // Back up over two round trips: all at once would be a queue at once.
    const share = tripMs > 0 ? Math.min(1, (nowMs - this.#drainedAtMs) / (2 * tripMs)) : 1;
    return Math.max(FLOOR_BYTES, drained + (full - drained) * share);
  }

  /** Size of the next chunk: a power of two between `min` and `max`, bytes. */
  chunkBytes(nowMs: number, min: number, max: number): number {
    const wanted = Math.max(this.inFlightMax(nowMs), FLOOR_BYTES) / CHUNKS_IN_FLIGHT;
    return Math.max(min, Math.min(max, 2 ** Math.floor(Math.log2(wanted))));
  }

  /** Says that `bytes` go out at `nowMs`. */
  send(bytes: number, nowMs: number): void {
    if (this.inFlight === 0) this.#deliveredAtMs = nowMs;
    const isIdle = this.inFlight + bytes < this.#bytesPerMs * this.#roundTripMs / 2;
    this.#sent += bytes;
    this.#flight.push({
      end: this.#sent,
      atMs: nowMs,
      delivered: this.#delivered,
      deliveredAtMs: this.#deliveredAtMs,
      flightStartMs: this.#flight[0]?.atMs ?? nowMs,
      isIdle,
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
    const bytesPerMs = (this.#delivered - newest.delivered) / elapsed;
    if (!newest.isIdle || bytesPerMs > this.#bytesPerMs) this.#measureRate(bytesPerMs, nowMs);
    this.#leaveStart(newest);
  }

  /** Forgets `bytes` which were in flight on a stream that ended: they will not be acknowledged. */
  forget(bytes: number): void {
    this.#delivered = Math.min(this.#sent, this.#delivered + bytes);
    while (this.#flight[0] !== undefined && this.#flight[0].end <= this.#delivered) this.#flight.shift();
  }

  /** The fast start ends when the rate does not grow any more, although more was in flight. */
  #leaveStart(newest: Sent): void {
    const start = this.#start;
    if (start === undefined || newest.delivered < start.roundEnd || newest.isIdle) return;
    start.roundEnd = this.#delivered;
    const hasGrown = this.#bytesPerMs >= start.bytesPerMs * START_GROWTH_MIN;
    start.fullRounds = hasGrown ? 0 : start.fullRounds + 1;
    if (hasGrown) start.bytesPerMs = this.#bytesPerMs;
    if (start.fullRounds >= START_FULL_ROUNDS) this.#start = undefined;
  }

  #measureRoundTrip(ms: number, nowMs: number): void {
    if (ms <= this.#roundTripMs || (this.#drainUntilMs > 0 && nowMs >= this.#drainUntilMs)) {
      // A longer way holds more: find out anew how much.
      if (ms > LOST_FACTOR * this.#roundTripMs) this.#start = newStart();
      if (this.#drainUntilMs > 0) this.#drainedAtMs = nowMs;
      this.#roundTripMs = ms;
      this.#roundTripAtMs = nowMs;
      this.#drainUntilMs = 0;
      this.#lostSinceMs = Infinity;
      return;
    }
    if (this.#drainUntilMs > 0) return;
    const isLonger = ms > LOST_FACTOR * (this.#roundTripMs + queueMsOf(this.#roundTripMs));
    this.#lostSinceMs = isLonger && this.#start === undefined ? Math.min(this.#lostSinceMs, nowMs) : Infinity;
    const isLost = nowMs - this.#lostSinceMs > Math.max(LOST_AFTER_MS, 2 * ms);
    if (!isLost && nowMs - this.#roundTripAtMs <= ROUND_TRIP_MEMORY_MS) return;
    this.#drainShare = isLost ? 0 : DRAIN_SHARE;
    // Long enough for what is in flight to arrive, and for one chunk to make a trip of its own.
    this.#drainUntilMs = nowMs + ms + Math.min(ms, 200);
  }

  /** Keeps rates in falling order, so that the first is the largest of the last while. */
  #measureRate(bytesPerMs: number, nowMs: number): void {
    const memoryMs = Math.max(RATE_MEMORY_MS, RATE_MEMORY_ROUND_TRIPS * Math.min(this.#roundTripMs, 5_000));
    while (this.#rates.length > 0 && this.#rates.at(-1)!.bytesPerMs <= bytesPerMs) this.#rates.pop();
    this.#rates.push({ atMs: nowMs, bytesPerMs });
    while (this.#rates.length > 1 && nowMs - this.#rates[0]!.atMs > memoryMs) this.#rates.shift();
  }
}

/** Queue of our own, ms, on a link with this round trip. */
function queueMsOf(roundTripMs: number): number {
  return Math.max(QUEUE_MS, roundTripMs * QUEUE_SHARE);
}

function newStart(): { roundEnd: number; bytesPerMs: number; fullRounds: number } {
  return { roundEnd: 0, bytesPerMs: 0, fullRounds: 0 };
}
