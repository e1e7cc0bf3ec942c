import { FrameDecoder } from "../../lib/framing/frame_decoder.ts";
import { type Clock, sleep } from "../../lib/platform/clock.ts";
import type { Connection, Network } from "../../lib/platform/network.ts";
import { decodeMessage, encodeMessage } from "../../lib/protocol/codec.ts";
import type { Message } from "../../lib/protocol/message.ts";

/** Sends a message to the box. */
export type Reply = (message: Message) => Promise<void>;

/** How connections behave; all may be changed while the server runs. */
export interface SinkServerOptions {
  /** What is read of a connection, bytes a second. */
  bytesPerSecond: number;
  /** Streams which a box may have open. */
  streamsMax: number;
  /** Called with each message before it is handled: true swallows it. */
  onMessage: (message: Message, reply: Reply, connection: Connection) => boolean;
}

/** What each server by hand does unless it is told otherwise. */
export const SINK_DEFAULTS: SinkServerOptions = { bytesPerSecond: Infinity, streamsMax: 32, onMessage: () => false };

const ADDRESS = { hostname: "server.test", port: 1 };
/** Of a slow link so much of a second is read at a time. */
const SLOW_READ = 1 / 200;

/** A server by hand, without what it does with its streams: connections, greetings, and what went wrong. */
export abstract class SinkServer<Stream extends { cancelTimer: () => void }> {
  abstract readonly options: SinkServerOptions;
  readonly goodbyes: string[] = [];
  readonly errors: string[] = [];
  readonly violations: string[] = [];
  protected readonly clock: Clock;
  #connections = 0;

  constructor(network: Network, clock: Clock) {
    this.clock = clock;
    const listener = network.listen(ADDRESS);
    const serve = async () => {
      for (;;) this.#serve(await listener.accept(), this.#connections++).catch(() => {});
    };
    serve().catch(() => {});
  }

  /** Answers a message about streams. `connection`: its number, from 0. */
  protected abstract handle(
    message: Message,
    streams: Map<number, Stream>,
    connection: number,
    reply: Reply,
  ): Promise<void>;

  async #serve(connection: Connection, index: number): Promise<void> {
    const decoder = new FrameDecoder(8 * 1024 * 1024);
    const streams = new Map<number, Stream>();
    const reply = async (message: Message) => {
      const bytes = encodeMessage(message);
      for (let done = 0; done < bytes.length;) done += await connection.write(bytes.subarray(done));
    };
    try {
      while (true) {
        const { bytesPerSecond } = this.options;
        const isSlow = bytesPerSecond !== Infinity;
        const room = isSlow ? decoder.room().subarray(0, Math.ceil(bytesPerSecond * SLOW_READ)) : decoder.room();
        const count = await connection.read(room);
        if (count === null) break;
        if (isSlow) await sleep(this.clock, count * 1000 / bytesPerSecond);
        decoder.filled(count);
        for (let bytes = decoder.next(); bytes !== undefined; bytes = decoder.next()) {
          const message = decodeMessage(bytes);
          if (this.options.onMessage(message, reply, connection)) continue;
          if (!await this.#greet(message, reply)) await this.handle(message, streams, index, reply);
        }
      }
    } finally {
      for (const stream of streams.values()) stream.cancelTimer();
      connection.close();
    }
  }

  /** Answers what is said in every session; false when it is something else. */
  async #greet(message: Message, reply: Reply): Promise<boolean> {
    switch (message.kind) {
      case "hello":
        await reply(welcome(this.options.streamsMax));
        return true;
      case "ping":
        await reply({ kind: "pong", nonce: message.nonce, unixMs: this.clock.wallMs() });
        return true;
      case "goodbye":
        this.goodbyes.push(message.reason);
        await reply({ kind: "goodbye", reason: "" });
        return true;
      case "error":
        this.errors.push(message.code);
        return true;
      default:
        return false;
    }
  }
}

function welcome(streamsMax: number): Message {
  return {
    ...{ kind: "welcome", protocolVersion: 1, software: "sink", unixMs: 0, messageBytesMax: 5 << 20 },
    ...{ chunkBytesMax: 512 << 10, windowBytes: 32 << 20, pingIntervalMs: 5_000, streamsMax, httpUrl: "" },
    unfinished: [],
  };
}
