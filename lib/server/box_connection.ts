/** One connection of a box, server side: Hello and Welcome, then its clips, sources and feeds. */
import { LIMITS } from "../config/limits.ts";
import { SOFTWARE } from "../config/version.ts";
import { ClipReceiver } from "../clips/clip_receiver.ts";
import { FramewireError } from "../errors.ts";
import type { EventCounts } from "../events/event_counts.ts";
import { FeedReceiver, type FeedReceiverOptions } from "../events/feed_receiver.ts";
import type { FrameCounts } from "../frames/frame_counts.ts";
import { FrameReceiver, type FrameReceiverOptions } from "../frames/frame_receiver.ts";
import { errorFields, type Log } from "../log.ts";
import type { Clock } from "../platform/clock.ts";
import type { Connection } from "../platform/network.ts";
import { type Hello, type Message, type OpenFeed, type OpenSource, PROTOCOL_VERSION } from "../protocol/message.ts";
import { totalBytes } from "../protocol/ranges.ts";
import { StreamNumbers } from "../protocol/stream_numbers.ts";
import type { CloseReason } from "../session/close_reason.ts";
import type { FairTurns } from "../session/fair_turns.ts";
import { Session } from "../session/session.ts";
import type { ClipStore } from "../store/clip_store.ts";
import { checkHello } from "./credentials.ts";
import type { DeviceTable, SeenConnection } from "./device_table.ts";
import type { TokenRule } from "./serve_options.ts";

export interface BoxConnectionOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  /** Shared by all connections. */
  readonly turns: FairTurns;
  readonly log: Log;
  readonly store: ClipStore;
  readonly devices: DeviceTable;
  readonly tokens: readonly TokenRule[];
  /** Address of the page for a box that has reached us at this address; empty when there is none. */
  readonly httpUrl: (reached: string | undefined) => string;
  /** Called once Hello was good: it is no stranger any more. */
  readonly welcomed: () => void;
  /** Called with the outcome of each clip. */
  readonly clipEnded: (stored: boolean) => void;
  readonly frames: Pick<FrameReceiverOptions, "recorder" | "outlets" | "record" | "totals">;
  readonly events: Pick<FeedReceiverOptions, "recorder" | "watcher" | "totals">;
}

/** What all receivers do. */
type Receiver = ClipReceiver | FrameReceiver | FeedReceiver;

export class BoxConnection {
  readonly #options: BoxConnectionOptions;
  readonly #session: Session;
  #device = "";
  #clips: ClipReceiver | undefined;
  #frames: FrameReceiver | undefined;
  #feeds: FeedReceiver | undefined;
  #seen: SeenConnection | undefined;

  constructor(options: BoxConnectionOptions) {
    this.#options = options;
    this.#session = new Session("server", options.connection, options.clock, options.turns);
  }

  /** Serves it until it ends. Never rejects. */
  async run(): Promise<CloseReason> {
    const { log } = this.#options;
    const reason = await this.#session.run({ receive: (message) => this.#receive(message) });
    this.#seen?.left();
    await Promise.all([this.#clips?.close(), this.#frames?.close(), this.#feeds?.close()]);
    const fields = { device: this.#device, from: this.#session.remote, how: reason.word };
    const level = reason.word === "cut" ? "warn" : "info";
    log(level, "Connection ended", reason.error === null ? fields : { ...fields, ...errorFields(reason.error) });
    return reason;
  }

  /** Ends it; the box is told why. */
  cut(error: FramewireError): void {
    this.#session.cut(error);
  }

  #receive(message: Message): Promise<void> | void {
    switch (message.kind) {
      case "hello":
        return this.#greet(message);
      case "openClip":
      case "videoData":
        this.#checkKind(message, this.#frames!, this.#feeds!);
        return this.#clips!.receive(message);
      case "openSource":
      case "frameOffer":
      case "frameData":
      case "framesDropped":
      case "endSource":
        this.#checkKind(message, this.#clips!, this.#feeds!);
        return this.#frames!.receive(message);
      case "openFeed":
      case "eventData":
      case "endFeed":
        this.#checkKind(message, this.#clips!, this.#frames!);
        return this.#feeds!.receive(message);
      case "closeStream":
        return this.#ownerOf(message.stream).receive(message);
      case "boxStatus":
        return this.#seen!.tell(message);
      case "goodbye":
        return this.#session.finish("Goodbye");
    }
  }

  /** A stream is a clip, a source or a feed, for good. @throws {FramewireError} `UNEXPECTED_MESSAGE`. */
  #checkKind({ kind, stream }: { kind: Message["kind"]; stream: number }, ...others: Receiver[]): void {
    if (!others.some((other) => other.has(stream))) return;
    throw new FramewireError("UNEXPECTED_MESSAGE", `Cannot take ${kind} as stream ${stream} is of another kind`);
  }

  #ownerOf(stream: number): Receiver {
    if (this.#frames!.has(stream)) return this.#frames!;
    return this.#feeds!.has(stream) ? this.#feeds! : this.#clips!;
  }

  #greet(hello: Hello): void {
    const { clock, log, store, devices, tokens, httpUrl, welcomed } = this.#options;
    checkHello(hello, tokens);
    welcomed();
    const { device, software } = hello;
    this.#device = device;
    // Until the first pong it is wrong by the way of the Hello.
    const atHelloMs = hello.unixMs - clock.wallMs();
    const clockOffsetMs = () => this.#session.clockOffsetMs ?? atHelloMs;
    this.#seen = devices.arrived(device, this.#session.remote, software, clockOffsetMs);
    this.#makeReceivers(device, clockOffsetMs);
    this.#session.open(LIMITS.messageBytesMax, LIMITS.pingIntervalMs);
    log("info", "Box connected", { device, from: this.#session.remote, software });
    const unfinished = store.unfinishedOf(device).slice(0, LIMITS.unfinishedInWelcomeMax);
    this.#session.send({
      kind: "welcome",
      protocolVersion: PROTOCOL_VERSION,
      software: SOFTWARE,
      unixMs: clock.wallMs(),
      messageBytesMax: LIMITS.messageBytesMax,
      chunkBytesMax: LIMITS.chunkBytesMax,
      windowBytes: LIMITS.windowBytes,
      pingIntervalMs: LIMITS.pingIntervalMs,
      streamsMax: LIMITS.streamsPerConnectionMax,
      httpUrl: httpUrl(this.#session.local),
      unfinished: unfinished.map(({ id, name, bytes, held }) => ({
        clipId: id,
        name,
        bytes,
        storedBytes: totalBytes(held),
      })),
    });
  }

  #makeReceivers(device: string, clockOffsetMs: () => number): void {
    const { clock, store, frames, events } = this.#options;
    const httpUrl = this.#options.httpUrl(this.#session.local);
    const common = {
      ...{ device, clock, numbers: new StreamNumbers() },
      send: (message: Message) => this.#session.send(message),
      cut: (error: FramewireError) => this.#session.cut(error),
    };
    this.#clips = new ClipReceiver({
      ...common,
      store,
      clipUrl: (id) => httpUrl === "" ? "" : `${httpUrl}/#${id}`,
      ended: (name, outcome) => this.#clipEnded(name, outcome),
    });
    this.#frames = new FrameReceiver({
      ...common,
      ...frames,
      clockOffsetMs,
      hasRoom: () => this.#session.hasRoom,
      isAwaited: () => this.#session.isAwaited,
      opened: (opening) => this.#sourceOpened(opening),
      ended: (source, counts, error) => this.#sourceEnded(source, counts, error),
    });
    this.#feeds = new FeedReceiver({
      ...common,
      ...events,
      clockOffsetMs,
      opened: (opening) => this.#feedOpened(opening),
      ended: (opening, counts, error) => this.#feedEnded(opening, counts, error),
    });
  }

  #sourceOpened({ source, sourceKind: kind, policy }: OpenSource): void {
    this.#options.log("info", "Source opened", { device: this.#device, source, kind, policy });
  }

  #sourceEnded(source: string, counts: FrameCounts, error: FramewireError | null): void {
    const { received, stored, analysed, dropped } = counts;
    const drops = Object.entries(dropped).filter(([, count]) => count > 0);
    const fields = {
      ...{ device: this.#device, source, received, stored, analysed },
      ...Object.fromEntries(drops.map(([reason, count]) => [`dropped-${reason}`, count])),
    };
    if (error === null) this.#options.log("info", "Source ended", fields);
    else this.#options.log("warn", "Source ended", { ...fields, ...errorFields(error) });
  }

  #feedOpened({ feed, run, late }: OpenFeed): void {
    this.#options.log("info", "Feed opened", { device: this.#device, feed, run, late });
  }

  #feedEnded({ feed, late }: OpenFeed, counts: EventCounts, error: FramewireError | null): void {
    const { received, stored, duplicates } = counts;
    const fields = { device: this.#device, feed, late, received, stored, duplicates };
    if (error === null) this.#options.log("info", "Feed ended", fields);
    else this.#options.log("warn", "Feed ended", { ...fields, ...errorFields(error) });
  }

  #clipEnded(name: string, outcome: FramewireError | { bytes: number | null; storedName: string }): void {
    const { log, clipEnded } = this.#options;
    const stored = !(outcome instanceof FramewireError);
    clipEnded(stored);
    const device = this.#device;
    if (stored) log("info", "Clip stored", { device, clip: name, as: outcome.storedName, bytes: outcome.bytes });
    else log("warn", "Clip not stored", { device, clip: name, ...errorFields(outcome) });
  }
}
