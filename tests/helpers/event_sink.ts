import type { Clock } from "../../lib/platform/clock.ts";
import type { Network } from "../../lib/platform/network.ts";
import type { BoxEvent } from "../../lib/protocol/event.ts";
import { batchChecksum, decodeBatch } from "../../lib/protocol/event_batch.ts";
import type { BoxStatus, EventData, Message, OpenFeed, SequenceRange } from "../../lib/protocol/message.ts";
import { type Reply, SINK_DEFAULTS, SinkServer, type SinkServerOptions } from "./sink_server.ts";

/** An event which a {@linkcode EventSink} has. */
export interface SunkEvent extends BoxEvent {
  readonly run: string;
  readonly feed: string;
  readonly late: boolean;
  readonly connection: number;
  /** Wall clock of arrival less the time of the event, ms. */
  readonly ageMs: number;
}

/** How an {@linkcode EventSink} behaves; all may be changed while it runs. */
export interface EventSinkOptions extends SinkServerOptions {
  windowEvents: number;
  windowBytes: number;
  /** Batches of one commit; what is not committed is forgotten with its connection. */
  commitBatches: number;
  /** How long a batch waits for its commit at most, ms. */
  commitMs: number;
}

interface Stream {
  readonly open: OpenFeed;
  pending: SunkEvent[];
  batches: number;
  unstored: { events: number; bytes: number };
  through: number;
  stored: number;
  storedEvents: number;
  cancelTimer: () => void;
}

/** The server's side of feeds, by hand: keeps what it "committed" over connections, and notes what breaks a rule. */
export class EventSink extends SinkServer<Stream> {
  override readonly options: EventSinkOptions;
  /** What is durable, in the order of commits. */
  readonly stored: SunkEvent[] = [];
  /** Everything that came, and the number of events of each batch. */
  readonly arrived: SunkEvent[] = [];
  readonly batches: { late: boolean; events: number; bytes: number; atMs: number }[] = [];
  readonly opened: (OpenFeed & { connection: number })[] = [];
  readonly ended: { feed: string; late: boolean; sequence: number }[] = [];
  readonly statuses: (BoxStatus & { atMs: number })[] = [];
  readonly #numbers = new Map<string, Set<number>>();

  constructor(network: Network, clock: Clock, options: Partial<EventSinkOptions> = {}) {
    super(network, clock);
    this.options = {
      ...SINK_DEFAULTS,
      ...{ windowEvents: 20_000, windowBytes: 4 << 20, commitBatches: 1, commitMs: 5 },
      ...options,
    };
  }

  /** Numbers of what is durable of a feed, sorted. */
  sequencesOf(feed: string): number[] {
    return this.stored.filter((event) => event.feed === feed).map(({ sequence }) => sequence).sort((a, b) => a - b);
  }

  protected override async handle(
    message: Message,
    streams: Map<number, Stream>,
    connection: number,
    reply: Reply,
  ): Promise<void> {
    switch (message.kind) {
      case "boxStatus":
        return void this.statuses.push({ ...message, atMs: this.clock.now() });
      case "closeStream":
        streams.get(message.stream)?.cancelTimer();
        return void streams.delete(message.stream);
      case "openFeed": {
        this.opened.push({ ...message, connection });
        const unstored = { events: 0, bytes: 0 };
        const rest = { pending: [], batches: 0, unstored, through: 0, stored: 0, storedEvents: 0 };
        streams.set(message.stream, { open: message, ...rest, cancelTimer: () => {} });
        const { windowEvents, windowBytes } = this.options;
        const held = rangesOf([...this.#numbersOf(message)].sort((a, b) => a - b));
        return await reply({ kind: "feedAccepted", stream: message.stream, held, windowEvents, windowBytes });
      }
      case "eventData":
        return await this.#events(message, streams.get(message.stream)!, connection, reply);
      case "endFeed": {
        const stream = streams.get(message.stream)!;
        if (message.sequence !== stream.through) this.violations.push(`end at ${message.sequence}`);
        await this.#commit(message.stream, stream, reply);
        this.ended.push({ feed: stream.open.feed, late: stream.open.late, sequence: message.sequence });
        streams.delete(message.stream);
        return await reply({ kind: "feedEnded", stream: message.stream, storedEvents: stream.storedEvents });
      }
    }
  }

  async #events(
    { stream: number, crc32, batch }: EventData,
    stream: Stream,
    connection: number,
    reply: Reply,
  ): Promise<void> {
    const { run, feed, late } = stream.open;
    if (batchChecksum(number, batch) !== crc32) this.violations.push("damaged batch");
    const events = decodeBatch(batch.slice());
    if (events.length === 0 || events.length > 1_000) this.violations.push(`batch of ${events.length}`);
    this.batches.push({ late, events: events.length, bytes: batch.length, atMs: this.clock.now() });
    for (const event of events) {
      if (event.sequence <= stream.through) this.violations.push(`${event.sequence} behind ${stream.through}`);
      if (this.#numbersOf(stream.open).has(event.sequence)) this.violations.push(`${event.sequence} is held`);
      if (event.sequence < stream.open.floor) this.violations.push(`${event.sequence} below the floor`);
      stream.through = event.sequence;
      const sunk = { ...event, run, feed, late, connection, ageMs: this.clock.wallMs() - event.timeMs };
      this.arrived.push(sunk);
      stream.pending.push(sunk);
    }
    stream.unstored.events += events.length;
    stream.unstored.bytes += batch.length;
    const { windowEvents, windowBytes } = this.options;
    const isOver = stream.unstored.events > windowEvents || stream.unstored.bytes > windowBytes;
    if (isOver && stream.pending.length > events.length) this.violations.push("window");
    if (++stream.batches >= this.options.commitBatches) return await this.#commit(number, stream, reply);
    await reply({ kind: "eventAck", stream: number, received: stream.through, stored: stream.stored });
    stream.cancelTimer();
    const commit = () => void this.#commit(number, stream, reply).catch(() => {});
    stream.cancelTimer = this.clock.timer(this.options.commitMs, commit);
  }

  async #commit(number: number, stream: Stream, reply: Reply): Promise<void> {
    stream.cancelTimer();
    const events = stream.pending;
    stream.pending = [];
    stream.batches = 0;
    stream.unstored = { events: 0, bytes: 0 };
    const numbers = this.#numbersOf(stream.open);
    for (const event of events) numbers.add(event.sequence);
    this.stored.push(...events);
    stream.stored = stream.through;
    stream.storedEvents += events.length;
    await reply({ kind: "eventAck", stream: number, received: stream.through, stored: stream.stored });
  }

  #numbersOf({ feed, run }: { feed: string; run: string }): Set<number> {
    const key = `${feed} ${run}`;
    const numbers = this.#numbers.get(key) ?? new Set();
    this.#numbers.set(key, numbers);
    return numbers;
  }
}

/** Sorted numbers as ranges. */
export function rangesOf(numbers: readonly number[]): SequenceRange[] {
  const ranges: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last === number - 1) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges;
}
