import { crc32 } from "node:zlib";
import { FrameDecoder } from "../../lib/framing/frame_decoder.ts";
import { type Clock, sleep } from "../../lib/platform/clock.ts";
import type { Connection, Network } from "../../lib/platform/network.ts";
import { decodeMessage, encodeMessage } from "../../lib/protocol/codec.ts";
import type { FrameData, FrameOffer, FramesDropped, Message, OpenSource } from "../../lib/protocol/message.ts";
import { isPictureIntact } from "../../lib/protocol/picture_frame.ts";

/** A frame that came, of which run, on which connection (from 0). */
export interface SunkFrame {
  readonly connection: number;
  readonly run: string;
  readonly source: string;
  readonly sequence: number;
  readonly name: string | null;
  readonly crc32: number;
  readonly bytes: number;
  /** Wall clock of arrival less that of capture, ms. */
  readonly ageMs: number;
}

/** How a {@linkcode FrameSink} behaves; all may be changed while it runs. */
export interface SinkOptions {
  /** Frames which may be sent and not stored. */
  window: number;
  /** Frames of one commit; what is not committed is forgotten with its connection. */
  commitFrames: number;
  /** How long a frame waits for its commit at most, ms. */
  commitMs: number;
  /** What is read of a connection, bytes a second. */
  bytesPerSecond: number;
  /** Largest picture. */
  frameBytesMax: number;
  /** Whether frames get a result. */
  hasResults: boolean;
  /** Pictures that are there before anything is sent: name and CRC-32. */
  held: Map<string, number>;
  /** Called with each message before it is handled: true swallows it. */
  onMessage: (message: Message, reply: (message: Message) => Promise<void>, connection: Connection) => boolean;
}

interface Stream {
  readonly open: OpenSource;
  readonly base: number;
  pending: SunkFrame[];
  frames: number;
  through: number;
  credit: number;
  cancelTimer: () => void;
}

const ADDRESS = { hostname: "server.test", port: 1 };

/** The server's side of sources, by hand: keeps what it "committed" over connections, and notes what breaks a rule. */
export class FrameSink {
  readonly options: SinkOptions;
  /** What is durable, in the order of commits. */
  readonly stored: SunkFrame[] = [];
  /** Everything that came. */
  readonly arrived: SunkFrame[] = [];
  readonly drops: FramesDropped[] = [];
  readonly opened: (OpenSource & { connection: number; stored: number })[] = [];
  readonly offers: FrameOffer[] = [];
  readonly ended: { source: string; sequence: number }[] = [];
  readonly goodbyes: string[] = [];
  readonly errors: string[] = [];
  readonly violations: string[] = [];
  readonly #clock: Clock;
  #connections = 0;

  constructor(network: Network, clock: Clock, options: Partial<SinkOptions> = {}) {
    this.#clock = clock;
    this.options = {
      window: 64,
      commitFrames: 1,
      commitMs: 5,
      bytesPerSecond: Infinity,
      frameBytesMax: 4 << 20,
      hasResults: true,
      held: new Map(),
      onMessage: () => false,
      ...options,
    };
    const listener = network.listen(ADDRESS);
    const serve = async () => {
      for (;;) this.#serve(await listener.accept(), this.#connections++).catch(() => {});
    };
    serve().catch(() => {});
  }

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
        // A slow link: a hundredth of a second at a time.
        const room = bytesPerSecond === Infinity
          ? decoder.room()
          : decoder.room().subarray(0, Math.ceil(bytesPerSecond / 100));
        const count = await connection.read(room);
        if (count === null) break;
        if (bytesPerSecond !== Infinity) await sleep(this.#clock, count * 1000 / bytesPerSecond);
        decoder.filled(count);
        for (let bytes = decoder.next(); bytes !== undefined; bytes = decoder.next()) {
          const message = decodeMessage(bytes);
          if (!this.options.onMessage(message, reply, connection)) await this.#handle(message, streams, index, reply);
        }
      }
    } finally {
      for (const stream of streams.values()) stream.cancelTimer();
      connection.close();
    }
  }

  async #handle(
    message: Message,
    streams: Map<number, Stream>,
    connection: number,
    reply: (message: Message) => Promise<void>,
  ): Promise<void> {
    switch (message.kind) {
      case "hello":
        return await reply(welcome());
      case "ping":
        return await reply({ kind: "pong", nonce: message.nonce, unixMs: this.#clock.wallMs() });
      case "goodbye":
        this.goodbyes.push(message.reason);
        return await reply({ kind: "goodbye", reason: "" });
      case "error":
        return void this.errors.push(message.code);
      case "openSource": {
        const base = this.#storedOf(message.run);
        this.opened.push({ ...message, connection, stored: base });
        const credit = this.options.window;
        const rest = { pending: [], frames: 0, through: base, credit, cancelTimer: () => {} };
        streams.set(message.stream, { open: message, base, ...rest });
        const holdsNamed = message.named &&
          (this.options.held.size > 0 || this.stored.some(({ source }) => source === message.source));
        const { stream } = message;
        return await reply({
          kind: "sourceAccepted",
          stream,
          stored: base,
          credit,
          frameBytesMax: this.options.frameBytesMax,
          holdsNamed,
        });
      }
      case "frameOffer": {
        this.offers.push(message);
        if (message.frames.length > 256) this.violations.push(`offer of ${message.frames.length}`);
        const sequences = message.frames.filter((frame) => this.options.held.get(frame.name) === frame.crc32)
          .map(({ sequence }) => sequence);
        return await reply({ kind: "framesHeld", stream: message.stream, sequences });
      }
      case "framesDropped":
        return void this.drops.push(message);
      case "frameData":
        return await this.#frame(message, streams.get(message.stream)!, connection, reply);
      case "endSource": {
        const stream = streams.get(message.stream)!;
        await this.#commit(message.stream, stream, reply);
        this.ended.push({ source: stream.open.source, sequence: message.sequence });
        streams.delete(message.stream);
        const { frames } = stream;
        return await reply({ kind: "sourceEnded", stream: message.stream, storedFrames: frames, analysedFrames: 0 });
      }
    }
  }

  async #frame(
    message: FrameData,
    stream: Stream,
    connection: number,
    reply: (message: Message) => Promise<void>,
  ): Promise<void> {
    const { run, source } = stream.open;
    const frame = {
      ...{ connection, run, source, sequence: message.sequence, name: message.name },
      ...{ crc32: crc32(message.jpeg), bytes: message.jpeg.length, ageMs: this.#clock.wallMs() - message.capturedMs },
    };
    this.arrived.push(frame);
    if (!isPictureIntact(message)) this.violations.push(`frame ${message.sequence} is damaged`);
    if (message.sequence <= stream.through) this.violations.push(`frame ${message.sequence} behind ${stream.through}`);
    if (++stream.frames > stream.credit) this.violations.push(`frame ${message.sequence} above credit`);
    stream.through = message.sequence;
    stream.pending.push(frame);
    if (stream.pending.length >= this.options.commitFrames) return await this.#commit(message.stream, stream, reply);
    await reply(this.#ack(message.stream, stream, []));
    stream.cancelTimer();
    stream.cancelTimer = this.#clock.timer(
      this.options.commitMs,
      () => void this.#commit(message.stream, stream, reply).catch(() => {}),
    );
  }

  async #commit(number: number, stream: Stream, reply: (message: Message) => Promise<void>): Promise<void> {
    stream.cancelTimer();
    const frames = stream.pending;
    stream.pending = [];
    this.stored.push(...frames);
    const results = this.options.hasResults
      ? frames.map(({ sequence }) => ({ sequence, json: `{"result":"ok","n":${sequence}}` }))
      : [];
    stream.credit = stream.frames + this.options.window;
    await reply(this.#ack(number, stream, results));
  }

  #ack(number: number, stream: Stream, results: { sequence: number; json: string }[]): Message {
    const stored = Math.max(stream.base, this.#storedOf(stream.open.run));
    const { through, credit } = stream;
    return { kind: "frameAck", stream: number, received: through, stored, unrecorded: 0, credit, results };
  }

  #storedOf(run: string): number {
    return this.stored.findLast((frame) => frame.run === run)?.sequence ?? 0;
  }
}

function welcome(): Message {
  return {
    ...{ kind: "welcome", protocolVersion: 1, software: "sink", unixMs: 0, messageBytesMax: 5 << 20 },
    ...{ chunkBytesMax: 512 << 10, windowBytes: 32 << 20, pingIntervalMs: 5_000, streamsMax: 32, httpUrl: "" },
    unfinished: [],
  };
}
