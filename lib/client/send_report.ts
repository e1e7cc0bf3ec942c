/** What `send` says while it works: a bar on a terminal, a line now and then without one, or JSON objects. */
import type { ClipJob } from "../clips/clip_job.ts";
import { RateMeter } from "../clips/rate_meter.ts";
import type { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { Program } from "../platform/program.ts";
import { formatBytes, formatSeconds } from "./format.ts";

/** How often progress is shown, ms: on a terminal, as JSON, as lines. */
const EVERY_MS = { bar: 200, json: 1_000, lines: 5_000 };
const BAR_CELLS = 24;

export class SendReport {
  readonly #program: Program;
  readonly #clock: Clock;
  readonly #json: boolean;
  readonly #quiet: boolean;
  readonly #meter = new RateMeter();
  readonly #startedMs: number;
  readonly #started = new Map<ClipJob, number>();
  #jobs: readonly ClipJob[] = [];
  #shownMs: number;
  #lastHeld = 0;
  #barShown = false;

  constructor(program: Program, clock: Clock, options: { json: boolean; quiet: boolean }) {
    this.#program = program;
    this.#clock = clock;
    this.#json = options.json;
    this.#quiet = options.quiet;
    this.#startedMs = clock.now();
    this.#shownMs = clock.now();
  }

  /** The jobs whose progress is shown. */
  set jobs(jobs: readonly ClipJob[]) {
    this.#jobs = jobs;
  }

  connected(remote: string, server: string, httpUrl: string): void {
    if (this.#json) return this.#object({ event: "connected", remote, server, http: httpUrl });
    this.#say(`Connected to ${remote}${httpUrl === "" ? "" : `, page ${httpUrl}`}`);
  }

  interrupted(error: FramewireError, retryInMs: number): void {
    if (this.#json) return this.#object({ event: "interrupted", code: error.code, error: error.message, retryInMs });
    this.#say(`${error.message}; trying again in ${formatSeconds(retryInMs / 1000)} (Ctrl-C stops, nothing is lost)`);
  }

  note(job: ClipJob, text: string): void {
    if (this.#json) return this.#object({ event: "note", name: job.name, text });
    this.#say(`${job.name}: ${text}`);
  }

  changed(job: ClipJob): void {
    const nowMs = this.#clock.now();
    if (job.phase !== "waiting" && !this.#started.has(job)) this.#started.set(job, nowMs);
    if (job.phase === "stored" || job.phase === "failed") this.#ended(job, nowMs);
    this.#measure(nowMs);
    const columns = this.#program.terminalColumns();
    const everyMs = this.#json ? EVERY_MS.json : columns > 0 ? EVERY_MS.bar : EVERY_MS.lines;
    if (nowMs - this.#shownMs < everyMs) return;
    this.#shownMs = nowMs;
    this.#progress(nowMs, columns);
  }

  /** The last words. */
  summary(): void {
    this.#clearBar();
    const stored = this.#jobs.filter((job) => job.phase === "stored");
    const failed = this.#jobs.length - stored.length;
    const bytes = stored.reduce((sum, job) => sum + (job.result?.bytes ?? 0), 0);
    const sentBytes = this.#jobs.reduce((sum, job) => sum + job.sentBytes, 0);
    const seconds = (this.#clock.now() - this.#startedMs) / 1000;
    if (this.#json) return this.#object({ event: "summary", stored: stored.length, failed, bytes, sentBytes, seconds });
    if (this.#jobs.length < 2) return;
    const text = `${stored.length} of ${this.#jobs.length} clips stored, ${formatBytes(bytes)} in ${
      formatSeconds(seconds)
    }`;
    this.#program.printLine(text);
  }

  /** An error that ends the command. */
  failed(error: FramewireError): void {
    this.#clearBar();
    if (this.#json) return this.#object({ event: "error", code: error.code, error: error.message });
    this.#program.printError(`${error.message} [${error.code}]\n`);
  }

  #ended(job: ClipJob, nowMs: number): void {
    const seconds = (nowMs - (this.#started.get(job) ?? nowMs)) / 1000;
    const { result, error } = job;
    if (error !== undefined) {
      if (this.#json) return this.#object({ event: "failed", name: job.name, code: error.code, error: error.message });
      this.#clearBar();
      return this.#program.printError(`${job.name}: not sent: ${error.message} [${error.code}]\n`);
    }
    if (result === undefined) return;
    const { stored, bytes, sha256 } = result;
    const bytesPerSecond = seconds > 0 ? Math.round(bytes / seconds) : 0;
    if (this.#json) {
      const facts = { name: job.name, bytes, sha256, seconds, bytesPerSecond, sentBytes: job.sentBytes };
      return this.#object({ event: "stored", ...facts, ...stored });
    }
    this.#clearBar();
    const how = stored.alreadyThere
      ? `already there (${formatBytes(bytes)})`
      : `stored, ${formatBytes(bytes)} in ${formatSeconds(seconds)} (${formatBytes(bytesPerSecond)}/s)`;
    const as = stored.storedName === job.name ? "" : ` as ${JSON.stringify(stored.storedName)}`;
    this.#program.printLine(`${job.name}: ${how}${as}`);
    this.#program.printLine(`  sha256 ${sha256}${stored.url === "" ? "" : `\n  see    ${stored.url}`}`);
  }

  #measure(nowMs: number): void {
    const held = this.#jobs.reduce((sum, job) => sum + job.heldBytes, 0);
    if (held > this.#lastHeld) this.#meter.add(held - this.#lastHeld, nowMs);
    this.#lastHeld = held;
  }

  #progress(nowMs: number, columns: number): void {
    const active = this.#jobs.filter((job) => !job.isEnded && job.phase !== "waiting");
    const job = active[0];
    if (job === undefined) return;
    const rate = this.#meter.rate(nowMs);
    if (this.#json) return active.forEach((one) => this.#object(this.#progressObject(one, rate)));
    if (this.#quiet) return;
    const line = progressLine(job, active.length - 1, rate, columns);
    this.#program.printError(columns > 0 ? `\r\x1b[K${line}` : `${line}\n`);
    this.#barShown = columns > 0;
  }

  #progressObject(job: ClipJob, bytesPerSecond: number): object {
    const { name, phase, heldBytes, bytes } = job;
    return { event: "progress", name, phase, bytes: heldBytes, size: bytes, bytesPerSecond };
  }

  #say(text: string): void {
    if (this.#quiet) return;
    this.#clearBar();
    this.#program.printError(`${text}\n`);
  }

  #clearBar(): void {
    if (this.#barShown) this.#program.printError("\r\x1b[K");
    this.#barShown = false;
  }

  #object(value: object): void {
    this.#program.printLine(JSON.stringify(value));
  }
}

/** `clip.mp4 [######----] 42 %  12.3 MB/s  1:20 left`, at most `columns` wide if that is not 0. */
export function progressLine(job: ClipJob, others: number, rate: number, columns: number): string {
  const { bytes, heldBytes, phase } = job;
  const more = others > 0 ? ` (+${others})` : "";
  const speed = `${formatBytes(rate)}/s`;
  let text: string;
  if (phase === "checking") text = `comparing with the server, ${formatBytes(job.hashedBytes)} read`;
  else if (phase === "finishing") text = "all sent, waiting until it is stored";
  else if (bytes === null) text = `${formatBytes(heldBytes)}  ${speed}`;
  else {
    const share = bytes === 0 ? 1 : heldBytes / bytes;
    const filled = Math.floor(share * BAR_CELLS);
    const left = rate > 0 ? `  ${formatSeconds((bytes - heldBytes) / rate)} left` : "";
    text = `[${"#".repeat(filled)}${"-".repeat(BAR_CELLS - filled)}] ${Math.floor(share * 100)} %  ${speed}${left}`;
  }
  const room = columns === 0 ? Infinity : Math.max(8, columns - text.length - more.length - 2);
  const name = job.name.length > room ? `…${job.name.slice(-(room - 1))}` : job.name;
  const line = `${printable(name)} ${text}${more}`;
  return columns === 0 ? line : line.slice(0, columns - 1);
}

/** A file's name may hold escape codes; a terminal must not obey them. */
function printable(name: string): string {
  // deno-lint-ignore no-control-regex -- these are what is looked for
  return name.replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}
