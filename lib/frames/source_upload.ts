/** A source on one connection, sending side: opens it, offers, sends, tells of drops, ends it, hears what became of it. */
import { crc32 } from "node:zlib";
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import { encodeMessage } from "../protocol/codec.ts";
import type { LinkPacer } from "../protocol/link_pacer.ts";
import type { ErrorMessage, FrameAck, FramesHeld, Message, SourceAccepted, SourceEnded } from "../protocol/message.ts";
import { framePicture } from "../protocol/picture_frame.ts";
import { mayReceiveOnSource, type SourceState } from "../protocol/session_rules.ts";
import type { FrameSource, OutgoingFrame } from "../session/frame_writer.ts";
import { errorFromPeer } from "../session/peer_error.ts";
import type { QueuedFrame } from "./frame_queue.ts";
import type { SourceJob } from "./source_job.ts";

/** What an upload needs of its connection. */
export interface SourceLink {
  readonly clock: Clock;
  /** Shared by everything on the connection. */
  readonly pacer: LinkPacer;
  send(message: Message): void;
  /** Says that a frame may be ready. */
  wake(): void;
  /** The upload has ended on this connection, well (no error) or not. */
  ended(upload: SourceUpload, error: FramewireError | null): void;
}

/** An end which is not answered for so long, with nothing else heard of the source, was lost: ms. */
const END_LOST_MS = 3 * LIMITS.endAgainMs;

/** Larger frames get memory of their own: few sources have them, and a room is kept for as long as the connection. */
const ROOM_BYTES_MAX = 512 * 1024;

export class SourceUpload implements FrameSource {
  readonly lane = "frames";
  readonly job: SourceJob;
  readonly stream: number;
  readonly #link: SourceLink;
  #state: SourceState = "opening";
  #hasStopped = false;
  #credit = 0;
  #frameBytesMax = 0;
  #isAsking = false;
  /** On this stream. */
  #sentFrames = 0;
  #lastSequence = 0;
  /** Sent on this stream and not received yet. */
  #unreceived: { readonly sequence: number; readonly bytes: number }[] = [];
  #cancelEndTimer = () => {};
  /** Of the frame that is being written: one after the other, so that a fast source does not keep the collector busy. */
  #room = new Uint8Array(0);

  constructor(job: SourceJob, stream: number, link: SourceLink) {
    this.job = job;
    this.stream = stream;
    this.#link = link;
  }

  /** Asks the server. */
  start(): void {
    const { job, stream } = this;
    const { name, kind, policy, named } = job.settings;
    this.#link.send({ kind: "openSource", stream, source: name, sourceKind: kind, policy, named, run: job.run });
    job.changed = () => this.#changed();
    this.#changed();
  }

  /** The connection is gone, or the program stops. */
  stop(): void {
    if (this.#hasStopped) return;
    this.#hasStopped = true;
    this.job.changed = () => {};
    this.job.interrupted();
    this.#cancelEndTimer();
    this.#link.pacer.forget(this.#unreceived.reduce((sum, { bytes }) => sum + bytes, 0));
  }

  /** Takes a message of this stream. @throws {FramewireError} `UNEXPECTED_MESSAGE`, `INVALID_RANGE`. */
  receive(message: SourceAccepted | FramesHeld | FrameAck | SourceEnded | ErrorMessage): void {
    if (!mayReceiveOnSource("box", this.#state, message.kind)) {
      throw new FramewireError(
        "UNEXPECTED_MESSAGE",
        `Cannot take ${message.kind} as the stream ${this.stream} of a source is ${this.#state}`,
      );
    }
    if (this.#state === "ended") this.#expectEnd();
    switch (message.kind) {
      case "sourceAccepted":
        return this.#accepted(message);
      case "framesHeld":
        return this.#held(message);
      case "frameAck":
        return this.#acknowledged(message);
      case "sourceEnded":
        this.stop();
        this.job.finished(this.#lastSequence);
        return this.#link.ended(this, null);
      case "error":
        return this.#fail(errorFromPeer(message));
    }
  }

  poll(): OutgoingFrame | undefined {
    if (this.#hasStopped || this.#state !== "sending") return undefined;
    const { job, stream } = this;
    const next = this.#nextPicture();
    const isEnd = job.isExhausted && !this.#isAsking;
    if (next === undefined && !isEnd) return undefined;
    // Not before: until a picture can go, they are one message.
    const drop = next === undefined ? job.nextDropBehind(this.#lastSequence) : job.drops.next(next.sequence);
    if (drop !== undefined) return smallFrame({ kind: "framesDropped", stream, ...drop });
    if (next !== undefined) return this.#send(next);
    this.#state = "ended";
    this.#expectEnd();
    return smallFrame({ kind: "endSource", stream, sequence: this.#lastSequence });
  }

  /** The picture that may go now, if there is one. */
  #nextPicture(): QueuedFrame | undefined {
    if (this.#sentFrames >= this.#credit) return undefined;
    let next = this.job.queue.peek();
    while (next !== undefined && next.bytes > this.#frameBytesMax) {
      this.job.skipNext(this.#frameBytesMax);
      next = this.job.queue.peek();
    }
    return next === undefined || this.#isPaced() ? undefined : next;
  }

  #send({ sequence, capturedMs, name, bytes, jpeg }: QueuedFrame): OutgoingFrame {
    const frame = framePicture({ stream: this.stream, sequence, capturedMs, name }, jpeg!, this.#room);
    if (frame.buffer !== this.#room.buffer && frame.length <= ROOM_BYTES_MAX) this.#room = frame;
    this.#link.pacer.send(bytes, this.#link.clock.now());
    this.#unreceived.push({ sequence, bytes });
    this.#sentFrames++;
    this.#lastSequence = sequence;
    this.job.takeNext();
    return { bytes: frame, written: () => {} };
  }

  /**
   * Whole pictures do not fit into what a slow link should hold: one may go when there is any room at all, which a clip
   * would take otherwise. That makes two at a time on the slowest link, so that it is busy while an ack comes back.
   */
  #isPaced(): boolean {
    const { clock, pacer } = this.#link;
    return pacer.inFlight > 0 && pacer.inFlight >= pacer.inFlightMax(clock.now());
  }

  /** The job has something new to send, or to say. */
  #changed(): void {
    if (this.#hasStopped) return;
    if (this.job.phase === "failed") {
      const reason = this.job.error!.message;
      this.#link.send({ kind: "closeStream", stream: this.stream, discard: false, reason });
      this.stop();
      return this.#link.ended(this, null);
    }
    this.#offer();
    this.#link.wake();
  }

  #accepted(message: SourceAccepted): void {
    this.#state = "sending";
    this.#credit = message.credit;
    this.#frameBytesMax = Math.min(message.frameBytesMax, LIMITS.frameBytesMax);
    this.#lastSequence = message.stored;
    this.job.accepted(message);
    this.#changed();
  }

  /** Asks about everything that has come up while the last question was on its way. */
  #offer(): void {
    if (this.#state !== "sending" || this.#isAsking || !this.job.queue.isOffering) return;
    const asked = this.job.queue.ask();
    if (asked.length === 0) return;
    this.#isAsking = true;
    const frames = asked.map(({ sequence, name, bytes, jpeg }) => ({
      sequence,
      name: name ?? "",
      bytes,
      crc32: crc32(jpeg!),
    }));
    this.#link.send({ kind: "frameOffer", stream: this.stream, frames });
  }

  #held({ sequences }: FramesHeld): void {
    if (!this.#isAsking) {
      throw new FramewireError("UNEXPECTED_MESSAGE", `Cannot take framesHeld as stream ${this.stream} has not asked`);
    }
    this.#isAsking = false;
    this.job.held(sequences);
    this.#changed();
  }

  #acknowledged({ received, stored, unrecorded, credit, results }: FrameAck): void {
    this.job.checkSequence(received);
    let frames = 0;
    let bytes = 0;
    for (const frame of this.#unreceived) {
      if (frame.sequence > received) break;
      frames++;
      bytes += frame.bytes;
    }
    this.#unreceived.splice(0, frames);
    this.#link.pacer.acknowledge(bytes, this.#link.clock.now());
    if (frames > 0) this.job.progressed(frames);
    this.#credit = Math.max(this.#credit, credit);
    this.job.storedThrough(stored);
    this.job.unrecordedThrough(unrecorded);
    this.job.answered(results);
    this.#link.wake();
  }

  #expectEnd(): void {
    this.#cancelEndTimer();
    this.#cancelEndTimer = this.#link.clock.timer(END_LOST_MS, () => {
      if (this.#hasStopped) return;
      this.#link.send({ kind: "closeStream", stream: this.stream, discard: false, reason: "The end was not answered" });
      this.#fail(new FramewireError("BAD_CHECKSUM", `The end of ${this.job.settings.name} was not answered`));
    });
  }

  #fail(error: FramewireError): void {
    if (this.#hasStopped) return;
    this.stop();
    this.#link.ended(this, error);
  }
}

function smallFrame(message: Message): OutgoingFrame {
  return { bytes: encodeMessage(message), written: () => {} };
}
