/** What a server does now and then, each job on its own: one that fails keeps no other from being done. */
import { errorFields, type Log } from "../log.ts";
import type { Clock } from "../platform/clock.ts";

/** A job, by what it is for. */
export type HousekeepingJobs = Readonly<Record<string, () => Promise<void>>>;

export class Housekeeping {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #everyMs: number;
  readonly #jobs: HousekeepingJobs;
  #round: Promise<void> = Promise.resolve();
  #cancel = () => {};
  #isStopped = false;

  /** The jobs are done in their order, and `everyMs` after the end of a round again. */
  constructor(outside: { readonly clock: Clock; readonly log: Log }, everyMs: number, jobs: HousekeepingJobs) {
    this.#clock = outside.clock;
    this.#log = outside.log;
    this.#everyMs = everyMs;
    this.#jobs = jobs;
  }

  /** Begins with the first round; once. */
  start(): void {
    this.#round = this.#once().then(() => {
      if (!this.#isStopped) this.#cancel = this.#clock.timer(this.#everyMs, () => this.start());
    });
  }

  /** Begins no job any more; resolves when the one that runs has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#round;
  }

  async #once(): Promise<void> {
    for (const [what, job] of Object.entries(this.#jobs)) {
      if (this.#isStopped) return;
      try {
        await job();
      } catch (error) {
        this.#log("error", "Housekeeping failed", { what, ...errorFields(error) });
      }
    }
  }
}
