import type { BoxHealth } from "../../lib/client/status_teller.ts";
import { runUplink } from "../../lib/client/uplink.ts";
import { FeedJob, type FeedSettings } from "../../lib/events/feed_job.ts";
import type { TextBody } from "../../lib/protocol/event.ts";
import type { FeedQueue } from "../../lib/store/feed_queue.ts";
import { MemoryFeedQueue } from "../../lib/store/memory_feed_queue.ts";
import { EventSink, type EventSinkOptions } from "./event_sink.ts";
import { MadeUpClock } from "./made_up_clock.ts";
import { MemoryNetwork, type MemoryNetworkOptions } from "./memory_network.ts";
import { SeededRandom } from "./seeded_random.ts";

/** A text of so many bytes that tells its number. */
export function textBody(number: number, bytes = 12): TextBody {
  return { kind: "text", text: String(number).padEnd(bytes, ".") };
}

/** 1 to `count`. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** A box with feeds in front of an {@linkcode EventSink}, in made-up time. */
export class FeedWorld {
  readonly clock = new MadeUpClock();
  readonly network: MemoryNetwork;
  readonly sink: EventSink;
  readonly stop = new AbortController();
  readonly jobs: FeedJob[] = [];
  readonly notes: string[] = [];
  readonly endings: string[] = [];
  readonly interruptions: string[] = [];
  health: (() => BoxHealth) | undefined;

  constructor(options: { network?: MemoryNetworkOptions; sink?: Partial<EventSinkOptions> } = {}) {
    this.network = new MemoryNetwork({ clock: this.clock, ...options.network });
    this.sink = new EventSink(this.network, this.clock, options.sink);
  }

  add(settings: Partial<FeedSettings> = {}, queue?: FeedQueue): FeedJob {
    const number = this.jobs.length;
    const job = new FeedJob({ name: `feed-${number}`, ...settings }, {
      clock: this.clock,
      queue: queue ?? new MemoryFeedQueue(new SeededRandom(number + 7)),
      events: {
        note: (_, text) => void this.notes.push(text),
        ended: ({ settings: { name }, phase }) => void this.endings.push(`${name} ${phase}`),
      },
    });
    this.jobs.push(job);
    return job;
  }

  /** Pushes texts with these numbers. */
  async push(job: FeedJob, count: number, options: { from?: number; bytes?: number } = {}): Promise<void> {
    const { from = 1, bytes = 12 } = options;
    const timeMs = this.clock.wallMs();
    const events = upTo(count).map((number) => ({ timeMs, source: null, body: textBody(from + number - 1, bytes) }));
    await job.pushAll(events);
  }

  /** Runs the uplink to its end; call once. */
  async run(retryForMs = Infinity): Promise<void> {
    const { clock, network, jobs, health } = this;
    const identity = { device: "box", token: "", software: "" };
    const options = {
      ...{ network, clock, random: new SeededRandom(1), address: { hostname: "server.test", port: 1 }, identity },
      ...{ retryForMs, feeds: jobs, connected: () => {}, ...(health === undefined ? {} : { health }) },
      interrupted: (error: { code: string }) => void this.interruptions.push(error.code),
    };
    await runUplink(options, [], this.stop.signal).finally(() => jobs.map((job) => job.giveUp()));
  }
}
