/** Analyses frames: built-in measures in workers, and the user's own analyser if there is one. */
import type { Log } from "../log.ts";
import type { Clock } from "../platform/clock.ts";
import type { Processes } from "../platform/processes.ts";
import type { Random } from "../platform/random.ts";
import type { AnalysisResult, Frame } from "../protocol/frame.ts";
import type { AnalysisLimits } from "./analysis_limits.ts";

/** What the pool needs. */
export interface AnalysisPoolOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly processes: Processes;
  /** Threads which decode and measure; 0 switches all of the analysis off. */
  readonly workers: number;
  readonly limits: AnalysisLimits;
  /** The user's own analyser, a command with its arguments as one text; null when there is none. */
  readonly analyzer: string | null;
  /** How many of it run at once; default 1. */
  readonly analyzerProcesses?: number;
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

export class AnalysisPool {
  constructor(_options: AnalysisPoolOptions) {
  }

  /** Resolves when frames are taken. */
  start(): Promise<void> {
    return Promise.resolve();
  }

  /** Answers what waits (`not analysed`), and ends workers and programs. */
  stop(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Analyses a frame; never rejects, and does not keep nor change `frame.jpeg`. `patient`: it waits for its turn, while
   * a newer one of its source takes the place of one which is not.
   */
  analyse(_frame: Frame, _patient: boolean): Promise<AnalysisResult> {
    const reasons = ["Analysis is switched off"];
    return Promise.resolve({ result: "not analysed", reasons, boxes: [], measures: {}, tookMs: 0 });
  }

  stats(): AnalysisStats {
    return { ok: 0, defect: 0, skipped: 0, failed: 0, waitingFrames: 0, waitingBytes: 0, restarts: 0 };
  }
}
