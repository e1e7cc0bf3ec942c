/**
 * Sends pictures to all pages: what has come since the last round, in one turn of the event loop behind those who
 * published it. Pages that have no room are looked at again a little later, as a WebSocket does not tell.
 */
import type { Clock } from "../platform/clock.ts";
import type { WatchedSources } from "./watched_sources.ts";

/** A page without room is looked at again after this long, ms; twice as long each time in vain, up to the longest. */
const AGAIN_MS = 2;
const AGAIN_MS_MAX = 64;

export class PictureRounds {
  readonly #clock: Clock;
  /** Pages for which something waits, and when they are to be looked at. */
  readonly #waiting = new Map<WatchedSources, { atMs: number; againMs: number }>();
  #timer: { readonly atMs: number; readonly cancel: () => void } | undefined;
  #sentMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** When pictures of this round are sent, by the wall clock: one time for all, so that all get the same bytes. */
  get sentMs(): number {
    return this.#sentMs;
  }

  /** Something new waits for this page. */
  news(page: WatchedSources): void {
    const known = this.#waiting.get(page);
    // A page that has no room is not asked at each picture.
    if (known !== undefined && known.againMs > 0) return;
    const atMs = this.#clock.now();
    this.#waiting.set(page, { atMs, againMs: 0 });
    this.#plan(atMs);
  }

  leave(page: WatchedSources): void {
    this.#waiting.delete(page);
  }

  stop(): void {
    this.#waiting.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #plan(atMs: number): void {
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return;
    this.#timer?.cancel();
    this.#timer = { atMs, cancel: this.#clock.timer(Math.max(0, atMs - this.#clock.now()), () => this.#round()) };
  }

  #round(): void {
    this.#timer = undefined;
    this.#sentMs = this.#clock.wallMs();
    const nowMs = this.#clock.now();
    for (const [page, { atMs, againMs }] of [...this.#waiting]) {
      if (atMs > nowMs) continue;
      const round = page.round();
      if (round.left === "nothing") this.#waiting.delete(page);
      else if (round.left === "later") this.#waiting.set(page, { atMs: nowMs + round.inMs, againMs: 0 });
      else {
        const laterMs = round.sent ? AGAIN_MS : Math.min(AGAIN_MS_MAX, Math.max(AGAIN_MS, againMs * 2));
        this.#waiting.set(page, { atMs: nowMs + laterMs, againMs: laterMs });
      }
    }
    const soonest = [...this.#waiting.values()].reduce((first, { atMs }) => Math.min(first, atMs), Infinity);
    if (soonest < Infinity) this.#plan(soonest);
  }
}
