import { crc32 } from "node:zlib";
import type { Clock } from "../../lib/platform/clock.ts";
import type { Network } from "../../lib/platform/network.ts";
import type { FrameData, FrameOffer, FramesDropped, Message, OpenSource } from "../../lib/protocol/message.ts";
import { isPictureIntact } from "../../lib/protocol/picture_frame.ts";
import { type Reply, SINK_DEFAULTS, SinkServer, type SinkServerOptions } from "./sink_server.ts";

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
export interface SinkOptions extends SinkServerOptions {
  /** Frames which may be sent and not stored. */
  window: number;
  /** Frames of one commit; what is not committed is forgotten with its connection. */
  commitFrames: number;
  /** How long a frame waits for its commit at most, ms. */
  commitMs: number;
  /** Largest picture. */
  frameBytesMax: number;
  /** Whether frames get a result. */
  hasResults: boolean;
  /** What it says that every frame is answered with. */
  commonResult: string;
  /** Pictures that are there before anything is sent: name and CRC-32. */
  held: Map<string, number>;
}

interface Stream {
  readonly open: OpenSource;
  readonly base: number;
  pending: SunkFrame[];
  frames: number;
  through: number;
  /** The last number of those that were told as dropped. */
  dropped: number;
  credit: number;
  cancelTimer: () => void;
}

/** The server's side of sources, by hand: keeps what it "committed" over connections, and notes what breaks a rule. */
export class FrameSink extends SinkServer<Stream> {
  override readonly options: SinkOptions;
  /** What is durable, in the order of commits. */
  readonly stored: SunkFrame[] = [];
  /** Everything that came. */
  readonly arrived: SunkFrame[] = [];
  readonly drops: FramesDropped[] = [];
  readonly opened: (OpenSource & { connection: number; stored: number })[] = [];
  readonly offers: FrameOffer[] = [];
  readonly ended: { source: string; sequence: number }[] = [];

  constructor(network: Network, clock: Clock, options: Partial<SinkOptions> = {}) {
    super(network, clock);
    this.options = {
      ...SINK_DEFAULTS,
      window: 64,
      commitFrames: 1,
      commitMs: 5,
      frameBytesMax: 4 << 20,
      hasResults: true,
      commonResult: "",
      held: new Map(),
      ...options,
    };
  }

  protected override async handle(
    message: Message,
    streams: Map<number, Stream>,
    connection: number,
    reply: Reply,
  ): Promise<void> {
    switch (message.kind) {
      case "openSource": {
        const base = this.#storedOf(message.run);
        this.opened.push({ ...message, connection, stored: base });
        const credit = this.options.window;
        const rest = { pending: [], frames: 0, through: base, dropped: 0, credit, cancelTimer: () => {} };
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
          commonResult: this.options.commonResult,
        });
      }
      case "frameOffer": {
        this.offers.push(message);
        if (message.frames.length > 256) this.violations.push(`offer of ${message.frames.length}`);
        const sequences = message.frames.filter((frame) => this.options.held.get(frame.name) === frame.crc32)
          .map(({ sequence }) => sequence);
        return await reply({ kind: "framesHeld", stream: message.stream, sequences });
      }
      case "framesDropped": {
        const stream = streams.get(message.stream)!;
        stream.dropped = Math.max(stream.dropped, message.firstSequence + message.count - 1);
        return void this.drops.push(message);
      }
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
    reply: Reply,
  ): Promise<void> {
    const { run, source } = stream.open;
    const frame = {
      ...{ connection, run, source, sequence: message.sequence, name: message.name },
      ...{ crc32: crc32(message.jpeg), bytes: message.jpeg.length, ageMs: this.clock.wallMs() - message.capturedMs },
    };
    this.arrived.push(frame);
    if (!isPictureIntact(message)) this.violations.push(`frame ${message.sequence} is damaged`);
    const last = Math.max(stream.through, stream.dropped);
    if (message.sequence <= last) this.violations.push(`frame ${message.sequence} behind ${last}`);
    if (++stream.frames > stream.credit) this.violations.push(`frame ${message.sequence} above credit`);
    stream.through = message.sequence;
    stream.pending.push(frame);
    if (stream.pending.length >= this.options.commitFrames) return await this.#commit(message.stream, stream, reply);
    await reply(this.#ack(message.stream, stream, []));
    stream.cancelTimer();
    stream.cancelTimer = this.clock.timer(
      this.options.commitMs,
      () => void this.#commit(message.stream, stream, reply).catch(() => {}),
    );
  }

  async #commit(number: number, stream: Stream, reply: Reply): Promise<void> {
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
