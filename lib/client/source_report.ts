/** What `send` says of cameras and folders: a line for each source which does not scroll, results, and a summary. */
import { RateMeter } from "../clips/rate_meter.ts";
import type { AnsweredFrame } from "../frames/frame_answers.ts";
import type { SourceEvents, SourceJob } from "../frames/source_job.ts";
import type { Clock } from "../platform/clock.ts";
import type { DropReason } from "../protocol/message.ts";
import { printable } from "./progress_line.ts";
import type { ReportOutput } from "./report_output.ts";
import {
  errorOf,
  parsedResult,
  rounded,
  sourceObject,
  sourceStatus,
  sourceSummary,
  verdictText,
} from "./source_lines.ts";

/** How often the status is looked at, ms. */
const TICK_MS = 250;
/** ... and shown: without a terminal soon for the first time, then now and then; as JSON. */
const EVERY_MS = { first: 5_000, lines: 60_000, json: 5_000 };
/** Drops come as fast as pictures: they are told this often at most, as JSON, ms. */
const DROPS_EVERY_MS = 1_000;
/** A camera's verdict may flicker: it is told this often at most, ms. */
const VERDICT_EVERY_MS = 1_000;
/** Lines which never push each other off a terminal. */
const STATUS_LINES_MAX = 10;

/** What is remembered of a source. */
interface Shown {
  readonly meter: RateMeter;
  sent: number;
  readonly drops: Map<DropReason, number>;
  verdict: string;
  verdictMs: number;
}

export class SourceReport implements SourceEvents {
  readonly #output: ReportOutput;
  readonly #clock: Clock;
  readonly #shown = new Map<SourceJob, Shown>();
  #jobs: readonly SourceJob[] = [];
  #cancelTick = () => {};
  #shownMs = 0;
  #dropsMs = 0;
  #times = 0;

  constructor(output: ReportOutput, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
  }

  /** Whether there are lines of sources. */
  get isShown(): boolean {
    return this.#jobs.some((job) => !job.isEnded);
  }

  /** Begins to show these, until {@linkcode stop}. */
  start(jobs: readonly SourceJob[]): void {
    this.#jobs = jobs;
    this.#shownMs = this.#clock.now();
    if (jobs.length > 0) this.#tick();
  }

  stop(): void {
    this.#cancelTick();
    this.#tellDrops();
    this.#output.clear();
  }

  note(job: SourceJob, text: string): void {
    if (this.#output.isJson) return this.#output.object({ event: "note", source: job.settings.name, text });
    this.#output.say(`${printable(job.settings.name)}: ${printable(text)}`);
  }

  frame(job: SourceJob, frame: AnsweredFrame): void {
    const { name: source, named } = job.settings;
    if (this.#output.isJson) {
      const { sequence, name, ackMs, result } = frame;
      const object = { event: "frame", source, sequence, name, ackMs: rounded(ackMs), result: parsedResult(result) };
      return this.#output.object(object);
    }
    const verdict = verdictText(frame);
    // One by one they are what a folder is sent for; a camera's would flood.
    if (named) return this.#output.result(`${this.#prefix(source)}${printable(frame.name ?? "")} ${verdict}`);
    this.#verdictChanged(job, frame, verdict);
  }

  dropped(job: SourceJob, { count, reason }: { readonly count: number; readonly reason: DropReason }): void {
    const { drops } = this.#of(job);
    drops.set(reason, (drops.get(reason) ?? 0) + count);
  }

  ended(job: SourceJob): void {
    if (this.#output.isJson) {
      this.#tellDrops();
      const failed = job.error === null ? {} : { code: job.error.code, error: job.error.message };
      return this.#output.object({ event: job.error === null ? "ended" : "failed", ...sourceObject(job), ...failed });
    }
    if (job.error === null) return;
    this.#output.error(`${printable(job.settings.name)}: ${printable(job.error.message)} [${job.error.code}]`);
  }

  /** The last words on each, with the page on which it is seen. */
  summary(httpUrl: string): void {
    for (const job of this.#jobs) {
      if (this.#output.isJson) {
        this.#output.object({ event: "source", ...sourceObject(job), url: httpUrl });
        continue;
      }
      this.#output.result(sourceSummary(job));
      const error = errorOf(job);
      if (job.error === null && job.isEnded && error !== null) {
        this.#output.error(`${printable(job.settings.name)}: ${error.message} [${error.code}]`);
      }
    }
    if (this.#jobs.length > 0 && httpUrl !== "" && !this.#output.isJson) this.#output.result(`  see    ${httpUrl}`);
  }

  #tick(): void {
    const nowMs = this.#clock.now();
    for (const job of this.#jobs) {
      const shown = this.#of(job);
      // The meter counts whole things: thousandths of a picture.
      shown.meter.add((job.sent - shown.sent) * 1000, nowMs);
      shown.sent = job.sent;
    }
    if (nowMs - this.#dropsMs >= DROPS_EVERY_MS) this.#tellDrops();
    this.#showStatus(nowMs);
    this.#cancelTick = this.#clock.timer(TICK_MS, () => this.#tick());
  }

  #showStatus(nowMs: number): void {
    const columns = this.#output.columns();
    const { first, lines, json } = EVERY_MS;
    const everyMs = this.#output.isJson ? json : columns > 0 ? 0 : this.#times === 0 ? first : lines;
    if (nowMs - this.#shownMs < everyMs) return;
    this.#shownMs = nowMs;
    this.#times++;
    const active = this.#jobs.filter((job) => !job.isEnded);
    const rate = (job: SourceJob) => this.#of(job).meter.rate(nowMs) / 1000;
    if (this.#output.isJson) {
      for (const job of active) {
        this.#output.object({ event: "progress", ...sourceObject(job), framesPerSecond: rate(job) });
      }
      return;
    }
    const width = Math.min(24, Math.max(0, ...active.map(({ settings }) => settings.name.length)));
    const status = active.slice(0, STATUS_LINES_MAX).map((job) => sourceStatus(job, rate(job), width, columns));
    if (active.length > STATUS_LINES_MAX) status.push(`… and ${active.length - STATUS_LINES_MAX} more`);
    this.#output.status(status);
  }

  #tellDrops(): void {
    this.#dropsMs = this.#clock.now();
    for (const [job, { drops }] of this.#shown) {
      if (this.#output.isJson) {
        // A count of 0: nobody knows how many.
        for (const [reason, count] of drops) {
          this.#output.object({ event: "dropped", source: job.settings.name, count, reason });
        }
      }
      drops.clear();
    }
  }

  #verdictChanged(job: SourceJob, { sequence }: AnsweredFrame, verdict: string): void {
    const shown = this.#of(job);
    const nowMs = this.#clock.now();
    const isNews = verdict !== shown.verdict && (verdict.startsWith("defect") || shown.verdict.startsWith("defect"));
    if (!isNews || nowMs - shown.verdictMs < VERDICT_EVERY_MS) return;
    shown.verdict = verdict;
    shown.verdictMs = nowMs;
    this.#output.result(`${printable(job.settings.name)} from picture ${sequence} on: ${verdict}`);
  }

  #prefix(source: string): string {
    return this.#jobs.length > 1 ? `${printable(source)}/` : "";
  }

  #of(job: SourceJob): Shown {
    let shown = this.#shown.get(job);
    if (shown === undefined) {
      shown = { meter: new RateMeter(), sent: 0, drops: new Map(), verdict: "", verdictMs: -Infinity };
      this.#shown.set(job, shown);
    }
    return shown;
  }
}
