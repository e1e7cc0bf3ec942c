import { LIMITS } from "../../lib/config/limits.ts";
import { EventCounts } from "../../lib/events/event_counts.ts";
import type { LogFields } from "../../lib/log.ts";
import type { BoxEvent } from "../../lib/protocol/event.ts";
import { batchChecksum, encodeBatch } from "../../lib/protocol/event_batch.ts";
import type { Message, MessageKind, OpenFeed } from "../../lib/protocol/message.ts";
import { BoxListener } from "../../lib/server/box_listener.ts";
import { DeviceTable } from "../../lib/server/device_table.ts";
import { MadeUpEventRecorder } from "./made_up_event_recorder.ts";
import { noFrames } from "./made_up_recorder.ts";
import { MemoryNetwork } from "./memory_network.ts";
import { RawPeer } from "./session_pair.ts";
import { StoreFixture } from "./store_fixture.ts";

const ADDRESS = { hostname: "server.test", port: 1 };

/** A text event; its text tells its number. */
export function eventOf(sequence: number, patch: Partial<BoxEvent> = {}): BoxEvent {
  return { sequence, timeMs: 1_768_000_000_000, source: null, body: { kind: "text", text: `n${sequence}` }, ...patch };
}

/** Text events `first` to `last`. */
export function eventsFrom(first: number, last: number): BoxEvent[] {
  return Array.from({ length: last - first + 1 }, (_, index) => eventOf(first + index));
}

/** A server without an event store of its own, and boxes by hand, in made-up time. */
export class FeedFixture {
  readonly fixture = new StoreFixture();
  readonly clock = this.fixture.clock;
  readonly recorder = new MadeUpEventRecorder();
  readonly totals = new EventCounts();
  readonly devices = new DeviceTable(this.clock);
  /** What watchers were told: `feed run late? first-last stored`. */
  readonly watched: string[] = [];
  /** Times of the events that watchers were told of. */
  readonly watchedMs: number[] = [];
  readonly logged: { text: string; fields: LogFields }[] = [];
  readonly #network = new MemoryNetwork({ clock: this.clock, bufferBytes: 16 * 1024 * 1024 });
  readonly #listener: BoxListener;

  private constructor() {
    const { clock, recorder, totals, devices } = this;
    this.#listener = new BoxListener(this.#network, {
      clock,
      log: (_level, text, fields = {}) => this.logged.push({ text, fields }),
      store: this.fixture.store,
      devices,
      tokens: [],
      httpUrl: () => "",
      clipEnded: () => {},
      frames: noFrames(),
      events: {
        recorder,
        totals,
        watcher: {
          stored: ({ device, feed, late }, events, stored) => {
            const [first, last] = [events[0]?.sequence, events.at(-1)?.sequence];
            this.watched.push(`${device}/${feed} ${late ? "late" : "live"} ${first}-${last} ${stored}`);
            this.watchedMs.push(...events.map(({ timeMs }) => timeMs));
          },
        },
      },
    });
  }

  static async start(): Promise<FeedFixture> {
    const fixture = new FeedFixture();
    await fixture.fixture.store.start();
    fixture.#listener.start(ADDRESS);
    return fixture;
  }

  /** A box which has been welcomed. `wallMs`: what its clock says. */
  async box(options: { device?: string; wallMs?: number } = {}): Promise<FeedBox> {
    const { device = "box", wallMs = this.clock.wallMs() } = options;
    const box = new FeedBox(await this.#network.connect(ADDRESS), this);
    box.reading = box.readAll();
    await box.send({ kind: "hello", protocolVersion: 1, device, token: "", software: "", unixMs: wallMs });
    await this.clock.advance(0);
    return box;
  }

  /** Lets everything happen that can, and acks go out. */
  async settle(): Promise<void> {
    await this.clock.advance(LIMITS.ackAfterMs);
  }

  async stop(): Promise<void> {
    await this.clock.runUntil(this.#listener.stop());
  }
}

/** A box by hand which knows how to send events. */
export class FeedBox extends RawPeer {
  reading: Promise<void> = Promise.resolve();
  readonly #fixture: FeedFixture;

  constructor(connection: ConstructorParameters<typeof RawPeer>[0], fixture: FeedFixture) {
    super(connection);
    this.#fixture = fixture;
  }

  async open(stream: number, feed: string, more: Partial<OpenFeed> = {}): Promise<void> {
    await this.send({ kind: "openFeed", stream, feed, run: "run-1", floor: 1, late: false, ...more });
    await this.#fixture.clock.advance(0);
  }

  /** Sends a batch; `damaged`: its last byte is another than its checksum says. */
  async batch(stream: number, events: readonly BoxEvent[], damaged = false): Promise<void> {
    const batch = encodeBatch(events);
    const crc32 = batchChecksum(stream, batch);
    if (damaged) batch[batch.length - 1]! ^= 1;
    await this.send({ kind: "eventData", stream, crc32, batch });
  }

  /** Sends a batch of bytes which are what they are. */
  async bytes(stream: number, batch: Uint8Array): Promise<void> {
    await this.send({ kind: "eventData", stream, crc32: batchChecksum(stream, batch), batch });
  }

  of<K extends MessageKind>(kind: K): Extract<Message, { kind: K }>[] {
    return this.received.filter((message) => message.kind === kind) as Extract<Message, { kind: K }>[];
  }

  /** Acks as they came: `stream received/stored`. */
  get acks(): string[] {
    return this.of("eventAck").map(({ stream, received, stored }) => `${stream} ${received}/${stored}`);
  }

  /** Errors as they came: `stream code`. */
  get errors(): string[] {
    return this.of("error").map(({ stream, code }) => `${stream} ${code}`);
  }
}
