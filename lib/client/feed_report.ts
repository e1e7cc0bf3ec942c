/** What `send` says of feeds: a line for each which does not scroll, bad lines, and a summary. */
import type { FramewireError } from "../errors.ts";
import type { FeedEvents, FeedJob } from "../events/feed_job.ts";
import type { Clock } from "../platform/clock.ts";
import { printable } from "./progress_line.ts";
import type { ReportOutput } from "./report_output.ts";

/** How often the status is shown, ms: on a terminal, without one at first and then, as JSON. */
const EVERY_MS = { terminal: 250, first: 5_000, lines: 60_000, json: 5_000 };
/** Bad lines of a feed which are named; the others are counted. */
const BAD_LINES_NAMED_MAX = 20;

export class FeedReport implements FeedEvents {
  readonly #output: ReportOutput;
  readonly #clock: Clock;
  readonly #badLines = new Map<FeedJob, number>();
  #jobs: readonly FeedJob[] = [];
  #cancel = () => {};
  #times = 0;

  constructor(output: ReportOutput, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
  }

  /** Begins to show these, until {@linkcode stop}. `isAlone`: nobody else has a status. */
  start(jobs: readonly FeedJob[], isAlone: boolean): void {
    this.#jobs = jobs;
    if (jobs.length > 0) this.#wait(isAlone);
  }

  stop(): void {
    this.#cancel();
    this.#output.clear();
  }

  badLinesOf(job: FeedJob): number {
    return this.#badLines.get(job) ?? 0;
  }

  /** Something that is about no single feed. */
  say(text: string): void {
    if (this.#output.isJson) return this.#output.object({ event: "note", text });
    this.#output.say(printable(text));
  }

  note(job: FeedJob, text: string): void {
    if (this.#output.isJson) return this.#output.object({ event: "note", feed: job.settings.name, text });
    this.#output.say(`${printable(job.settings.name)}: ${printable(text)}`);
  }

  /** A line that is no event. */
  bad(job: FeedJob, line: number, reason: string): void {
    const count = this.badLinesOf(job) + 1;
    this.#badLines.set(job, count);
    if (count > BAD_LINES_NAMED_MAX) return;
    const { name: feed } = job.settings;
    if (this.#output.isJson) return this.#output.object({ event: "badLine", feed, line, reason });
    this.#output.error(`${printable(feed)}: line ${line}: ${printable(reason)}`);
    if (count === BAD_LINES_NAMED_MAX) this.#output.error(`${printable(feed)}: further bad lines are only counted`);
  }

  /** Not all of it could be read. */
  failed(job: FeedJob, error: FramewireError): void {
    const { name: feed } = job.settings;
    if (this.#output.isJson) {
      return this.#output.object({ event: "failed", feed, code: error.code, error: error.message });
    }
    this.#output.error(`${printable(feed)}: ${printable(error.message)} [${error.code}]`);
  }

  ended(job: FeedJob): void {
    if (job.error !== null) this.failed(job, job.error);
  }

  /** The last words on each, with the page on which it is seen. `isSpooled`: what waits is kept. */
  summary(httpUrl: string, isSpooled: boolean): void {
    // What says nothing has nothing to say.
    const jobs = this.#jobs.filter((job) => job.settings.lazy !== true || job.stored > 0 || job.counts.waiting > 0);
    for (const job of jobs) {
      if (this.#output.isJson) this.#output.object({ event: "feed", ...this.#facts(job), url: httpUrl });
      else this.#output.result(this.#line(job, isSpooled));
    }
    if (jobs.length > 0 && httpUrl !== "" && !this.#output.isJson) this.#output.result(`  see    ${httpUrl}`);
  }

  #wait(isAlone: boolean): void {
    const { terminal, first, lines, json } = EVERY_MS;
    const isTerminal = this.#output.columns() > 0;
    const everyMs = this.#output.isJson ? json : isTerminal ? terminal : this.#times === 0 ? first : lines;
    this.#cancel = this.#clock.timer(everyMs, () => {
      this.#times++;
      this.#show(isAlone);
      this.#wait(isAlone);
    });
  }

  #show(isAlone: boolean): void {
    const active = this.#jobs.filter((job) => !job.isEnded && (job.settings.lazy !== true || job.counts.waiting > 0));
    if (this.#output.isJson) {
      for (const job of active) this.#output.object({ event: "progress", ...this.#facts(job) });
      return;
    }
    if (!isAlone) return;
    const columns = this.#output.columns();
    const status = active.map((job) => {
      const line = `${printable(job.settings.name)}  ${this.#parts(job).join("  ")}`;
      return columns === 0 ? line : line.slice(0, columns - 1);
    });
    this.#output.status(status);
  }

  #parts(job: FeedJob): string[] {
    const { pushed, stored, dropped, waiting } = job.counts;
    return [
      `${pushed} taken`,
      `${stored} stored`,
      ...(job.alreadyThere > 0 ? [`${job.alreadyThere} already there`] : []),
      ...(waiting > 0 ? [`${waiting} waiting`] : []),
      ...(dropped > 0 ? [`${dropped} dropped`] : []),
      ...(job.phase === "waiting" && waiting > 0 ? ["no connection"] : []),
    ];
  }

  #line(job: FeedJob, isSpooled: boolean): string {
    const { stored, dropped, waiting } = job.counts;
    const badLines = this.badLinesOf(job);
    const left = isSpooled && !job.queue.isRepeatable ? "kept for the next time" : "not sent";
    const parts = [
      `${stored} event${stored === 1 ? "" : "s"} stored`,
      ...(job.alreadyThere > 0 ? [`${job.alreadyThere} already there`] : []),
      ...(waiting > 0 ? [`${waiting} ${left}`] : []),
      ...(dropped > 0 ? [`${dropped} dropped`] : []),
      ...(badLines > 0 ? [`${badLines} bad line${badLines === 1 ? "" : "s"}`] : []),
    ];
    return `${printable(job.settings.name)}: ${parts.join(", ")}`;
  }

  #facts(job: FeedJob): object {
    const { settings, phase, sent, alreadyThere, counts } = job;
    return { feed: settings.name, phase, ...counts, sent, alreadyThere, badLines: this.badLinesOf(job) };
  }
}
