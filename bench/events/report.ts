/** The result of a contest: an object for programs, a Markdown table for people. */
import type { LeftOut } from "../comparison.ts";
import { type MachineFacts, machineText, sizeText } from "../machine.ts";
import { median } from "../statistics.ts";
import type { EventRun, MeasuredPeer } from "./contest.ts";

/** One row; medians of all rounds. */
export interface EventRow {
  readonly name: string;
  readonly why: string;
  readonly sent: string;
  readonly acked: string;
  readonly window: number;
  readonly eventsPerSecond: number;
  readonly eventsPerSecondMin: number;
  readonly eventsPerSecondMax: number;
  /** Of both sides, for one event. */
  readonly cpuMicros: number | null;
  readonly receiverPeakBytes: number;
  readonly runs: readonly EventRun[];
}

/** Everything that a run found. */
export interface EventsReport {
  readonly machine: MachineFacts;
  readonly events: number;
  readonly rounds: number;
  /** Milliseconds which were added to every sync of framewire's server. */
  readonly syncMs: number;
  readonly rows: readonly EventRow[];
  readonly leftOut: readonly LeftOut[];
}

/** Sums a contest up. */
export function eventsReportOf(
  { measured, leftOut }: { measured: readonly MeasuredPeer[]; leftOut: readonly LeftOut[] },
  facts: Pick<EventsReport, "machine" | "events" | "rounds" | "syncMs">,
): EventsReport {
  return { ...facts, rows: measured.map(rowOf), leftOut };
}

function rowOf({ peer: { name, why, sent, acked, window }, runs }: MeasuredPeer): EventRow {
  const rates = runs.map(({ eventsPerSecond }) => eventsPerSecond);
  const cpu = runs.map(({ cpuMicros }) => cpuMicros).filter((value) => value !== null);
  return {
    ...{ name, why, sent, acked, window },
    eventsPerSecond: median(rates),
    eventsPerSecondMin: Math.min(...rates),
    eventsPerSecondMax: Math.max(...rates),
    cpuMicros: cpu.length === 0 ? null : median(cpu),
    receiverPeakBytes: median(runs.map(({ receiverPeakBytes }) => receiverPeakBytes)),
    runs,
  };
}

/** The report as Markdown. */
export function eventsMarkdownOf({ machine, events, rounds, syncMs, rows, leftOut }: EventsReport): string {
  const ours = rows.find(({ name }) => name === "framewire");
  const whole = (value: number) => Math.round(value).toLocaleString("en");
  return [
    `${whole(events)} readings a run on loopback, medians of ${rounds} rounds` +
    `${syncMs === 0 ? "" : `, syncs of framewire's server ${syncMs} ms longer`}. ${machineText(machine)}`,
    "",
    "| name | events/s | from – to | framewire is | CPU an event, both sides | memory of the receiver | acked means |",
    "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ...rows.map((row) =>
      [
        "",
        row.name,
        whole(row.eventsPerSecond),
        `${whole(row.eventsPerSecondMin)} – ${whole(row.eventsPerSecondMax)}`,
        ours === undefined || row === ours ? "" : `${(ours.eventsPerSecond / row.eventsPerSecond).toFixed(1)} times`,
        row.cpuMicros === null ? "" : `${row.cpuMicros.toFixed(1)} µs`,
        row.receiverPeakBytes === 0 ? "" : sizeText(row.receiverPeakBytes),
        row.acked,
        "",
      ].join(" | ").trim()
    ),
    "",
    ...rows.map(({ name, why, sent, window }) => `- ${name}: ${why}; ${sent}, window ${whole(window)}`),
    ...leftOut.map(({ name, reason }) => `- ${name} is left out: ${reason}`),
  ].join("\n") + "\n";
}
