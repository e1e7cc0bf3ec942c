/** The receiving side of sources on one connection: opens, frames and ends of all its streams. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { CloseStream, EndSource, FrameData, FrameOffer, FramesDropped, OpenSource } from "../protocol/message.ts";
import { mayReceiveOnSource, type SourceState } from "../protocol/session_rules.ts";
import type { StreamNumbers } from "../protocol/stream_numbers.ts";
import { closeReasonOf } from "../session/close_reason.ts";
import { HeldBytes } from "../session/held_bytes.ts";
import { errorToPeer } from "../session/peer_error.ts";
import { checkIntact, checkOffer, checkOpening } from "./frame_checks.ts";
import type { FrameCounts } from "./frame_counts.ts";
import type { FrameRecorder, SourceRecorder } from "./frame_recorder.ts";
import { answerUnanswered } from "./late_answers.ts";
import { SteadyRecorder } from "./steady_recorder.ts";
import { SourceStream, type SourceStreamOptions } from "./source_stream.ts";

/** What a receiver needs of its connection. */
export interface FrameReceiverOptions extends Omit<SourceStreamOptions, "held"> {
  readonly recorder: FrameRecorder;
  /** Shared with the clips of the connection. */
  readonly numbers: StreamNumbers;
  /** Ends the whole connection. */
  readonly cut: (error: FramewireError) => void;
  /** Called when a source has been opened. */
  readonly opened: (opening: OpenSource) => void;
  /** Called when such a one is over; `error`: not because the box said so. */
  readonly ended: (source: string, counts: FrameCounts, error: FramewireError | null) => void;
}

interface Entry {
  readonly opening: OpenSource;
  state: SourceState;
  stream: SourceStream | undefined;
  /** Its end has been told. */
  isTold: boolean;
}

/** Codes of mistakes after which nothing of this connection is believed. */
const CUTS = ["BAD_CHECKSUM", "WINDOW_EXCEEDED", "MALFORMED"];

export class FrameReceiver {
  readonly #options: FrameReceiverOptions;
  readonly #held = new HeldBytes(LIMITS.framesHeldBytesMax);
  readonly #entries = new Map<number, Entry>();
  /** Openings which are under way, those of streams that have ended meanwhile included. */
  readonly #opening = new Set<Promise<void>>();
  readonly #closing = new Set<Promise<void>>();
  #closed = false;

  constructor(options: FrameReceiverOptions) {
    this.#options = options;
  }

  /** Whether the stream is a source that is open. */
  has(stream: number): boolean {
    return this.#entries.has(stream);
  }

  /**
   * Takes a message of a source. What takes long (opening, ending) goes on in the background; frames are waited for,
   * which is the back-pressure.
   *
   * @throws {FramewireError} when a rule of the protocol is broken; the connection ends then.
   */
  async receive(
    message: OpenSource | FrameOffer | FrameData | FramesDropped | EndSource | CloseStream,
  ): Promise<void> {
    if (message.kind === "openSource") {
      // To open and close streams as fast as one can costs the server more than the box: it has to wait.
      while (this.#opening.size >= LIMITS.streamsPerConnectionMax) await Promise.race(this.#opening);
      return this.#open(message);
    }
    const { stream, kind } = message;
    const entry = this.#entries.get(stream);
    if (entry === undefined) {
      if (!this.#options.numbers.mayHaveEnded(stream)) {
        throw new FramewireError("UNEXPECTED_MESSAGE", `Cannot take ${kind} as stream ${stream} is not open`);
      }
      // A late frame of a stream that has ended is intact; a damaged one belongs to a stream nobody can tell.
      if (message.kind === "frameData") checkIntact(message);
      return;
    }
    if (!mayReceiveOnSource("server", entry.state, kind)) {
      throw new FramewireError("UNEXPECTED_MESSAGE", `Cannot take ${kind} as stream ${stream} is ${entry.state}`);
    }
    if (message.kind === "closeStream") return this.#closeStream(entry);
    try {
      await this.#take(entry, entry.stream!, message);
    } catch (error) {
      this.#fail(entry, error);
    }
  }

  /** The connection is gone: the sources are offline, and what arrived of them is made durable. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#held.close();
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const entry of entries) this.#over(entry, "offline", null);
    await Promise.allSettled([...this.#opening, ...this.#closing]);
  }

  #open(opening: OpenSource): void {
    const { numbers } = this.#options;
    numbers.open(opening.stream);
    const entry: Entry = { opening, state: "opening", stream: undefined, isTold: false };
    this.#entries.set(opening.stream, entry);
    const job = this.#decide(entry).catch((error) => this.#fail(entry, error));
    this.#opening.add(job);
    job.finally(() => this.#opening.delete(job));
  }

  async #decide(entry: Entry): Promise<void> {
    const { device, recorder, clock, opened } = this.#options;
    const { source, sourceKind: kind, named, run } = entry.opening;
    checkOpening(entry.opening);
    if (this.#entries.size > LIMITS.streamsPerConnectionMax) {
      const text = `Cannot open source as those open must be <= ${LIMITS.streamsPerConnectionMax}`;
      throw new FramewireError("STREAMS_EXHAUSTED", text, { retryAfterMs: 1_000 });
    }
    const wanted = { device, source, kind, named, run };
    const isLive = entry.opening.policy === "latest";
    const writer = await (isLive ? SteadyRecorder.open(recorder, wanted, clock) : recorder.openSource(wanted));
    if (!this.#isCurrent(entry)) return await writer.close(this.#closed ? "offline" : "stopped");
    this.#start(entry, writer);
    opened(entry.opening);
  }

  #start(entry: Entry, writer: SourceRecorder): void {
    const { opening } = entry;
    const stream = new SourceStream(opening, writer, { ...this.#options, held: this.#held }, {
      failed: (error) => this.#fail(entry, error),
      finished: () => {
        if (this.#isCurrent(entry)) this.#entries.delete(opening.stream);
        this.#tellEnd(entry, null);
      },
    });
    entry.stream = stream;
    entry.state = "sending";
    stream.accept();
    const { device, recorder, outlets } = this.#options;
    if (opening.policy !== "all" || outlets.commonResult !== null) return;
    stream.finishAfter(answerUnanswered({ ...opening, device }, writer, recorder, stream));
  }

  async #take(
    entry: Entry,
    stream: SourceStream,
    message: FrameOffer | FrameData | FramesDropped | EndSource,
  ): Promise<void> {
    switch (message.kind) {
      case "frameData":
        return await stream.take(message);
      case "framesDropped":
        return await stream.drop(message);
      case "frameOffer": {
        checkOffer(message, entry.opening.named);
        const sequences = await stream.held(message.frames);
        if (this.#isCurrent(entry)) this.#options.send({ kind: "framesHeld", stream: message.stream, sequences });
        return;
      }
      case "endSource":
        stream.end(message.sequence);
        entry.state = "ended";
    }
  }

  #closeStream(entry: Entry): void {
    this.#entries.delete(entry.opening.stream);
    this.#over(entry, "stopped", null);
  }

  /** Ends one stream; the others go on. */
  #fail(entry: Entry, thrown: unknown): void {
    const error = closeReasonOf(thrown).error!;
    if (!this.#isCurrent(entry)) return;
    this.#entries.delete(entry.opening.stream);
    this.#over(entry, "stopped", error);
    if (CUTS.includes(error.code)) return this.#options.cut(error);
    this.#options.send(errorToPeer(error, entry.opening.stream));
  }

  /** Lets go of what the stream has. */
  #over(entry: Entry, reason: "stopped" | "offline", error: FramewireError | null): void {
    if (entry.stream === undefined) return;
    // What could not be made durable was not acked; whoever failed has said so.
    const closing = entry.stream.close(reason).catch(() => {});
    this.#closing.add(closing);
    closing.finally(() => this.#closing.delete(closing));
    this.#tellEnd(entry, error);
  }

  #tellEnd(entry: Entry, error: FramewireError | null): void {
    if (entry.isTold) return;
    entry.isTold = true;
    this.#options.ended(entry.opening.source, entry.stream!.counts, error);
  }

  #isCurrent(entry: Entry): boolean {
    return !this.#closed && this.#entries.get(entry.opening.stream) === entry;
  }
}
