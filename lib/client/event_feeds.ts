/** The feeds of a command: their jobs and queues, and what fills them. */
import { ERROR_CODES, FramewireError } from "../errors.ts";
import { openEventFile } from "../events/event_file.ts";
import { parseEvent, parseText } from "../events/event_parser.ts";
import { FeedJob } from "../events/feed_job.ts";
import { readLines } from "../events/line_reader.ts";
import { SensorDemo } from "../events/sensor_demo.ts";
import { sleep } from "../platform/clock.ts";
import { MemoryFeedQueue } from "../store/memory_feed_queue.ts";
import { Spool } from "../store/spool.ts";
import { BOX_FEED } from "../store/spool_options.ts";
import { closeReasonOf } from "../session/close_reason.ts";
import { SpaceWatch } from "./space_watch.ts";
import { type EventOptions, type FeedOptions, STDIN } from "./event_options.ts";
import type { FeedReport } from "./feed_report.ts";
import type { Outside } from "./send_command.ts";
import type { BoxHealth } from "./status_teller.ts";

export class EventFeeds {
  readonly jobs: FeedJob[] = [];
  readonly #outside: Outside;
  readonly #options: EventOptions;
  readonly #report: FeedReport;
  readonly #stop = new AbortController();
  readonly #fills: (() => Promise<void>)[] = [];
  readonly #closes: (() => void)[] = [];
  /** By feed: why not all of it came in. */
  readonly #errors = new Map<FeedJob, FramewireError>();
  #spool: Spool | undefined;
  #space: SpaceWatch | undefined;
  #looking: Promise<void> | undefined;
  #boxJob: FeedJob | undefined;
  #filling: Promise<unknown> | undefined;

  private constructor(outside: Outside, options: EventOptions, report: FeedReport) {
    this.#outside = outside;
    this.#options = options;
    this.#report = report;
  }

  /** Opens the spool and the files. @throws {FramewireError} `DATA_LOCKED`, `STORAGE_FAILED`, `SOURCE_UNREADABLE`. */
  static async open(outside: Outside, options: EventOptions, report: FeedReport): Promise<EventFeeds> {
    const feeds = new EventFeeds(outside, options, report);
    try {
      if (options.spool !== null) {
        const note = (text: string) => report.say(text);
        const { policy, ...spool } = options.spool;
        feeds.#spool = await Spool.open({ ...outside, ...spool, policyOf: () => policy, note });
        feeds.#space = new SpaceWatch(options.spool.path, outside);
        // The first that the server hears of the box is whole.
        await feeds.#space.look();
      }
      for (const feed of options.feeds) await feeds.#add(feed);
      await feeds.#addSpooled();
    } catch (error) {
      await feeds.close();
      throw error;
    }
    return feeds;
  }

  /** Null when there is none. */
  get spool(): Spool | null {
    return this.#spool ?? null;
  }

  /** What the box tells of itself; undefined without a spool. */
  get health(): (() => BoxHealth) | undefined {
    const [spool, space] = [this.#spool, this.#space];
    if (spool === undefined) return undefined;
    return () => {
      const { events, bytes, frames, frameBytes, oldestMs, dropped, droppedFrames, trouble } = spool.status();
      return {
        ...{ spooledEvents: events, spooledBytes: bytes, oldestMs, droppedEvents: dropped },
        ...{
          spooledFrames: frames,
          spooledFrameBytes: frameBytes,
          droppedFrames,
          spooledClips: 0,
          spooledClipBytes: 0,
        },
        ...{ diskFreeBytes: space?.freeBytes ?? null, diskBytes: space?.totalBytes ?? null },
        ...{ troubles: trouble === null ? [] : [trouble] },
      };
    };
  }

  /** Begins to fill the feeds. */
  start(): void {
    this.#looking ??= this.#space?.run(this.#stop.signal);
    this.#filling ??= Promise.all(this.#fills.map((fill) => fill())).then(() => this.#endBox());
  }

  /** Nothing more is read. */
  stop(): void {
    this.#stop.abort();
  }

  /** The exit code: 0 when all events are stored, and every line was one. */
  exitCode(): number {
    for (const job of this.jobs) {
      const error = this.#errors.get(job) ?? job.error;
      if (error !== null && error !== undefined) return ERROR_CODES[error.code].exit;
      if (!job.isEnded || this.#report.badLinesOf(job) > 0) return 1;
    }
    return 0;
  }

  /** Lets go of everything. */
  async close(): Promise<void> {
    this.stop();
    for (const job of this.jobs) job.giveUp();
    for (const close of this.#closes) close();
    await this.#looking;
    await this.#spool?.close();
  }

  async #add({ feed, origin }: FeedOptions): Promise<void> {
    const { clock, random, disk, program } = this.#outside;
    const isFile = origin.type === "events" && origin.path !== STDIN;
    const file = isFile ? await openEventFile(disk, origin.path) : undefined;
    if (file !== undefined) this.#closes.push(() => file.close());
    // A file is its own spool.
    const queue = file === undefined && this.#spool !== undefined
      ? await this.#spool.feed(feed)
      : new MemoryFeedQueue(random, file?.run);
    const job = new FeedJob({ name: feed, inOrder: isFile }, { clock, queue, events: this.#report });
    this.jobs.push(job);
    this.#fills.push(() =>
      this.#fill(job, async () => {
        if (origin.type === "line") return await job.push(parseText(origin.text));
        if (origin.type === "sensor") return await this.#readSensor(job, origin.intervalMs);
        await readLines(file?.chunks() ?? program.stdin, {
          ...{ job, clock, isStrict: this.#options.isStrict, signal: this.#stop.signal },
          parse: origin.type === "events" ? parseEvent : parseText,
          bad: (number, reason) => this.#report.bad(job, number, reason),
        });
      })
    );
  }

  /** What earlier commands left in the spool, and what that says of itself. */
  async #addSpooled(): Promise<void> {
    if (this.#spool === undefined) return;
    const { clock } = this.#outside;
    for (const name of new Set([...this.#spool.feeds(), BOX_FEED])) {
      if (this.jobs.some(({ settings }) => settings.name === name)) continue;
      const queue = await this.#spool.feed(name);
      const job = new FeedJob({ name, lazy: true }, { clock, queue, events: this.#report });
      this.jobs.push(job);
      if (name === BOX_FEED) this.#boxJob = job;
      else this.#fills.push(() => this.#fill(job, () => Promise.resolve()));
    }
  }

  async #fill(job: FeedJob, read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (thrown) {
      if (this.#stop.signal.aborted || job.isEnded) return;
      const error = closeReasonOf(thrown).error!;
      this.#errors.set(job, error);
      this.#report.failed(job, error);
    }
    job.end();
  }

  /** The last that the box says: what was dropped of the others. */
  async #endBox(): Promise<void> {
    const others = this.jobs.filter((job) => job !== this.#boxJob);
    await Promise.race([Promise.all(others.map(({ settled }) => settled)), aborted(this.#stop.signal)]);
    await this.#spool?.tellDropped().catch(() => {});
    this.#boxJob?.end();
  }

  async #readSensor(job: FeedJob, intervalMs: number): Promise<void> {
    const { clock, random } = this.#outside;
    const { signal } = this.#stop;
    const sensor = new SensorDemo(random);
    for (let number = 1, dueMs = clock.now(); !signal.aborted; number++) {
      const timeMs = clock.wallMs();
      await job.push({ timeMs, body: sensor.reading(number, timeMs) }).catch((error) => {
        // The newest reading is as good as any.
        if (!(error instanceof FramewireError && error.code === "NO_SPACE")) throw error;
      });
      dueMs = Math.max(dueMs + intervalMs, clock.now());
      await sleep(clock, Math.max(0, dueMs - clock.now()), signal);
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
