import type { Clock } from "../../lib/platform/clock.ts";

/** Bounds of {@linkcode MadeUpClock.runUntil}. */
export interface RunBounds {
  /** Made-up milliseconds; default a day. */
  readonly msMax?: number;
  /** Timers which may fire; default a million. */
  readonly timersMax?: number;
}

interface Timer {
  readonly atMs: number;
  readonly fn: () => void;
}

/** Turns of the event loop without any timer after which nothing more is expected to happen. */
const IDLE_TURNS_MAX = 200;

/**
 * Time which only passes when told to, so that an hour of waiting takes no time.
 *
 * @example
 * ```ts
 * const clock = new MadeUpClock();
 * const slept = sleep(clock, 3_600_000);
 * await clock.runUntil(slept);
 * ```
 */
export class MadeUpClock implements Clock {
  #nowMs = 0;
  #wallOffsetMs: number;
  /** By time; those of the same time in the order in which they were made. */
  #timers: Timer[] = [];

  /** @param wallMs what the wall clock says at the start, milliseconds since 1970; default a day in 2026. */
  constructor(wallMs = Date.UTC(2026, 0, 15, 12)) {
    this.#wallOffsetMs = wallMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    // Whole milliseconds, as Date.now() gives.
    return Math.floor(this.#wallOffsetMs + this.#nowMs);
  }

  timer(ms: number, fn: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, ms), fn };
    let at = this.#timers.length;
    while (at > 0 && (this.#timers[at - 1] as Timer).atMs > timer.atMs) at--;
    this.#timers.splice(at, 0, timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  turn(): Promise<void> {
    return settle();
  }

  answers(): Promise<void> {
    return settle();
  }

  /** Timers which have not fired and were not cancelled: 0 at the end of a test shows that nothing was left behind. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Sets the wall clock alone, as a user, NTP or an empty battery (0: 1970) does; no timer minds. */
  setWall(wallMs: number): void {
    this.#wallOffsetMs = wallMs - this.#nowMs;
  }

  /** Lets `ms` pass: timers fire in order, and all that follows from one happens before the next. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    while ((this.#timers[0]?.atMs ?? Infinity) <= untilMs) {
      this.#fireNext();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  /**
   * Lets time pass, timer by timer, until `promise` settles, and settles alike.
   *
   * @throws {Error} when it cannot settle any more as no timer is left, or at a bound.
   */
  async runUntil<T>(promise: Promise<T>, bounds: RunBounds = {}): Promise<T> {
    const { msMax = 86_400_000, timersMax = 1_000_000 } = bounds;
    const startMs = this.#nowMs;
    let settled = false;
    promise.then(() => settled = true, () => settled = true);
    let fired = 0;
    for (let idleTurns = 0;;) {
      await settle();
      if (settled) return await promise;
      const passed = `after ${this.#nowMs - startMs} ms and ${fired} timers`;
      const next = this.#timers[0];
      if (next === undefined) {
        // Work outside of the made-up world (a hash on another thread) may still be under way.
        if (++idleTurns > IDLE_TURNS_MAX) {
          throw new Error(`Cannot run until promise settles as no timer is left ${passed}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 1));
        continue;
      }
      idleTurns = 0;
      if (next.atMs - startMs > msMax || fired >= timersMax) {
        throw new Error(`Cannot run until promise settles as the bound was reached ${passed}`);
      }
      this.#fireNext();
      fired++;
    }
  }

  #fireNext(): void {
    const timer = this.#timers.shift();
    if (timer === undefined) return;
    this.#nowMs = Math.max(this.#nowMs, timer.atMs);
    timer.fn();
  }
}

/** Resolves when all promises which could settle by themselves have done so. */
function settle(): Promise<void> {
  // All microtasks run before the next turn of the event loop.
  return new Promise((resolve) => void setImmediate(resolve));
}
