/** One connection of a box, server side: Hello and Welcome, then its clips. */
import { LIMITS } from "../config/limits.ts";
import { SOFTWARE } from "../config/version.ts";
import { ClipReceiver } from "../clips/clip_receiver.ts";
import { FramewireError } from "../errors.ts";
import { errorFields, type Log } from "../log.ts";
import type { Clock } from "../platform/clock.ts";
import type { Connection } from "../platform/network.ts";
import { type Hello, type Message, PROTOCOL_VERSION } from "../protocol/message.ts";
import { totalBytes } from "../protocol/ranges.ts";
import type { CloseReason } from "../session/close_reason.ts";
import { Session } from "../session/session.ts";
import type { ClipStore } from "../store/clip_store.ts";
import { checkHello } from "./credentials.ts";
import type { DeviceTable } from "./device_table.ts";
import type { TokenRule } from "./serve_options.ts";

export interface BoxConnectionOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: ClipStore;
  readonly devices: DeviceTable;
  readonly tokens: readonly TokenRule[];
  /** Address of the page; empty when there is none. */
  readonly httpUrl: () => string;
  /** Called once Hello was good: it is no stranger any more. */
  readonly welcomed: () => void;
  /** Called with the outcome of each clip. */
  readonly clipEnded: (stored: boolean) => void;
}

export class BoxConnection {
  readonly #options: BoxConnectionOptions;
  readonly #session: Session;
  #device = "";
  #receiver: ClipReceiver | undefined;
  #left = () => {};

  constructor(options: BoxConnectionOptions) {
    this.#options = options;
    this.#session = new Session("server", options.connection, options.clock);
  }

  /** Serves it until it ends. Never rejects. */
  async run(): Promise<CloseReason> {
    const { log } = this.#options;
    const reason = await this.#session.run({ receive: (message) => this.#receive(message) });
    this.#left();
    await this.#receiver?.close();
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
      case "closeStream":
        return this.#receiver!.receive(message);
      case "goodbye":
        return this.#session.finish("Goodbye");
    }
  }

  #greet(hello: Hello): void {
    const { clock, log, store, devices, tokens, httpUrl, welcomed } = this.#options;
    checkHello(hello, tokens);
    welcomed();
    const { device, software } = hello;
    this.#device = device;
    this.#left = devices.arrived(device, this.#session.remote, software);
    this.#receiver = new ClipReceiver({
      device,
      store,
      clock,
      send: (message) => this.#session.send(message),
      cut: (error) => this.#session.cut(error),
      clipUrl: (id) => httpUrl() === "" ? "" : `${httpUrl()}/#${id}`,
      ended: (name, outcome) => this.#clipEnded(name, outcome),
    });
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
      httpUrl: httpUrl(),
      unfinished: unfinished.map(({ id, name, bytes, held }) => ({
        clipId: id,
        name,
        bytes,
        storedBytes: totalBytes(held),
      })),
    });
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
