/** What became of frames, counted: for the log, and for /metrics. */
import type { DropReason } from "../protocol/message.ts";

export class FrameCounts {
  received = 0;
  /** Durable on the server's disk. */
  stored = 0;
  /** Has a verdict. */
  analysed = 0;
  /** Was answered without one. */
  skipped = 0;
  readonly dropped: Record<DropReason, number> = { link: 0, offline: 0, disk: 0, camera: 0 };
}

/** The counts of all sources since the start, in Prometheus' text format. */
export function frameMetrics(counts: FrameCounts): string {
  const lines: string[] = [];
  const add = (name: string, samples: readonly (readonly [labels: string, value: number])[]) => {
    lines.push(`# TYPE framewire_${name} counter`);
    for (const [labels, value] of samples) lines.push(`framewire_${name}${labels} ${value}`);
  };
  add("frames_received_total", [["", counts.received]]);
  add("frames_stored_total", [["", counts.stored]]);
  add(
    "frames_dropped_total",
    Object.entries(counts.dropped).map(([reason, value]) => [`{reason="${reason}"}`, value] as const),
  );
  add("frames_analysed_total", [["", counts.analysed]]);
  add("frames_analysis_skipped_total", [["", counts.skipped]]);
  return lines.join("\n") + "\n";
}
