/** Sources in words. Text only. */
import { FramewireError } from "../errors.ts";
import type { AnsweredFrame } from "../frames/frame_answers.ts";
import type { SourceJob } from "../frames/source_job.ts";
import { DROP_REASONS } from "../protocol/message.ts";
import { printable } from "./progress_line.ts";

/** What drops are called. */
const REASON_WORDS = {
  link: "link too slow",
  offline: "no connection",
  disk: "shown, but the server's disk was full",
  camera: "no picture",
} as const;

/** `left   29.8/s  1204 sent  12 dropped  ack 8 ms`, at most `columns` wide if that is not 0. */
export function sourceStatus(job: SourceJob, perSecond: number, nameWidth: number, columns: number): string {
  const name = printable(job.settings.name).padEnd(nameWidth);
  const dropped = droppedIn(job);
  const parts = [
    name,
    `${perSecond.toFixed(1)}/s`,
    `${job.sent} sent`,
    `${job.stored} stored`,
    ...(job.alreadyThere > 0 ? [`${job.alreadyThere} already there`] : []),
    ...(dropped > 0 ? [`${dropped} dropped`] : []),
    ...(job.p50Ms === null ? [] : [`ack ${formatMs(job.p50Ms)}`]),
    ...(job.phase === "waiting" ? ["waiting for the server"] : []),
  ];
  const line = parts.join("  ");
  return columns === 0 ? line.trimEnd() : line.slice(0, columns - 1);
}

/** What became of a source, in one line. */
export function sourceSummary(job: SourceJob): string {
  const { settings, captured, sent, stored, alreadyThere, leftOut, p50Ms, p99Ms } = job;
  const reasons = DROP_REASONS.filter((reason) => job.droppedByReason[reason] > 0)
    .map((reason) => `${job.droppedByReason[reason]} ${REASON_WORDS[reason]}`);
  const dropped = droppedIn(job);
  // Those of a camera which was stopped: what a folder has, the same command sends.
  const unstored = captured - stored - alreadyThere - leftOut - dropped;
  const parts = [
    `${captured} captured`,
    `${sent} sent`,
    `${stored} stored`,
    ...(unstored > 0 ? [`${unstored} not stored`] : []),
    ...(alreadyThere > 0 ? [`${alreadyThere} already there`] : []),
    ...(leftOut > 0 ? [`${leftOut} left out`] : []),
    dropped > 0 ? `${dropped} dropped (${reasons.join(", ")})` : "none dropped",
    ...(p50Ms === null || p99Ms === null ? [] : [`ack ${formatMs(p50Ms)}, 99 % within ${formatMs(p99Ms)}`]),
  ];
  return `${printable(settings.name)}: ${parts.join(", ")}`;
}

/** The same as a JSON object. */
export function sourceObject(job: SourceJob): object {
  const { settings, phase, captured, sent, stored, alreadyThere, leftOut, droppedByReason, p50Ms, p99Ms } = job;
  const counts = { captured, sent, stored, alreadyThere, leftOut, dropped: droppedByReason };
  return { source: settings.name, kind: settings.kind, phase, ...counts, p50Ms: rounded(p50Ms), p99Ms: rounded(p99Ms) };
}

/** Pictures which will never be sent, as far as they were counted. */
export function droppedIn({ droppedByReason }: SourceJob): number {
  return DROP_REASONS.reduce((sum, reason) => sum + droppedByReason[reason], 0);
}

/** What a person sees of a result: `ok`, or `defect: too dark, blurred`. */
export function verdictText({ result }: AnsweredFrame): string {
  const { result: verdict, reasons } = parsedResult(result) ?? {};
  if (typeof verdict !== "string") return "stored";
  const why = Array.isArray(reasons) ? reasons.filter((reason) => typeof reason === "string") : [];
  return printable(why.length === 0 ? verdict : `${verdict}: ${why.join(", ")}`);
}

/** The JSON object of a result; null when there is none, or it is anything else. */
export function parsedResult(json: string | null): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json ?? "null");
    return typeof value === "object" && !Array.isArray(value) ? value as Record<string, unknown> : null;
  } catch {
    return null;
  }
}

/** Milliseconds with as many digits as say something. */
export function formatMs(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** To a thousandth. */
export function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 1000) / 1000;
}

/** Why a source has not done what it should; null when it has. */
export function errorOf(job: SourceJob): FramewireError | null {
  if (job.error !== null) return job.error;
  if (!job.isEnded) return new FramewireError("INTERNAL", "It was not sent to its end");
  if (job.leftOut === 0) return null;
  return new FramewireError(
    "SOURCE_UNREADABLE",
    `${job.leftOut} picture${job.leftOut === 1 ? "" : "s"} could not be sent`,
  );
}
