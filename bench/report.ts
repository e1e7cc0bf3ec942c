/** The result: an object for programs, a Markdown table for people. */
import type { LeftOut, Measured, Transfer } from "./comparison.ts";
import { type MachineFacts, machineText, sizeText } from "./machine.ts";
import { median } from "./statistics.ts";

const MIB = 1024 * 1024;

/** One row; times in seconds, medians of all rounds. */
export interface Row {
  readonly name: string;
  readonly why: string;
  readonly syncs: string;
  readonly verifies: string;
  readonly orientation: boolean;
  readonly seconds: number;
  readonly secondsMin: number;
  readonly secondsMax: number;
  readonly bytesPerSecond: number;
  /** How many times as long as the baseline. */
  readonly ratio: number;
  readonly cpuSeconds: number | null;
  /** Largest of all rounds, bytes; 0 when not known. */
  readonly clientPeakBytes: number;
  readonly serverPeakBytes: number;
  readonly transfers: readonly Transfer[];
}

/** Everything that a run found. */
export interface Report {
  readonly machine: MachineFacts;
  readonly sizeBytes: number;
  readonly rounds: number;
  /** Milliseconds which were added to every sync. */
  readonly syncMs: number;
  /** Name of the row with ratio 1: framewire, or the first one without it. */
  readonly baseline: string;
  readonly rows: readonly Row[];
  readonly leftOut: readonly LeftOut[];
}

/** Sums a comparison up. @throws {Error} when nothing was measured */
export function reportOf(
  result: { measured: readonly Measured[]; leftOut: readonly LeftOut[] },
  run: { machine: MachineFacts; sizeBytes: number; rounds: number; syncMs: number },
): Report {
  const base = result.measured.find(({ peer }) => peer.name === "framewire") ?? result.measured[0];
  if (base === undefined) throw new Error("Cannot report as a peer must be measured: received none");
  const baseSeconds = median(base.transfers.map((transfer) => transfer.seconds));
  const rows = result.measured.map((entry) => rowOf(entry, run.sizeBytes, baseSeconds));
  return { ...run, baseline: base.peer.name, rows, leftOut: result.leftOut };
}

function rowOf({ peer, transfers }: Measured, sizeBytes: number, baseSeconds: number): Row {
  const seconds = median(transfers.map((transfer) => transfer.seconds));
  const cpu = transfers.map((transfer) => transfer.cpuSeconds).filter((value) => value !== null);
  return {
    name: peer.name,
    why: peer.why,
    syncs: peer.syncs,
    verifies: peer.verifies,
    orientation: peer.orientation === true,
    seconds,
    secondsMin: Math.min(...transfers.map((transfer) => transfer.seconds)),
    secondsMax: Math.max(...transfers.map((transfer) => transfer.seconds)),
    bytesPerSecond: sizeBytes / seconds,
    ratio: seconds / baseSeconds,
    cpuSeconds: cpu.length === 0 ? null : median(cpu),
    clientPeakBytes: Math.max(...transfers.map((transfer) => transfer.clientPeakBytes)),
    serverPeakBytes: Math.max(...transfers.map((transfer) => transfer.serverPeakBytes)),
    transfers,
  };
}

/** The report as Markdown. */
export function markdownOf(report: Report): string {
  const { machine } = report;
  const lines = [
    `${sizeText(report.sizeBytes)} of random bytes on loopback, medians of ${report.rounds} interleaved rounds. ` +
    (report.syncMs > 0 ? `Every sync takes ${report.syncMs} ms longer than this disk needs. ` : "") +
    machineText(machine),
    "",
    `| | time, s | from-to, s | GB/s | time / ${report.baseline} | CPU, s | memory, MiB | synced | verified |`,
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |",
    ...report.rows.map(lineOf),
    "",
    "Time is the sending process from start to exit. CPU is user and system time of both sides. Memory is the peak of " +
    "the sender + the listening process, where these do the work themselves. GB are 10^9 bytes. Rows in italics are " +
    "for orientation.",
    "",
    ...report.rows.map((row) => `- ${row.name}: ${row.why}.`),
    ...report.leftOut.map(({ name, reason }) => `- ${name} is left out: ${reason}.`),
  ];
  return lines.join("\n") + "\n";
}

function lineOf(row: Row): string {
  const cells = [
    row.orientation ? `*${row.name}*` : row.name,
    row.seconds.toFixed(2),
    `${row.secondsMin.toFixed(2)}-${row.secondsMax.toFixed(2)}`,
    (row.bytesPerSecond / 1e9).toFixed(2),
    row.ratio.toFixed(2),
    row.cpuSeconds?.toFixed(2) ?? "",
    `${memoryText(row.clientPeakBytes)} + ${memoryText(row.serverPeakBytes)}`,
    row.syncs,
    row.verifies,
  ];
  return `| ${cells.join(" | ")} |`;
}

function memoryText(bytes: number): string {
  return bytes === 0 ? "-" : (bytes / MIB).toFixed(0);
}
