/** A link of a certain rate and round trip behind a deep buffer, in simulated time; with a sender which obeys the pacer. */
import type { LinkPacer } from "../../lib/protocol/link_pacer.ts";

export interface LinkFacts {
  /** Of the bottleneck, bytes a second. */
  bytesPerSecond: number;
  /** Without any queue, ms. */
  roundTripMs: number;
}

/** What a stretch of time was like. */
export interface LinkReport {
  /** Share of what the link could carry. */
  readonly utilisation: number;
  /** Longest and mean time that a byte waited behind others in the buffer, ms. */
  readonly queueMsMax: number;
  readonly queueMsMean: number;
}

interface Chunk {
  readonly bytes: number;
  readonly sentMs: number;
  readonly arrivesMs: number;
}

const CHUNK_MIN = 4 * 1024;
const CHUNK_MAX = 256 * 1024;
/** The receiver's timer and amount for acks. */
const ACK_AFTER_MS = 5;
const ACK_AFTER_BYTES = 1024 * 1024;
/** Of the window of the stream. */
const WINDOW_BYTES = 32 * 1024 * 1024;

export class SimulatedLink {
  readonly facts: LinkFacts;
  readonly #pacer: LinkPacer;
  nowMs = 0;
  /** When the bottleneck has sent all that it has. */
  #freeMs = 0;
  #flying: Chunk[] = [];
  #acks: { atMs: number; bytes: number }[] = [];
  #unacked = 0;
  #ackTimerMs = Infinity;
  /** Bytes which are in flight for the sender. */
  outstanding = 0;
  /** Asked before each chunk: whether the sender has something to send. */
  hasData: (nowMs: number) => boolean = () => true;
  #reported = { bytes: 0, maxMs: 0, sumMs: 0, chunks: 0 };

  constructor(pacer: LinkPacer, facts: LinkFacts) {
    this.#pacer = pacer;
    this.facts = facts;
  }

  /** Time that a byte sent now would wait behind others, ms. */
  get queueMs(): number {
    return Math.max(0, this.#freeMs - this.nowMs);
  }

  /** Runs for `ms` and tells how it was. */
  run(ms: number): LinkReport {
    const untilMs = this.nowMs + ms;
    this.#reported = { bytes: 0, maxMs: 0, sumMs: 0, chunks: 0 };
    while (this.nowMs < untilMs) {
      this.#sendAll();
      this.nowMs = Math.min(untilMs, this.#nextMs());
      this.#arrive();
    }
    const { bytes, maxMs, sumMs, chunks } = this.#reported;
    const able = this.facts.bytesPerSecond * ms / 1000;
    return { utilisation: bytes / able, queueMsMax: maxMs, queueMsMean: chunks === 0 ? 0 : sumMs / chunks };
  }

  /** The stream ends: what is in flight will never be acked. */
  loseStream(): void {
    this.#pacer.forget(this.outstanding);
    this.outstanding = 0;
    this.#flying = [];
    this.#acks = [];
    this.#unacked = 0;
    this.#ackTimerMs = Infinity;
  }

  #sendAll(): void {
    while (this.hasData(this.nowMs)) {
      const bytes = this.#pacer.chunkBytes(this.nowMs, CHUNK_MIN, CHUNK_MAX);
      // As ClipUpload.poll decides.
      if (this.#pacer.inFlight > 0 && this.#pacer.inFlight + bytes > this.#pacer.inFlightMax(this.nowMs)) return;
      if (this.outstanding + bytes > WINDOW_BYTES) return;
      this.#pacer.send(bytes, this.nowMs);
      this.outstanding += bytes;
      const { bytesPerSecond, roundTripMs } = this.facts;
      this.#reported.maxMs = Math.max(this.#reported.maxMs, this.queueMs);
      this.#reported.sumMs += this.queueMs;
      this.#reported.chunks++;
      this.#freeMs = Math.max(this.#freeMs, this.nowMs) + bytes / bytesPerSecond * 1000;
      this.#flying.push({ bytes, sentMs: this.nowMs, arrivesMs: this.#freeMs + roundTripMs / 2 });
    }
  }

  #nextMs(): number {
    // While the pacer drains, nothing but time lets it go on; the session's acks wake it, here a step does.
    const drain = this.#flying.length === 0 && this.#acks.length === 0 ? this.nowMs + 1 : Infinity;
    return Math.min(this.#flying[0]?.arrivesMs ?? Infinity, this.#acks[0]?.atMs ?? Infinity, this.#ackTimerMs, drain);
  }

  #arrive(): void {
    while ((this.#flying[0]?.arrivesMs ?? Infinity) <= this.nowMs) {
      const { bytes } = this.#flying.shift()!;
      this.#reported.bytes += bytes;
      this.#unacked += bytes;
      if (this.#ackTimerMs === Infinity) this.#ackTimerMs = this.nowMs + ACK_AFTER_MS;
      if (this.#unacked >= ACK_AFTER_BYTES) this.#ack();
    }
    if (this.#ackTimerMs <= this.nowMs) this.#ack();
    while ((this.#acks[0]?.atMs ?? Infinity) <= this.nowMs) {
      const { bytes } = this.#acks.shift()!;
      this.outstanding -= bytes;
      this.#pacer.acknowledge(bytes, this.nowMs);
    }
  }

  #ack(): void {
    this.#acks.push({ atMs: this.nowMs + this.facts.roundTripMs / 2, bytes: this.#unacked });
    this.#unacked = 0;
    this.#ackTimerMs = Infinity;
  }
}
