import { LIMITS } from "../../lib/config/limits.ts";
import { FrameCounts } from "../../lib/frames/frame_counts.ts";
import type { FrameOutlets } from "../../lib/frames/frame_outlets.ts";
import type { RecordPolicy } from "../../lib/frames/record_policy.ts";
import type { LogFields } from "../../lib/log.ts";
import type { AnalysisResult, Frame, Verdict } from "../../lib/protocol/frame.ts";
import type { FrameAck, FrameData, Message, MessageKind, OpenSource } from "../../lib/protocol/message.ts";
import { framePicture } from "../../lib/protocol/picture_frame.ts";
import { BoxListener } from "../../lib/server/box_listener.ts";
import { DeviceTable } from "../../lib/server/device_table.ts";
import { noEvents } from "./made_up_event_recorder.ts";
import { MadeUpRecorder } from "./made_up_recorder.ts";
import { MemoryNetwork } from "./memory_network.ts";
import { RawPeer } from "./session_pair.ts";
import { StoreFixture } from "./store_fixture.ts";

const ADDRESS = { hostname: "server.test", port: 1 };

/** As far as the receiving side looks: the first two bytes. */
export function jpegOf(bytes: number, fill = 7): Uint8Array<ArrayBuffer> {
  const jpeg = new Uint8Array(bytes).fill(fill);
  jpeg.set([0xff, 0xd8]);
  return jpeg;
}

export function resultOf(result: Verdict = "ok"): AnalysisResult {
  return { result, reasons: [], boxes: [], measures: {}, tookMs: 1 };
}

/** A frame which the analysis was given. */
export interface Question {
  readonly frame: Frame;
  readonly patient: boolean;
  readonly answer: (result: AnalysisResult) => void;
}

/** A server without disk and analysis of its own, and boxes by hand, in made-up time. */
export class FrameFixture {
  readonly fixture = new StoreFixture();
  readonly clock = this.fixture.clock;
  readonly recorder = new MadeUpRecorder();
  readonly totals = new FrameCounts();
  /** What the live view was told, in order. */
  readonly live: string[] = [];
  readonly frames: Frame[] = [];
  readonly questions: Question[] = [];
  readonly logged: { text: string; fields: LogFields }[] = [];
  /** Answers each frame by itself; undefined: by hand. */
  answer: ((frame: Frame) => AnalysisResult) | undefined = () => resultOf();
  /** The result of every frame, when nobody analyses them. */
  commonResult: AnalysisResult | null = null;
  /** Of connections made from now on: `Connection.sendsAtOnce`. */
  sendsAtOnce = false;
  readonly #network = new MemoryNetwork({ clock: this.clock, bufferBytes: 16 * 1024 * 1024 });
  readonly #listener: BoxListener;

  private constructor(record: RecordPolicy) {
    const { clock, recorder, totals } = this;
    this.#network.onLink = (link) => link.sendsAtOnce = this.sendsAtOnce;
    this.#listener = new BoxListener(this.#network, {
      clock,
      log: (_level, text, fields = {}) => this.logged.push({ text, fields }),
      store: this.fixture.store,
      devices: new DeviceTable(clock),
      tokens: [],
      httpUrl: () => "",
      clipEnded: () => {},
      frames: { recorder, totals, outlets: this.#outlets(), record },
      events: noEvents(),
    });
  }

  static async start(record: RecordPolicy = { kind: "all" }): Promise<FrameFixture> {
    const fixture = new FrameFixture(record);
    await fixture.fixture.store.start();
    fixture.#listener.start(ADDRESS);
    return fixture;
  }

  /** A box which has been welcomed. `wallMs`: what its clock says. */
  async box(options: { device?: string; wallMs?: number } = {}): Promise<FrameBox> {
    const { device = "box", wallMs = this.clock.wallMs() } = options;
    const box = new FrameBox(await this.#network.connect(ADDRESS), this);
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

  #outlets(): FrameOutlets {
    const commonResult = () => this.commonResult;
    return {
      get commonResult() {
        return commonResult();
      },
      open: ({ source }) => ({
        publish: (frame) => {
          this.frames.push(frame);
          this.live.push(`${source} ${frame.sequence}`);
        },
        publishResult: (_run, sequence, { result }) => this.live.push(`${source} ${sequence} ${result}`),
        publishStored: (_run, sequence, id) => this.live.push(`${source} ${sequence} #${id}`),
        publishDrop: (reason, count) => this.live.push(`${source} dropped ${count} ${reason}`),
        close: (reason) => this.live.push(`${source} ${reason}`),
      }),
      analyse: (frame, patient) => {
        if (this.answer !== undefined) return Promise.resolve(this.answer(frame));
        return new Promise((answer) => this.questions.push({ frame, patient, answer }));
      },
    };
  }
}

/** A box by hand which knows how to send frames. */
export class FrameBox extends RawPeer {
  reading: Promise<void> = Promise.resolve();
  readonly #fixture: FrameFixture;

  constructor(connection: ConstructorParameters<typeof RawPeer>[0], fixture: FrameFixture) {
    super(connection);
    this.#fixture = fixture;
  }

  async open(stream: number, source: string, more: Partial<OpenSource> = {}): Promise<void> {
    const rest = { sourceKind: "visible", policy: "latest", named: false, run: "run-1" } as const;
    await this.send({ kind: "openSource", stream, source, ...rest, ...more });
    await this.#fixture.clock.advance(0);
  }

  /** Sends a frame; `damaged`: its last byte is another than its checksum says. */
  async frame(stream: number, sequence: number, more: Partial<FrameData> & { damaged?: boolean } = {}): Promise<void> {
    const { jpeg = jpegOf(100), capturedMs = this.#fixture.clock.wallMs(), name = null, damaged = false } = more;
    const bytes = framePicture({ stream, sequence, capturedMs, name }, jpeg);
    if (damaged) bytes[bytes.length - 1]! ^= 1;
    await this.sendBytes(bytes);
  }

  /** Sends frames in one write. */
  async frames(stream: number, first: number, last: number): Promise<void> {
    const capturedMs = this.#fixture.clock.wallMs();
    const bytes: number[] = [];
    for (let sequence = first; sequence <= last; sequence++) {
      bytes.push(...framePicture({ stream, sequence, capturedMs, name: null }, jpegOf(100)));
    }
    await this.sendBytes(Uint8Array.from(bytes));
  }

  async framesUpTo(stream: number, first: number, last: number): Promise<void> {
    for (let sequence = first; sequence <= last; sequence++) await this.frame(stream, sequence);
    await this.#fixture.settle();
  }

  of<K extends MessageKind>(kind: K): Extract<Message, { kind: K }>[] {
    return this.received.filter((message) => message.kind === kind) as Extract<Message, { kind: K }>[];
  }

  get acks(): FrameAck[] {
    return this.of("frameAck");
  }

  get lastAck(): FrameAck | undefined {
    return this.acks.at(-1);
  }

  /** Results as they came: `sequence verdict`. */
  get results(): string[] {
    return this.acks.flatMap(({ results }) => results).map(({ sequence, json }) =>
      `${sequence} ${JSON.parse(json).result}`
    );
  }

  /** Errors as they came: `stream code`. */
  get errors(): string[] {
    return this.of("error").map(({ stream, code }) => `${stream} ${code}`);
  }
}
