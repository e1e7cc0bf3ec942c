/** Figures of the analysis for `/metrics`, in Prometheus' text format. */
import type { AnalysisStats } from "./analysis_pool.ts";

/** What of the analysis is not counted with the frames: those that wait, and what went wrong. */
export function analysisMetrics({ waitingFrames, failed, restarts }: AnalysisStats): string {
  return [
    "# TYPE framewire_analysis_waiting_frames gauge",
    `framewire_analysis_waiting_frames ${waitingFrames}`,
    "# TYPE framewire_analysis_failed_total counter",
    `framewire_analysis_failed_total ${failed}`,
    "# TYPE framewire_analysis_restarts_total counter",
    `framewire_analysis_restarts_total ${restarts}`,
    "",
  ].join("\n");
}
