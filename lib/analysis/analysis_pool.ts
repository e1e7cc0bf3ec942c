/** Analyses frames: built-in measures in workers, and the user's own analyser if there is one. */
import { LIMITS } from "../config/limits.ts";
import type { Log } from "../log.ts";
import type { Clock } from "../platform/clock.ts";
import type { Processes } from "../platform/processes.ts";
import type { Random } from "../platform/random.ts";
import type { AnalysisResult, Frame } from "../protocol/frame.ts";
import { type AnalysisLimits, limitsOf } from "./analysis_limits.ts";
import { merge, notAnalysed } from "./analysis_result.ts";
import { type AnalyzerAnswer, parseAnalyzerAnswer } from "./analyzer_answer.ts";
import { AnalyzerProgram } from "./analyzer_program.ts";
import { parseCommandLine } from "./command_line.ts";
import { type Failure, makeMeasuringWorker } from "./measuring_thread.ts";
import { MeasuringThreads } from "./measuring_threads.ts";
import { Scheduler } from "./scheduler.ts";
import { SourceHistories } from "./source_history.ts";
import { type BuiltInResult, judge } from "./verdict.ts";
import { messageOf } from "../errors.ts";

/** What the pool needs. */
export interface AnalysisPoolOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly processes: Processes;
  /** Threads which decode and measure; 0 switches the built-in analysis off. */
  readonly workers: number;
  readonly limits: AnalysisLimits;
  /** The user's own analyser, a command with its arguments as one text; null when there is none. */
  readonly analyzer: string | null;
  /** How many of it run at once; default 1. */
  readonly analyzerProcesses?: number;
  /** Makes a worker; tests have others. */
  readonly makeWorker?: () => Worker;
}

/** What the pool has done so far. */
export interface AnalysisStats {
  readonly ok: number;
  readonly defect: number;
  /** Not analysed as the analysis is slower than the cameras. */
  readonly skipped: number;
  /** Not analysed for another reason. */
  readonly failed: number;
  /** Frames which wait now, and their bytes. */
  readonly waitingFrames: number;
  readonly waitingBytes: number;
  /** Workers and analysers that were replaced as they crashed or were stuck. */
  readonly restarts: number;
}

const SWITCHED_OFF = notAnalysed(["Analysis is switched off"]);
/** Requests which an analyser has before it: it always finds the next one, and a result is never far behind its picture. */
const REQUESTS_PER_ANALYZER = 2;

const SKIPPED = "Skipped as the analysis is slower than the cameras";
const STOPPING = "Server is stopping";

interface Job {
  readonly frame: Frame;
  readonly resolve: (result: AnalysisResult) => void;
}

export class AnalysisPool {
  readonly #options: AnalysisPoolOptions;
  readonly #threads: MeasuringThreads | undefined;
  readonly #analyzers: readonly AnalyzerProgram[];
  readonly #histories = new SourceHistories();
  readonly #scheduler = new Scheduler<Job>({
    bytesMax: LIMITS.analysisQueueBytesMax,
    framesPerSourceMax: LIMITS.frameWindowFrames,
  });
  readonly #framesAtOnce: number;
  #running = 0;
  #isStarted = false;
  readonly #counts = { ok: 0, defect: 0, skipped: 0, failed: 0, restarts: 0 };

  /** @throws {FramewireError} `USAGE` when the analyser is no command. */
  constructor(options: AnalysisPoolOptions) {
    this.#options = options;
    const { workers, analyzer, analyzerProcesses = 1, makeWorker = makeMeasuringWorker, clock, random, log } = options;
    if (workers > 0) {
      this.#threads = new MeasuringThreads(workers, {
        clock,
        random,
        makeWorker,
        onReplaced: (reason) => {
          this.#counts.restarts++;
          log("warn", "Analysis worker was replaced", { reason });
        },
      });
    }
    const command = analyzer === null ? null : parseCommandLine("--analyzer", analyzer);
    const programs = command === null ? 0 : analyzerProcesses;
    const onEnded = () => void this.#counts.restarts++;
    this.#analyzers = Array.from(
      { length: programs },
      () => new AnalyzerProgram({ ...options, command: command!, onEnded }),
    );
    this.#framesAtOnce = programs > 0 ? programs * REQUESTS_PER_ANALYZER : workers;
  }

  /** The result of every frame, when all of it is switched off. */
  get commonResult(): AnalysisResult | null {
    return this.#framesAtOnce === 0 ? SWITCHED_OFF : null;
  }

  /** Resolves when frames are taken; analysers which do not start are logged, and tried again. */
  start(): Promise<void> {
    this.#isStarted = true;
    this.#threads?.start();
    for (const analyzer of this.#analyzers) analyzer.start();
    return Promise.resolve();
  }

  /** Answers what waits (`not analysed`), and ends workers and programs. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    for (const { item } of this.#scheduler.clear()) this.#settle(item, notAnalysed([STOPPING]));
    this.#threads?.stop();
    await Promise.all(this.#analyzers.map((analyzer) => analyzer.stop()));
  }

  /**
   * Analyses a frame; never rejects, and leaves `frame.jpeg` as it is. `patient`: it waits for its turn, while a newer
   * one of its source takes the place of one which is not.
   */
  analyse(frame: Frame, patient: boolean): Promise<AnalysisResult> {
    return new Promise((resolve) => {
      const job = { frame, resolve };
      if (this.commonResult !== null) return this.#settle(job, this.commonResult);
      if (!this.#isStarted) return this.#settle(job, notAnalysed([STOPPING]));
      const waiting = { source: sourceOf(frame), bytes: frame.jpeg.length, item: job };
      for (const { item } of this.#scheduler.add(waiting, patient)) {
        this.#counts.skipped++;
        item.resolve(notAnalysed([SKIPPED]));
      }
      this.#pump();
    });
  }

  stats(): AnalysisStats {
    return { ...this.#counts, waitingFrames: this.#scheduler.frames, waitingBytes: this.#scheduler.bytes };
  }

  #pump(): void {
    while (this.#running < this.#framesAtOnce) {
      const next = this.#scheduler.take();
      if (next === undefined) return;
      this.#running++;
      this.#run(next.item.frame).then((result) => {
        this.#running--;
        this.#settle(next.item, result);
        this.#pump();
      });
    }
  }

  async #run(frame: Frame): Promise<AnalysisResult> {
    const startMs = this.#options.clock.now();
    const [builtIn, own] = await Promise.all([this.#measure(frame), this.#ask(frame)]);
    return merge(builtIn, own, this.#options.clock.now() - startMs);
  }

  /** The built-in analysis; null when it is switched off. */
  async #measure(frame: Frame): Promise<BuiltInResult | Failure | null> {
    if (this.#threads === undefined) return null;
    const measuring = this.#threads.measure(frame.jpeg);
    const plane = measuring.then((answer) => "plane" in answer ? answer.plane : null);
    const compared = await this.#histories.compare(sourceOf(frame), plane, frame.timeMs);
    const answer = await measuring;
    if (!("plane" in answer) || compared === null) return answer as Failure;
    return judge(answer.picture, compared, limitsOf(this.#options.limits, frame, frame.sourceKind));
  }

  /** The user's analyser; null when there is none. */
  async #ask(frame: Frame): Promise<AnalyzerAnswer | Failure | null> {
    if (this.#analyzers.length === 0) return null;
    const least = this.#analyzers.reduce((a, b) => b.load < a.load ? b : a);
    const answer = await least.request(frame);
    if ("reason" in answer) return answer;
    try {
      return parseAnalyzerAnswer(answer.json);
    } catch (error) {
      return { reason: messageOf(error) };
    }
  }

  #settle({ resolve }: Job, result: AnalysisResult): void {
    this.#counts[result.result === "not analysed" ? "failed" : result.result]++;
    resolve(result);
  }
}

function sourceOf({ device, source }: Frame): string {
  return JSON.stringify([device, source]);
}
