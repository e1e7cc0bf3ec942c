/** Runs a part of the agent for ever: one that fails starts again after a pause, and takes no other with it. */
import { backoffMs } from "../config/backoff.ts";
import { messageOf } from "../errors.ts";
import { errorFields, type Log } from "../log.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { Repeats } from "./repeats.ts";

/** What a part tells while it runs. */
export interface PartHealth {
  /** It does what it should: called as often as that is seen. */
  works(): void;
  /** It goes on, but a person should look. */
  trouble(text: string): void;
  /** Something a person may want to know. */
  note(text: string): void;
}

/** A camera, a watched folder, a feed, or what a feed gets its events from. */
export interface Part {
  /** For people: `camera left`. */
  readonly name: string;
  /** Resolves when `signal` aborts, or when there is nothing more to do, ever; rejects when it failed. */
  run(signal: AbortSignal, health: PartHealth): Promise<void>;
}

/** After so much time a run was a good one, ms: pauses are short again, and what works has no trouble any more. */
const SETTLED_MS = 5_000;
/** The same trouble is said this often at most, ms. */
const SAME_AGAIN_MS = 60_000;

export class SupervisedPart {
  readonly part: Part;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #trouble: string | null = null;
  readonly #repeats: Repeats;
  #startedMs = 0;
  #hasFailed = false;
  #hasEnded = false;

  constructor(part: Part, outside: { readonly clock: Clock; readonly random: Random; readonly log: Log }) {
    this.part = part;
    this.#clock = outside.clock;
    this.#random = outside.random;
    this.#log = outside.log;
    this.#repeats = new Repeats(outside.clock, SAME_AGAIN_MS);
  }

  /** Why it does not work at the moment, for a person; null when it does. */
  get trouble(): string | null {
    return this.#trouble === null ? null : `${this.part.name}: ${this.#trouble}`;
  }

  /** Whether it has done all that it had to do. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when it is gone; never rejects. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const health: PartHealth = {
      works: () => this.#works(),
      trouble: (text) => this.#tell(text),
      note: (text) => this.#log("info", `${this.part.name}: ${text}`),
    };
    for (let failures = 0; !signal.aborted;) {
      this.#startedMs = this.#clock.now();
      try {
        await this.part.run(signal, health);
        this.#hasEnded = true;
        if (!signal.aborted) this.#log("info", `${this.part.name} has ended`);
        return;
      } catch (thrown) {
        if (signal.aborted) {
          this.#log("debug", `${this.part.name} was stopped`, errorFields(thrown));
          return;
        }
        if (this.#clock.now() - this.#startedMs >= SETTLED_MS) failures = 0;
        this.#hasFailed = true;
        this.#tell(messageOf(thrown));
      }
      await sleep(this.#clock, backoffMs(failures++, this.#random), signal);
    }
  }

  #works(): void {
    if (this.#trouble === null) return;
    // Whatever fails at once each time may have worked for a moment in between.
    if (this.#hasFailed && this.#clock.now() - this.#startedMs < SETTLED_MS) return;
    this.#trouble = null;
    this.#repeats.forget();
    this.#hasFailed = false;
    this.#log("info", `${this.part.name} works again`);
  }

  #tell(text: string): void {
    this.#trouble = text;
    if (this.#repeats.isNews(text)) this.#log("warn", `${this.part.name}: ${text}`);
  }
}
