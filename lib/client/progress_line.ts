/** The line that says how far sending is. Text only. */
import type { ClipJob } from "../clips/clip_job.ts";
import { formatBytes, formatSeconds } from "./format.ts";

const BAR_CELLS = 24;

/**
 * `clip.mp4 [######----] 42 %  12.3 MB/s  1:20 left` of one clip, and `3 of 7 stored [######----] …` of several, counted
 * together once the size of each is known. `rate` is bytes a second of all; at most `columns` wide if that is not 0.
 */
export function progressLine(jobs: readonly ClipJob[], rate: number, columns: number): string {
  const active = jobs.filter((job) => !job.isEnded && job.phase !== "waiting");
  const first = active[0];
  if (first === undefined) return "";
  const stored = jobs.filter((job) => job.phase === "stored").length;
  const together = jobs.length > 1 ? totalText(jobs, rate) : null;
  if (together !== null) return fit(`${stored} of ${jobs.length} stored`, ` ${together}`, columns);
  const text = ` ${clipText(first, rate)}`;
  if (jobs.length === 1) return fit(first.name, text, columns);
  const others = active.length > 1 ? ` (+${active.length - 1})` : "";
  return fit(first.name, `${text}${others}, ${stored} of ${jobs.length} stored`, columns);
}

/** How far one clip is. */
function clipText(job: ClipJob, rate: number): string {
  const { bytes, heldBytes, phase } = job;
  if (phase === "checking") return `comparing with the server, ${formatBytes(job.hashedBytes)} read`;
  if (phase === "finishing") return "all sent, waiting until it is stored";
  return bytes === null ? `${formatBytes(heldBytes)}  ${formatBytes(rate)}/s` : barText(heldBytes, bytes, rate);
}

/** How far all are; null while the size of one is not known. */
function totalText(jobs: readonly ClipJob[], rate: number): string | null {
  let bytes = 0;
  let held = 0;
  for (const job of jobs) {
    if (job.phase === "failed") continue;
    const size = job.result?.bytes ?? job.bytes;
    if (size === null) return null;
    bytes += size;
    held += job.heldBytes;
  }
  return barText(held, bytes, rate);
}

function barText(held: number, bytes: number, rate: number): string {
  const share = bytes === 0 ? 1 : held / bytes;
  const filled = Math.floor(share * BAR_CELLS);
  const left = rate > 0 ? `  ${formatSeconds((bytes - held) / rate)} left` : "";
  const bar = "#".repeat(filled) + "-".repeat(BAR_CELLS - filled);
  return `[${bar}] ${Math.floor(share * 100)} %  ${formatBytes(rate)}/s${left}`;
}

/** Shortens the name at its front: its end says more. */
function fit(name: string, text: string, columns: number): string {
  const room = columns === 0 ? Infinity : Math.max(8, columns - text.length - 1);
  const shown = name.length > room ? `…${name.slice(-(room - 1))}` : name;
  const line = `${printable(shown)}${text}`;
  return columns === 0 ? line : line.slice(0, columns - 1);
}

/** A file's name may hold escape codes; a terminal must not obey them. */
export function printable(name: string): string {
  // deno-lint-ignore no-control-regex -- these are what is looked for
  return name.replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}
