/** Keeps a log readable: the same words are news once, and then now and then. */
import type { Clock } from "../platform/clock.ts";

export class Repeats {
  readonly #clock: Clock;
  readonly #everyMs: number;
  #words: string | null = null;
  #saidMs = 0;

  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /** Whether `words` are to be said: they are others than the last, or have not been said for long. */
  isNews(words: string): boolean {
    const nowMs = this.#clock.now();
    if (words === this.#words && nowMs - this.#saidMs < this.#everyMs) return false;
    this.#words = words;
    this.#saidMs = nowMs;
    return true;
  }

  /** It is over: the next words are news, whatever they are. */
  forget(): void {
    this.#words = null;
  }
}
