/** A clip on one connection, sending side: asks, compares, sends what is missing, ends, waits until it is stored. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import { CHUNK_HEAD_BYTES, endOfClip, frameChunk } from "../protocol/chunk_frame.ts";
import { encodeMessage } from "../protocol/codec.ts";
import type { LinkPacer } from "../protocol/link_pacer.ts";
import type {
  Ack,
  ClipAccepted,
  ClipOffer,
  ErrorMessage,
  Message,
  OpenClip,
  Resend,
  UnfinishedClip,
} from "../protocol/message.ts";
import type { ByteRange } from "../protocol/ranges.ts";
import { mayReceiveOnStream, type StreamState } from "../protocol/session_rules.ts";
import { closeReasonOf } from "../session/close_reason.ts";
import type { FrameSource, OutgoingFrame } from "../session/frame_writer.ts";
import { errorFromPeer } from "../session/peer_error.ts";
import type { ClipJob } from "./clip_job.ts";
import type { ClipSource } from "./clip_source.ts";

/** What an upload needs of its connection. */
export interface UploadLink {
  readonly clock: Clock;
  readonly pacer: LinkPacer;
  /** Of the server's Welcome, bytes. */
  readonly chunkBytesMax: number;
  readonly windowBytes: number;
  /** What the server held of this device when it welcomed us. */
  readonly unfinished: readonly UnfinishedClip[];
  send(message: Message): void;
  /** Says that a frame may be ready. */
  wake(): void;
  /** The next stream number, which is `upload`'s from now on; the server takes them in rising order only. */
  number(upload: ClipUpload): number;
  /** The upload has ended on this connection, well (no error) or not. */
  ended(upload: ClipUpload, error: FramewireError | null): void;
}

/** Chunks which are read ahead of the connection. */
const READY_MAX = 3;

interface ReadyFrame {
  readonly bytes: Uint8Array;
  readonly payloadBytes: number;
  readonly buffer: Uint8Array | null;
}

export class ClipUpload implements FrameSource {
  readonly lane = "clips";
  readonly job: ClipJob;
  readonly #link: UploadLink;
  readonly #abort = new AbortController();
  #stream = 0;
  #state: StreamState = "opening";
  /** Whether the server knows of the stream. */
  #asked = false;
  #source: ClipSource | undefined;
  #plan: ByteRange[] = [];
  #ready: ReadyFrame[] = [];
  #buffers: Uint8Array[] = [];
  #filling = false;
  #endQueued = false;
  #sha256 = "";
  #sent = 0;
  #received = 0;
  #stored = 0;
  /** What was sent of a pipe, to know from which offset on it must be kept. */
  #firstOffset = 0;
  #forgotten = 0;
  #damaged = false;
  /** End of what was read so far. */
  #reach = 0;
  #fillAgain = false;
  #cancelEndTimer = () => {};

  constructor(job: ClipJob, link: UploadLink) {
    this.job = job;
    this.#link = link;
  }

  /** Number of its stream; 0 before the server was asked. */
  get stream(): number {
    return this.#stream;
  }

  /** Asks the server. */
  start(): void {
    this.#run(async () => {
      this.#source = await this.job.source();
      if (this.#abort.signal.aborted) return;
      this.#compareSize(this.#source);
      // Not before: whose file opens first asks first.
      this.#stream = this.#link.number(this);
      this.#open({ sha256: null, resumeClipId: this.job.clipId, fresh: false });
    });
  }

  #compareSize({ name, bytes }: ClipSource): void {
    const held = this.#link.unfinished.find((clip) =>
      clip.name === name && clip.bytes !== null && clip.bytes !== bytes
    );
    if (held === undefined || this.job.clipId !== null || bytes === null) return;
    this.job.note(
      `The file has changed: it has ${bytes} bytes, and had ${held.bytes} when it was sent before; starting anew`,
    );
  }

  /** The connection is gone, or the program stops. */
  stop(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#cancelEndTimer();
    this.#link.pacer.forget(this.#sent - this.#received);
  }

  /** Nobody wants it sent any more. What the server holds is kept there, for another time. */
  cancel(): void {
    if (this.#abort.signal.aborted) return;
    if (this.#asked) {
      this.#link.send({ kind: "closeStream", stream: this.stream, discard: false, reason: "The box took it back" });
    }
    this.stop();
  }

  /** Takes a message of this stream. @throws {FramewireError} `UNEXPECTED_MESSAGE`. */
  receive(message: ClipOffer | ClipAccepted | Ack | Resend | ErrorMessage): void {
    if (!mayReceiveOnStream("box", this.#state, message.kind)) {
      throw new FramewireError(
        "UNEXPECTED_MESSAGE",
        `Cannot take ${message.kind} as stream ${this.stream} is ${this.#state}`,
      );
    }
    switch (message.kind) {
      case "clipOffer":
        this.#state = "deciding";
        return this.#run(() => this.#decide(message));
      case "clipAccepted":
        return this.#run(() => this.#accepted(message));
      case "ack":
        return this.#acknowledged(message);
      case "resend":
        return this.#resend(message);
      case "error":
        return this.#fail(errorFromPeer(message));
    }
  }

  poll(): OutgoingFrame | undefined {
    const next = this.#ready[0];
    if (next === undefined || this.#abort.signal.aborted) return undefined;
    const { clock, pacer, windowBytes } = this.#link;
    if (this.#sent - this.#stored + next.payloadBytes > windowBytes) return undefined;
    const nowMs = clock.now();
    const isPaced = pacer.inFlight > 0 && pacer.inFlight + next.payloadBytes > pacer.inFlightMax(nowMs);
    if (isPaced && next.payloadBytes > 0) return undefined;
    this.#ready.shift();
    this.#sent += next.payloadBytes;
    this.job.sentBytes += next.payloadBytes;
    if (next.payloadBytes > 0) pacer.send(next.payloadBytes, nowMs);
    return {
      bytes: next.bytes,
      written: () => {
        if (next.buffer !== null) this.#buffers.push(next.buffer);
        if (this.#state === "ended") this.#expectAnswer();
        this.#fill();
      },
    };
  }

  #open(choice: Pick<OpenClip, "sha256" | "resumeClipId" | "fresh">): void {
    const { name, bytes, modifiedMs } = this.#source!;
    this.#state = "opening";
    this.#asked = true;
    this.job.enter("checking");
    this.#link.send({ kind: "openClip", stream: this.stream, name, bytes, modifiedMs, ...choice });
  }

  async #decide(offer: ClipOffer): Promise<void> {
    const signal = this.#abort.signal;
    const bytes = this.#source!.bytes;
    const sha256 = offer.wantSha256 && bytes !== null ? await this.job.hashWhole(bytes, signal) : null;
    const matches = offer.clipId !== null && await this.job.matches(offer.held, signal);
    if (signal.aborted) return;
    if (matches && sha256 === null) return this.#open({ sha256, resumeClipId: offer.clipId, fresh: false });
    if (offer.clipId !== null && !matches) {
      this.job.note("What the server holds of it is of another content, as the file has changed; starting anew");
    }
    // With a hash the server first looks whether it has the whole already.
    this.#open({ sha256, resumeClipId: null, fresh: offer.clipId !== null && !matches });
  }

  async #accepted(message: ClipAccepted): Promise<void> {
    this.job.accepted(message.clipId, message.held);
    const first = message.held[0];
    this.#firstOffset = first?.start === 0 ? first.end : 0;
    this.#forget(this.#firstOffset);
    this.#plan = [...await this.#source!.plan(message.held)];
    this.#state = "sending";
    this.#fill();
  }

  #acknowledged(message: Ack): void {
    const received = message.received - this.#received;
    const stored = message.stored - this.#stored;
    if (received < 0 || stored < 0 || message.received > this.#sent || message.stored > message.received) {
      throw new FramewireError(
        "INVALID_RANGE",
        `Cannot take ack as received must be from ${this.#received} to ${this.#sent}: received ${message.received}`,
      );
    }
    this.#received = message.received;
    this.#stored = message.stored;
    this.#link.pacer.acknowledge(received, this.#link.clock.now());
    if (received > 0) this.job.progressed(received);
    if (message.clipStored !== null) return this.#whole(message.clipStored);
    // A pipe is sent in order, until something of it must be sent again.
    if (stored > 0) this.#forget(this.#firstOffset + this.#stored);
    this.#link.wake();
    this.#fill();
  }

  #whole(stored: NonNullable<Ack["clipStored"]>): void {
    this.#run(async () => {
      const bytes = this.#source?.bytes ?? this.job.pipeBytes;
      // Known but for one case: it became whole on a connection that broke before the last ack.
      const sha256 = this.#sha256 || await this.job.hashWhole(bytes, this.#abort.signal);
      await this.job.stored({ stored, bytes, sha256 });
      this.#link.ended(this, null);
    });
  }

  /** What is no range of the source was asked for by a damaged offset; the server finds what it lacks at the end. */
  #resend({ offset, bytes }: Resend): void {
    this.#damaged = true;
    if (bytes === 0) {
      if (this.#state === "ended") this.#endQueued = false;
      return this.#fill();
    }
    const source = this.#source!;
    const isThere = source.bytes === null
      ? offset >= this.#forgotten && offset + bytes <= this.#reach
      : offset + bytes <= source.bytes;
    if (!isThere) return;
    this.#plan.unshift({ start: offset, end: offset + bytes });
    this.#fill();
  }

  /**
   * Bytes of a pipe before `offset` are durable. Not so once something arrived damaged: that counts as stored, and where
   * it was is not certain. Then all is kept, and when it is too much, a new connection tells what the server has.
   */
  #forget(offset: number): void {
    if (!this.#damaged) {
      this.#forgotten = offset;
      return this.#source?.forget(offset);
    }
    if (this.#source?.bytes !== null || offset - this.#forgotten <= this.#link.windowBytes) return;
    throw new FramewireError("BAD_CHECKSUM", "Chunks arrived damaged; connecting again to see what the server has");
  }

  /** An end may get lost without a trace, when damage makes another message of it. A second one does no harm. */
  #expectAnswer(): void {
    this.#cancelEndTimer();
    if (this.#abort.signal.aborted) return;
    this.#cancelEndTimer = this.#link.clock.timer(LIMITS.endAgainMs, () => {
      if (this.#ready.length > 0 || this.#plan.length > 0) return;
      this.#endQueued = false;
      this.#fill();
    });
  }

  /** Reads chunks ahead, as long as there is room for them. */
  #fill(): void {
    this.#fillAgain = true;
    if (this.#filling || this.#abort.signal.aborted || (this.#state !== "sending" && this.#state !== "ended")) return;
    this.#filling = true;
    this.#run(async () => {
      try {
        // What comes while it ends must not be left lying.
        while (this.#fillAgain) {
          this.#fillAgain = false;
          while (this.#ready.length < READY_MAX && !this.#abort.signal.aborted && await this.#fillOne());
        }
      } finally {
        this.#filling = false;
      }
    });
  }

  async #fillOne(): Promise<boolean> {
    const range = this.#plan[0];
    if (range === undefined) return await this.#queueEnd();
    const { chunkBytesMax, clock, pacer } = this.#link;
    const buffer = this.#buffers.pop() ?? new Uint8Array(CHUNK_HEAD_BYTES + chunkBytesMax);
    const bytes = Math.min(range.end - range.start, pacer.chunkBytes(clock.now(), LIMITS.chunkBytesMin, chunkBytesMax));
    const payload = buffer.subarray(CHUNK_HEAD_BYTES, CHUNK_HEAD_BYTES + bytes);
    const count = await this.#source!.read(payload, range.start);
    if (this.#abort.signal.aborted) return false;
    // Fewer are fine: a pipe gives what it has in one piece.
    if (count === 0 && range.end !== Infinity) {
      throw new FramewireError("SOURCE_CHANGED", `${this.job.name} became shorter while it was being sent`);
    }
    // A resend may have been put in front meanwhile.
    const index = this.#plan.indexOf(range);
    if (count === 0) {
      this.#plan.splice(index, 1);
      this.job.pipeBytes = range.start;
      return true;
    }
    if (range.start + count === range.end) this.#plan.splice(index, 1);
    else this.#plan[index] = { start: range.start + count, end: range.end };
    this.#reach = Math.max(this.#reach, range.start + count);
    this.job.hash(range.start, payload.subarray(0, count));
    const frame = frameChunk(buffer, count, this.stream, range.start);
    this.#ready.push({ bytes: frame, payloadBytes: count, buffer });
    this.#link.wake();
    return true;
  }

  /** The end goes behind the last chunk, in the lane of the chunks. */
  async #queueEnd(): Promise<boolean> {
    if (this.#endQueued) return false;
    this.#endQueued = true;
    const bytes = this.#source!.bytes ?? this.job.pipeBytes;
    this.#sha256 = await this.job.hashWhole(bytes, this.#abort.signal);
    await this.#source!.checkUnchanged();
    if (this.#abort.signal.aborted) return false;
    const frame = encodeMessage(endOfClip(this.stream, bytes, this.#sha256));
    this.#ready.push({ bytes: frame, payloadBytes: 0, buffer: null });
    this.#state = "ended";
    this.job.enter("finishing");
    this.#link.wake();
    return true;
  }

  /** Runs a step in the background; its failure is the failure of the upload. */
  #run(step: () => Promise<void>): void {
    step().catch((thrown) => {
      if (this.#abort.signal.aborted) return;
      const error = closeReasonOf(thrown).error!;
      if (this.#asked) {
        this.#link.send({
          kind: "closeStream",
          stream: this.stream,
          discard: error.code === "SOURCE_CHANGED",
          reason: error.message,
        });
      }
      this.#fail(error);
    });
  }

  #fail(error: FramewireError): void {
    if (this.#abort.signal.aborted) return;
    this.stop();
    this.#link.ended(this, error);
  }
}
