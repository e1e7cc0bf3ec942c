/** What `send` says while it works: a bar on a terminal, a line now and then without one, or JSON objects. */
import type { ClipJob } from "../clips/clip_job.ts";
import { RateMeter } from "../clips/rate_meter.ts";
import type { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { Program } from "../platform/program.ts";
import { FeedReport } from "./feed_report.ts";
import { formatBytes, formatSeconds } from "./format.ts";
import { printable, progressLine } from "./progress_line.ts";
import { ReportOutput } from "./report_output.ts";
import { SourceReport } from "./source_report.ts";

/** How often progress is shown, ms: on a terminal, as JSON, as lines. */
const EVERY_MS = { bar: 200, json: 1_000, lines: 5_000 };

export class SendReport {
  readonly #output: ReportOutput;
  readonly #clock: Clock;
  readonly #json: boolean;
  readonly #meter = new RateMeter();
  readonly #startedMs: number;
  readonly #started = new Map<ClipJob, number>();
  #jobs: readonly ClipJob[] = [];
  #shownMs: number;
  /** What each job had received when it was looked at last; a folder may have a hundred thousand. */
  readonly #received = new Map<ClipJob, number>();
  #httpUrl = "";
  /** What is said of cameras and folders. */
  readonly sources: SourceReport;
  /** What is said of feeds. */
  readonly feeds: FeedReport;

  constructor(program: Program, clock: Clock, options: { json: boolean; quiet: boolean }) {
    this.#output = new ReportOutput(program, options);
    this.#clock = clock;
    this.#json = options.json;
    this.sources = new SourceReport(this.#output, clock);
    this.feeds = new FeedReport(this.#output, clock);
    this.#startedMs = clock.now();
    this.#shownMs = clock.now();
  }

  /** The jobs whose progress is shown. */
  set jobs(jobs: readonly ClipJob[]) {
    this.#jobs = jobs;
  }

  /** Where the server's page is, as it said last; empty when it has none. */
  get httpUrl(): string {
    return this.#httpUrl;
  }

  connected(remote: string, server: string, httpUrl: string): void {
    this.#httpUrl = httpUrl;
    if (this.#json) return this.#output.object({ event: "connected", remote, server, http: httpUrl });
    this.#output.say(`Connected to ${remote}${httpUrl === "" ? "" : `, page ${httpUrl}`}`);
  }

  interrupted(error: FramewireError, retryInMs: number): void {
    if (this.#json) {
      return this.#output.object({ event: "interrupted", code: error.code, error: error.message, retryInMs });
    }
    this.#output.say(
      `${printable(error.message)}; trying again in ${formatSeconds(retryInMs / 1000)} (Ctrl-C stops, nothing is lost)`,
    );
  }

  note(job: ClipJob, text: string): void {
    if (this.#json) return this.#output.object({ event: "note", name: job.name, text });
    this.#output.say(`${printable(job.name)}: ${printable(text)}`);
  }

  changed(job: ClipJob): void {
    const nowMs = this.#clock.now();
    if (job.phase !== "waiting" && !this.#started.has(job)) this.#started.set(job, nowMs);
    if (job.phase === "stored" || job.phase === "failed") this.#ended(job, nowMs);
    this.#measure(job, nowMs);
    const columns = this.#output.columns();
    const everyMs = this.#json ? EVERY_MS.json : columns > 0 ? EVERY_MS.bar : EVERY_MS.lines;
    if (nowMs - this.#shownMs < everyMs) return;
    this.#shownMs = nowMs;
    this.#progress(nowMs, columns);
  }

  /** The last words. */
  summary(): void {
    this.#output.clear();
    const stored = this.#jobs.filter((job) => job.phase === "stored");
    const failed = this.#jobs.length - stored.length;
    const bytes = stored.reduce((sum, job) => sum + (job.result?.bytes ?? 0), 0);
    const sentBytes = this.#jobs.reduce((sum, job) => sum + job.sentBytes, 0);
    const seconds = (this.#clock.now() - this.#startedMs) / 1000;
    if (this.#json) {
      return this.#output.object({ event: "summary", stored: stored.length, failed, bytes, sentBytes, seconds });
    }
    if (this.#jobs.length < 2) return;
    const text = `${stored.length} of ${this.#jobs.length} clips stored, ${formatBytes(bytes)} in ${
      formatSeconds(seconds)
    }`;
    this.#output.result(text);
  }

  /** An error that ends the command. */
  failed(error: FramewireError): void {
    if (this.#json) return this.#output.object({ event: "error", code: error.code, error: error.message });
    // Whoever pressed Ctrl-C needs no code to look up.
    this.#output.error(`${error.message}${error.code === "SHUTTING_DOWN" ? "" : ` [${error.code}]`}`);
  }

  #ended(job: ClipJob, nowMs: number): void {
    const seconds = (nowMs - (this.#started.get(job) ?? nowMs)) / 1000;
    const { result, error } = job;
    if (error !== undefined) {
      if (this.#json) {
        return this.#output.object({ event: "failed", name: job.name, code: error.code, error: error.message });
      }
      return this.#output.error(`${printable(job.name)}: not sent: ${printable(error.message)} [${error.code}]`);
    }
    if (result === undefined) return;
    const { stored, bytes, sha256 } = result;
    // Of what went over the network now: a clip that was nearly there is not sent any faster.
    const newBytes = Math.min(bytes, job.receivedBytes);
    const bytesPerSecond = seconds > 0 ? Math.round(newBytes / seconds) : 0;
    if (this.#json) {
      const facts = { name: job.name, bytes, sha256, seconds, bytesPerSecond, sentBytes: job.sentBytes };
      return this.#output.object({ event: "stored", ...facts, ...stored });
    }
    const how = stored.alreadyThere
      ? `already there (${formatBytes(bytes)})`
      : `stored, ${howMuch(bytes, newBytes)}${howFast(seconds, bytesPerSecond)}`;
    const as = stored.storedName === job.name ? "" : ` as ${JSON.stringify(stored.storedName)}`;
    this.#output.result(`${printable(job.name)}: ${how}${as}`);
    this.#output.result(`  sha256 ${sha256}${stored.url === "" ? "" : `\n  see    ${printable(stored.url)}`}`);
  }

  #measure(job: ClipJob, nowMs: number): void {
    // Not what is held: what the server had before is no speed.
    const newBytes = job.receivedBytes - (this.#received.get(job) ?? 0);
    if (newBytes > 0) this.#meter.add(newBytes, nowMs);
    this.#received.set(job, job.receivedBytes);
  }

  #progress(nowMs: number, columns: number): void {
    const active = this.#jobs.filter((job) => !job.isEnded && job.phase !== "waiting");
    if (active.length === 0) return;
    const rate = this.#meter.rate(nowMs);
    if (this.#json) return active.forEach((one) => this.#output.object(this.#progressObject(one, rate)));
    // The sources' own lines stand where the bar would.
    if (!this.sources.isShown) this.#output.status([progressLine(this.#jobs, rate, columns)]);
  }

  #progressObject(job: ClipJob, bytesPerSecond: number): object {
    const { name, phase, heldBytes, bytes } = job;
    return { event: "progress", name, phase, bytes: heldBytes, size: bytes, bytesPerSecond };
  }
}

function howMuch(bytes: number, newBytes: number): string {
  return newBytes < bytes ? `${formatBytes(bytes)}, ${formatBytes(newBytes)} of it now` : formatBytes(bytes);
}

/** Nothing for what took no time worth telling: the speed of three bytes says nothing. */
function howFast(seconds: number, bytesPerSecond: number): string {
  return seconds < 0.05 ? "" : ` in ${formatSeconds(seconds)} (${formatBytes(bytesPerSecond)}/s)`;
}
