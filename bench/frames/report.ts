/** The result of a contest: an object for programs, two Markdown tables for people. */
import type { LeftOut } from "../comparison.ts";
import { type MachineFacts, machineText } from "../machine.ts";
import { median } from "../statistics.ts";
import type { FrameRun, MeasuredPeer } from "./contest.ts";
import type { Table } from "./frame_peer.ts";
import { FRAME_BYTES } from "./pictures.ts";

/** One row; medians of all rounds. */
export interface FrameRow {
  readonly name: string;
  readonly why: string;
  readonly table: Table;
  readonly window: number;
  readonly saved: string;
  readonly acked: string;
  readonly orientation: boolean;
  readonly framesPerSecond: number;
  readonly framesPerSecondMin: number;
  readonly framesPerSecondMax: number;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  /** Of both sides, for one frame. */
  readonly cpuMicros: number | null;
  readonly runs: readonly FrameRun[];
}

/** Everything that a run found. */
export interface FramesReport {
  readonly machine: MachineFacts;
  readonly frames: number;
  readonly frameBytes: number;
  readonly rounds: number;
  /** Milliseconds which were added to every sync. */
  readonly syncMs: number;
  readonly rows: readonly FrameRow[];
  readonly leftOut: readonly LeftOut[];
}

/** What the rows of a table are held against: the bare program which promises least, for what the table is about. */
const YARDSTICKS: Readonly<Record<Table, string>> = { "window": "bare-save", "lock step": "bare-socket-1" };

/** Sums a contest up. */
export function framesReportOf(
  result: { measured: readonly MeasuredPeer[]; leftOut: readonly LeftOut[] },
  run: { machine: MachineFacts; frames: number; rounds: number; syncMs: number },
): FramesReport {
  return { ...run, frameBytes: FRAME_BYTES, rows: result.measured.map(rowOf), leftOut: result.leftOut };
}

function rowOf({ peer, runs }: MeasuredPeer): FrameRow {
  const rates = runs.map(({ framesPerSecond }) => framesPerSecond);
  const cpu = runs.map(({ cpuMicros }) => cpuMicros).filter((value) => value !== null);
  const { name, why, table, window, saved, acked } = peer;
  return {
    name,
    why,
    table,
    window,
    saved,
    acked,
    orientation: peer.orientation === true,
    framesPerSecond: median(rates),
    framesPerSecondMin: Math.min(...rates),
    framesPerSecondMax: Math.max(...rates),
    ackP50Ms: median(runs.map(({ ackP50Ms }) => ackP50Ms)),
    ackP99Ms: median(runs.map(({ ackP99Ms }) => ackP99Ms)),
    cpuMicros: cpu.length === 0 ? null : median(cpu),
    runs,
  };
}

/** The report as Markdown. */
export function framesMarkdownOf(report: FramesReport): string {
  const lines = [
    `Frames of ${report.frameBytes / 1000} KB on loopback, ${report.frames} a run, medians of ${report.rounds} ` +
    `interleaved rounds. ${
      report.syncMs > 0 ? `Every sync takes ${report.syncMs} ms longer than this disk needs. ` : ""
    }` +
    machineText(report.machine),
    "",
    ...tableOf(report, "window"),
    ...tableOf(report, "lock step"),
    "CPU is user and system time of both sides for one frame, their start not counted. Rows in italics are for " +
    "orientation.",
    "",
    ...report.rows.map((row) => `- ${row.name}: ${row.why}. Saved: ${row.saved}.`),
    ...report.leftOut.map(({ name, reason }) => `- ${name} is missing: ${reason}.`),
  ];
  return lines.join("\n") + "\n";
}

function tableOf(report: FramesReport, table: Table): string[] {
  const rows = report.rows.filter((row) => row.table === table);
  if (rows.length === 0) return [];
  const yardstick = rows.find(({ name }) => name === YARDSTICKS[table]);
  const against = `/ ${YARDSTICKS[table]}`;
  const columns = table === "window"
    ? ["", "window", "frames/s", "from-to", against, "ack p50, ms", "p99, ms", "CPU, µs", "acked when"]
    : ["", "ack p50, ms", against, "p99, ms", "frames/s", "from-to", "CPU, µs", "acked when"];
  const lines = rows.map((row) => {
    const name = row.orientation ? `*${row.name}*` : row.name;
    const spread = `${row.framesPerSecondMin.toFixed(0)}-${row.framesPerSecondMax.toFixed(0)}`;
    const [rate, cpu] = [row.framesPerSecond.toFixed(0), row.cpuMicros?.toFixed(0) ?? ""];
    const [p50, p99] = [timeText(row.ackP50Ms), timeText(row.ackP99Ms)];
    if (table === "lock step") {
      const ratio = yardstick === undefined ? "" : (row.ackP50Ms / yardstick.ackP50Ms).toFixed(1);
      return [name, p50, ratio, p99, rate, spread, cpu, row.acked];
    }
    const ratio = yardstick === undefined ? "" : (row.framesPerSecond / yardstick.framesPerSecond).toFixed(2);
    return [name, String(row.window), rate, spread, ratio, p50, p99, cpu, row.acked];
  });
  const rule = columns.map((name) => name === "" || name === "acked when" ? "---" : "---:");
  return [columns, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |`).concat("");
}

function timeText(ms: number): string {
  return ms.toFixed(ms < 1 ? 3 : 1);
}
