import type { Clock } from "../../lib/platform/clock.ts";
import { osError } from "./os_errors.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** How many bytes a read or a write moves, of those it could: all, one, or a random number. */
export type Cutting = "whole" | "one-byte" | "random";

/** How a {@linkcode MemoryPipe} behaves from the start. */
export interface MemoryPipeOptions {
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** Bytes written but not read before writers wait. */
  readonly bufferBytes: number;
  readonly reads: Cutting;
  readonly writes: Cutting;
  /** Time a byte is under way, milliseconds. */
  readonly latencyMs: number;
  /** Resets the connection, both ways. */
  readonly reset: () => void;
}

/** One direction of a made-up connection: a ring of bytes between a writer and a reader, with faults. */
export class MemoryPipe {
  readonly #options: MemoryPipeOptions;
  readonly #ring: Uint8Array;
  readonly #flips = new Map<number, number>();
  #latencyMs: number;
  /** Bytes in all which were taken from the writer. */
  #accepted = 0;
  /** Bytes in all which went into the ring. */
  #written = 0;
  /** Bytes in all which the reader got. */
  #read = 0;
  /** Bytes under way: up to `end` they arrive at `atMs`. */
  readonly #marks: { end: number; atMs: number }[] = [];
  #arrived = 0;
  #resetAt = Infinity;
  #endAt = Infinity;
  #silentAt = Infinity;
  #finAtMs: number | undefined;
  #wasReset = false;
  #readerGone = false;
  /** The writer has learnt that the reader is gone. */
  #writerKnows = false;
  #cancelTimer: (() => void) | undefined;
  #waiters: (() => void)[] = [];

  constructor(options: MemoryPipeOptions) {
    this.#options = options;
    this.#ring = new Uint8Array(options.bufferBytes);
    this.#latencyMs = options.latencyMs;
  }

  /** Bytes which were taken from the writer, in all. */
  get bytesWritten(): number {
    return this.#accepted;
  }

  /** Bytes which the reader got, in all. */
  get bytesRead(): number {
    return this.#read;
  }

  /** The reader gets exactly `bytes` bytes of this direction; then the connection is reset, both ways. */
  resetAfter(bytes: number): void {
    this.#resetAt = Math.max(bytes, this.#written);
    if (this.#written >= bytes) this.#options.reset();
  }

  /** The reader gets exactly `bytes` bytes of this direction and then the end; what is written behind them is lost. */
  endAfter(bytes: number): void {
    this.#endAt = Math.max(bytes, this.#written);
    if (this.#written >= bytes) this.end();
    this.#wake();
  }

  /** Behind `bytes` bytes of this direction nothing arrives any more, not even its end, and nobody is told. */
  silentAfter(bytes: number): void {
    this.#silentAt = Math.max(bytes, this.#read);
    this.#wake();
  }

  /** Ends the silence: what was written in the meantime arrives, as TCP sends it again. */
  heal(): void {
    this.#silentAt = Infinity;
    this.#wake();
  }

  /** Flips bit `bit` (0 to 7) of byte number `at` of this direction, which must not have been written yet. */
  flipBit(at: number, bit = 0): void {
    if (at < this.#accepted) throw new RangeError(`Cannot flip byte ${at} as it must be >= ${this.#accepted}`);
    this.#flips.set(at, 1 << bit);
  }

  /** Sets the time which bytes written from now on are under way, milliseconds. */
  setLatency(ms: number): void {
    this.#latencyMs = ms;
  }

  /** Takes at least one byte, waiting for room; `closed` is thrown as soon as it gives something. */
  async write(bytes: Uint8Array, closed: () => Error | undefined): Promise<number> {
    for (;;) {
      const error = closed() ?? this.#writeError();
      if (error) throw error;
      if (bytes.length === 0) return 0;
      if (this.#readerGone || this.#written >= this.#endAt) return this.#lose(bytes.length);
      const room = Math.min(bytes.length, this.#ring.length - (this.#written - this.#read));
      if (room > 0) return this.#take(bytes, room);
      await this.#change();
    }
  }

  /** Gives at least one byte, or null at the end, waiting for either. */
  async read(into: Uint8Array, closed: () => Error | undefined): Promise<number | null> {
    for (;;) {
      const error = closed();
      if (error) throw error;
      if (into.length === 0) return 0;
      this.#arrive();
      const ready = Math.min(this.#arrived, this.#silentAt) - this.#read;
      if (ready > 0) return this.#give(into, Math.min(ready, into.length));
      if (this.#wasReset) throw osError("ECONNRESET");
      if (this.#isAtEnd()) return null;
      await this.#change();
    }
  }

  /** The writer ends this direction: the reader sees it behind what was written. */
  end(): void {
    this.#finAtMs ??= this.#options.clock.now() + this.#latencyMs;
    this.#wake();
  }

  /** Nobody will read any more: one more write is lost, then writing fails, as with a real peer which has closed. */
  readerClosed(): void {
    this.#readerGone = true;
    if (this.#written - this.#read === this.#ring.length) this.#wasReset = true;
    this.#wake();
  }

  /** The connection was reset. What has arrived can still be read; what is under way is lost. */
  wasReset(): void {
    this.#arrive();
    this.#wasReset = true;
    this.#marks.length = 0;
    this.#wake();
  }

  #take(bytes: Uint8Array, room: number): number {
    const count = Math.min(
      this.#cut(this.#options.writes, room),
      this.#resetAt - this.#written,
      this.#endAt - this.#written,
    );
    for (let i = 0; i < count;) {
      const at = (this.#written + i) % this.#ring.length;
      const piece = bytes.subarray(i, Math.min(count, i + this.#ring.length - at));
      this.#ring.set(piece, at);
      i += piece.length;
    }
    for (const [at, mask] of this.#flips) {
      if (at < this.#written || at >= this.#written + count) continue;
      const index = at % this.#ring.length;
      this.#ring[index] = (this.#ring[index] ?? 0) ^ mask;
    }
    this.#written += count;
    this.#accepted += count;
    const atMs = this.#options.clock.now() + this.#latencyMs;
    this.#marks.push({ end: this.#written, atMs: Math.max(atMs, this.#marks.at(-1)?.atMs ?? 0) });
    if (this.#written >= this.#resetAt) {
      // The bytes in front of the cut do arrive: a test counts on each of them.
      this.#arrived = this.#written;
      this.#options.reset();
    }
    this.#wake();
    return count;
  }

  #give(into: Uint8Array, ready: number): number {
    const count = this.#cut(this.#options.reads, ready);
    for (let i = 0; i < count;) {
      const at = (this.#read + i) % this.#ring.length;
      const piece = this.#ring.subarray(at, Math.min(this.#ring.length, at + count - i));
      into.set(piece, i);
      i += piece.length;
    }
    this.#read += count;
    this.#wake();
    return count;
  }

  #cut(cutting: Cutting, count: number): number {
    if (cutting === "whole") return count;
    return cutting === "one-byte" ? 1 : 1 + this.#options.random.int(count);
  }

  #lose(count: number): number {
    this.#accepted += count;
    this.#writerKnows = this.#readerGone;
    return count;
  }

  #writeError(): Error | undefined {
    if (this.#wasReset) return osError("ECONNRESET");
    return this.#writerKnows || this.#finAtMs !== undefined ? osError("EPIPE") : undefined;
  }

  #isAtEnd(): boolean {
    if (this.#read !== this.#written || this.#read >= this.#silentAt) return false;
    if (this.#written >= this.#endAt) return true;
    return this.#finAtMs !== undefined && this.#finAtMs <= this.#options.clock.now();
  }

  /** Moves what is due from "under way" to "arrived". */
  #arrive(): void {
    const now = this.#options.clock.now();
    for (let mark = this.#marks[0]; mark !== undefined && mark.atMs <= now; mark = this.#marks[0]) {
      this.#arrived = Math.max(this.#arrived, mark.end);
      this.#marks.shift();
    }
  }

  #change(): Promise<void> {
    const now = this.#options.clock.now();
    const nextMs = this.#marks[0]?.atMs ?? this.#finAtMs;
    if (nextMs !== undefined && nextMs > now) {
      this.#cancelTimer?.();
      this.#cancelTimer = this.#options.clock.timer(nextMs - now, () => this.#wake());
    }
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}
