/** What is too old in a spool, by the clock of a box, which is set right at any time: its battery may be empty. */
import type { Clock } from "../platform/clock.ts";
import { SteadyWall } from "./steady_wall.ts";

/** A clock before this has not been set since the box started, ms since 1970. */
const CLOCK_SET_AFTER_MS = Date.UTC(2020, 0, 1);

export class SpoolAge {
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #wall: SteadyWall;
  /** How far it has jumped ahead, and when, while there may be something from before: so much less is the age of all. */
  #jumps: { readonly ms: number; readonly atMs: number }[] = [];

  /** Begins now, with the program; `keepMs`: what has waited for longer is too old. */
  constructor(clock: Clock, keepMs: number) {
    this.#clock = clock;
    this.#keepMs = keepMs;
    this.#wall = new SteadyWall(clock, (ms) => this.#jumped(ms));
  }

  /** How many jumps ahead it remembers. */
  get jumps(): number {
    return this.#jumps.length;
  }

  /** For the age of what is kept, ms since 1970; 0 while the clock of the box is nonsense. */
  plausibleMs(): number {
    const wallMs = this.#clock.wallMs();
    return isPlausible(wallMs) ? wallMs : 0;
  }

  /** What was kept before this is too old, ms since 1970; 0 while nobody can say. To be asked now and then, as it sees jumps by that. */
  beforeMs(): number {
    const isSteady = this.#wall.isSteady(this.#keepMs);
    const nowMs = this.plausibleMs();
    if (!isSteady || nowMs === 0) return 0;
    this.#forget();
    return this.#jumps.reduce((beforeMs, { ms }) => beforeMs - ms, nowMs - this.#keepMs);
  }

  #jumped(ms: number): void {
    // What was kept by a clock that was nonsense has no time; it gets the right one.
    if (ms < 0 || !isPlausible(this.#clock.wallMs() - ms)) return;
    // Here as well: a clock that jumps for ever is never steady.
    this.#forget();
    this.#jumps.push({ ms, atMs: this.#clock.now() });
  }

  /** Nothing may be there any more from before the oldest ones. */
  #forget(): void {
    const nowMs = this.#clock.now();
    this.#jumps = this.#jumps.filter(({ atMs }) => nowMs - atMs < this.#keepMs);
  }
}

function isPlausible(wallMs: number): boolean {
  return wallMs >= CLOCK_SET_AFTER_MS;
}
