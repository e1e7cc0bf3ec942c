/** One worker of the analysis, as the main thread sees it: one picture at a time; dead or stuck, it is replaced. */
import { backoffMs } from "../config/backoff.ts";
import { LIMITS } from "../config/limits.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { Measured, WorkerAnswer } from "./measuring_worker.ts";

/** Why a picture was not measured. */
export interface Failure {
  readonly reason: string;
}

/** What a thread needs. */
export interface ThreadOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Makes the worker; tests have others. */
  readonly makeWorker: () => Worker;
  /** It was replaced, or could not begin. */
  readonly onReplaced: (reason: string) => void;
  /** It may be given a picture, or never again take one without a pause. */
  readonly onChanged: () => void;
}

/** The worker of the program. */
export function makeMeasuringWorker(): Worker {
  return new Worker(new URL("./measuring_worker.ts", import.meta.url), { type: "module" });
}

type State = "beginning" | "idle" | "busy" | "pausing" | "stopped";

export class MeasuringThread {
  readonly #options: ThreadOptions;
  #state: State = "stopped";
  #worker: Worker | undefined;
  #answer: (answer: Measured | Failure) => void = () => {};
  #cancelTimer = () => {};
  /** In a row, without a picture measured between them. */
  #failures = 0;
  #lastFailure = "";

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  /** Whether it takes a picture now. */
  get isIdle(): boolean {
    return this.#state === "idle";
  }

  /** Why it will not take any for a while; undefined when it will. */
  get trouble(): string | undefined {
    return this.#state === "pausing" ? this.#lastFailure : undefined;
  }

  start(): void {
    this.#begin();
  }

  /** Ends it; a picture on its way is answered. */
  stop(): void {
    this.#end("stopped");
    this.#answer({ reason: "Server is stopping" });
  }

  /** Measures a picture; only when it is idle. Never rejects. The bytes stay the caller's. */
  measure(jpeg: Uint8Array<ArrayBuffer>): Promise<Measured | Failure> {
    const answered = Promise.withResolvers<Measured | Failure>();
    this.#answer = answered.resolve;
    this.#state = "busy";
    // The copy costs microseconds, and its buffer goes over without another.
    const copy = jpeg.slice();
    this.#worker!.postMessage(copy, [copy.buffer]);
    this.#limit(LIMITS.analysisTimeoutMs, "a picture");
    return answered.promise;
  }

  #begin(): void {
    this.#state = "beginning";
    const worker = this.#options.makeWorker();
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => this.#heard(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(`Analysis worker crashed: ${event.message}`);
    };
    worker.onmessageerror = () => this.#fail("Analysis worker gave an answer which cannot be read");
    this.#limit(LIMITS.analysisStartTimeoutMs, "to begin");
  }

  #heard(answer: WorkerAnswer): void {
    this.#cancelTimer();
    this.#state = "idle";
    if (answer !== "begun") {
      this.#failures = 0;
      this.#answer(answer);
    }
    this.#options.onChanged();
  }

  #limit(ms: number, what: string): void {
    this.#cancelTimer();
    const text = `Analysis worker was stuck: ${what} must take <= ${ms / 1000} s`;
    this.#cancelTimer = this.#options.clock.timer(ms, () => this.#fail(text));
  }

  /** One bad picture may kill it, and the next may be fine; one which keeps dying must not be started all the time. */
  #fail(reason: string): void {
    if (this.#state === "stopped" || this.#state === "pausing") return;
    const answer = this.#answer;
    this.#end("pausing");
    this.#lastFailure = reason;
    this.#failures++;
    if (this.#failures === 1) this.#begin();
    else {
      const pauseMs = backoffMs(this.#failures - 2, this.#options.random);
      this.#cancelTimer = this.#options.clock.timer(pauseMs, () => this.#begin());
    }
    answer({ reason });
    this.#options.onReplaced(reason);
    this.#options.onChanged();
  }

  #end(state: State): void {
    this.#state = state;
    this.#cancelTimer();
    if (this.#worker === undefined) return;
    this.#worker.onmessage = this.#worker.onerror = this.#worker.onmessageerror = null;
    this.#worker.terminate();
    this.#worker = undefined;
  }
}
