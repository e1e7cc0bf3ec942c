/** An analyser of one's own: started, and when it has ended started again, after a pause which grows. */
import { backoffMs } from "../config/backoff.ts";
import { LIMITS } from "../config/limits.ts";
import { messageOf } from "../errors.ts";
import { errorFields, type Log } from "../log.ts";
import type { Clock } from "../platform/clock.ts";
import type { Processes } from "../platform/processes.ts";
import type { Random } from "../platform/random.ts";
import type { Frame } from "../protocol/frame.ts";
import { AnalyzerRun } from "./analyzer_run.ts";
import type { CommandWords } from "./command_line.ts";
import type { Failure } from "./measuring_thread.ts";

/** What it needs. */
export interface AnalyzerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly processes: Processes;
  readonly command: CommandWords;
  /** It has ended, and will be started again. */
  readonly onEnded: () => void;
}

export class AnalyzerProgram {
  readonly #options: AnalyzerOptions;
  #run: AnalyzerRun | undefined;
  /** Lives which are over, but not quite gone. */
  readonly #dying = new Set<AnalyzerRun>();
  #trouble = "Analyser has not begun";
  /** In a row, without a good while between them. */
  #failures = 0;
  #stopped = false;
  #cancelTimer = () => {};

  constructor(options: AnalyzerOptions) {
    this.#options = options;
  }

  /** Requests without an answer; infinite while it does not run. */
  get load(): number {
    return this.#run?.pending ?? Infinity;
  }

  /** Starts it. A program which is not there is logged, and tried again. */
  start(): void {
    const { clock, log, processes, command } = this.#options;
    const startMs = clock.now();
    try {
      this.#run = new AnalyzerRun(processes.spawn({ ...command, input: true }), clock);
    } catch (error) {
      const isMissing = error instanceof Deno.errors.NotFound;
      const why = isMissing ? "there is no such program" : messageOf(error);
      log("debug", "Analyser was not started", errorFields(error));
      return this.#ended(`Cannot start analyser ${command.program}: ${why}`);
    }
    const run = this.#run;
    run.ended.then((reason) => {
      if (this.#stopped) return;
      this.#dying.add(run);
      run.gone.then(() => this.#dying.delete(run));
      // It has worked for longer than a stuck one would have been waited for.
      if (run.answers > 0 && clock.now() - startMs > LIMITS.analysisTimeoutMs) this.#failures = 0;
      this.#ended(reason);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    const runs = [...this.#dying, ...this.#run === undefined ? [] : [this.#run]];
    await Promise.all(runs.map((run) => run.stop()));
  }

  /** Its JSON about a frame, or why there is none; never rejects. */
  async request(frame: Frame): Promise<{ readonly json: string } | Failure> {
    return await this.#run?.request(frame) ?? { reason: this.#trouble };
  }

  #ended(reason: string): void {
    const { clock, random, log, onEnded } = this.#options;
    this.#run = undefined;
    this.#trouble = reason;
    const pauseMs = backoffMs(this.#failures++, random);
    log("warn", "Analyser failed", { reason, againInMs: pauseMs });
    this.#cancelTimer = clock.timer(pauseMs, () => this.start());
    onEnded();
  }
}
