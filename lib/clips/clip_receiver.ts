/** The receiving side of clips on one connection: opens, chunks and ends of all its streams. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import { isIntact } from "../protocol/chunk_frame.ts";
import type { CloseStream, Message, OpenClip, VideoData } from "../protocol/message.ts";
import { mayReceiveOnStream, type StreamState } from "../protocol/session_rules.ts";
import type { StreamNumbers } from "../protocol/stream_numbers.ts";
import { closeReasonOf } from "../session/close_reason.ts";
import { errorToPeer } from "../session/peer_error.ts";
import type { ClipRow } from "../store/catalog.ts";
import type { ClipStore } from "../store/clip_store.ts";
import type { IncomingClip } from "../store/incoming_clip.ts";
import { decideOpening } from "./clip_opening.ts";
import { ClipStream } from "./clip_stream.ts";

/** What a receiver needs of its connection. */
export interface ClipReceiverOptions {
  readonly device: string;
  readonly store: ClipStore;
  readonly clock: Clock;
  /** Shared with the sources of the connection. */
  readonly numbers: StreamNumbers;
  /** Queues a message to the box. */
  readonly send: (message: Message) => void;
  /** Ends the whole connection. */
  readonly cut: (error: FramewireError) => void;
  /** Where a person can see a clip; empty when there is no page. */
  readonly clipUrl: (id: string) => string;
  /** Called when a clip has become whole, or failed. */
  readonly ended: (name: string, outcome: ClipRow | FramewireError) => void;
}

interface Entry {
  readonly number: number;
  name: string;
  state: StreamState;
  stream: ClipStream | undefined;
  /** Of the clip which it fills, or which it was offered. */
  clipId?: string;
}

export class ClipReceiver {
  readonly #options: ClipReceiverOptions;
  readonly #entries = new Map<number, Entry>();
  /** Bytes taken since the disk was looked at. */
  #uncheckedBytes = 0;
  #closed = false;
  /** Openings which are being decided, those of streams that have ended meanwhile included. */
  readonly #deciding = new Set<Promise<void>>();

  constructor(options: ClipReceiverOptions) {
    this.#options = options;
  }

  /** Whether the stream is a clip that is open. */
  has(stream: number): boolean {
    return this.#entries.has(stream);
  }

  /**
   * Takes a message of a clip stream. What takes long (opening, ending) goes on in the background; chunks are waited
   * for, which is the back-pressure.
   *
   * @throws {FramewireError} when a rule of the protocol is broken; the connection ends then.
   */
  async receive(message: OpenClip | VideoData | CloseStream): Promise<void> {
    const entry = this.#entries.get(message.stream);
    if (message.kind === "openClip") {
      // To open and close streams as fast as one can costs the server more than the box: it has to wait.
      while (this.#deciding.size >= LIMITS.streamsPerConnectionMax) await Promise.race(this.#deciding);
      return this.#open(this.#entries.get(message.stream), message);
    }
    if (entry === undefined) {
      if (this.#options.numbers.mayHaveEnded(message.stream)) {
        // A late chunk of a stream that has ended is intact; a damaged one belongs to a stream nobody can tell.
        if (message.kind !== "videoData" || isIntact(message)) return;
        throw new FramewireError("BAD_CHECKSUM", "Cannot tell the stream of a chunk that arrived damaged");
      }
      throw new FramewireError(
        "UNEXPECTED_MESSAGE",
        `Cannot take ${message.kind} as stream ${message.stream} is not open`,
      );
    }
    this.#checkState(entry, message.kind);
    if (message.kind === "videoData" && entry.state === "ended") return;
    if (message.kind === "closeStream") return await this.#closeStream(entry, message);
    try {
      await this.#data(entry, message);
    } catch (error) {
      this.#fail(entry, error);
    }
  }

  /** The connection is gone: all clips are given back, and what arrived of them is made durable. */
  async close(): Promise<void> {
    this.#closed = true;
    const streams = [...this.#entries.values()].map((entry) => entry.stream);
    this.#entries.clear();
    await Promise.allSettled(streams.map((stream) => stream?.giveBack()));
  }

  #checkState(entry: Entry, kind: Message["kind"]): void {
    if (mayReceiveOnStream("server", entry.state, kind)) return;
    throw new FramewireError("UNEXPECTED_MESSAGE", `Cannot take ${kind} as stream ${entry.number} is ${entry.state}`);
  }

  #open(known: Entry | undefined, message: OpenClip): void {
    if (known !== undefined) this.#checkState(known, message.kind);
    else this.#options.numbers.open(message.stream);
    const entry = known ?? { number: message.stream, name: message.name, state: "opening", stream: undefined };
    entry.state = "opening";
    this.#entries.set(entry.number, entry);
    if (this.#entries.size > LIMITS.streamsPerConnectionMax) {
      const text = `Cannot open stream as those open must be <= ${LIMITS.streamsPerConnectionMax}`;
      return this.#fail(entry, new FramewireError("STREAMS_EXHAUSTED", text, { retryAfterMs: 1_000 }));
    }
    const deciding = this.#decide(entry, message).catch((error) => this.#fail(entry, error));
    this.#deciding.add(deciding);
    deciding.finally(() => this.#deciding.delete(deciding));
  }

  async #decide(entry: Entry, message: OpenClip): Promise<void> {
    const { device, store, send, clipUrl } = this.#options;
    const decision = await store.decide(device, message.name, async () => {
      // The offer was not taken.
      if (message.resumeClipId === null) delete entry.clipId;
      const made = await decideOpening(store, device, message, (id) => this.#isTaken(id));
      // What is offered to one stream is not offered to its twin, which would take it over from this one.
      if (made.kind === "offer" && made.clipId !== null) entry.clipId = made.clipId;
      if (made.kind !== "accept") return made;
      entry.clipId = made.clip.row.id;
      // Before the next decision about this name, which may be the same box's on a new connection.
      if (made.isNew && !this.#isCurrent(entry)) await store.discard(entry.clipId);
      return made;
    });
    if (!this.#isCurrent(entry)) return;
    if (decision.kind === "stored") {
      this.#entries.delete(entry.number);
      const { id: clipId, storedName } = decision.row;
      const clipStored = { clipId, storedName, alreadyThere: decision.alreadyThere, url: clipUrl(clipId) };
      return send({ kind: "ack", stream: entry.number, received: 0, stored: 0, clipStored });
    }
    if (decision.kind === "offer") {
      entry.state = "deciding";
      const { wantSha256, clipId, held } = decision;
      return send({ kind: "clipOffer", stream: entry.number, wantSha256, clipId, held });
    }
    await this.#accept(entry, decision.clip);
  }

  async #accept(entry: Entry, clip: IncomingClip): Promise<void> {
    const { clock, send } = this.#options;
    const stream = new ClipStream(entry.number, clip, clock, send, (error) => this.#fail(entry, error));
    entry.stream = stream;
    await stream.takeOver();
    if (!this.#isCurrent(entry)) return void await stream.giveBack();
    await this.#options.store.checkSpace(0);
    entry.state = "sending";
    const held = clip.durable.map(({ start, end }) => ({ start, end, sha256: null }));
    send({ kind: "clipAccepted", stream: entry.number, clipId: clip.row.id, held, storedName: clip.row.storedName });
  }

  async #data(entry: Entry, message: VideoData): Promise<void> {
    const stream = entry.stream!;
    if (message.chunk.length > LIMITS.chunkBytesMax) {
      const text =
        `Cannot take chunk as its length must be <= ${LIMITS.chunkBytesMax} bytes: received ${message.chunk.length}`;
      throw new FramewireError("INVALID_RANGE", text);
    }
    // Of what is damaged nothing is believed, so neither that it is an end.
    if (!isIntact(message)) return stream.askAgain(message);
    await this.#checkReserve(message.chunk.length);
    await stream.take(message.offset, message.chunk);
    if (message.isEnd) stream.setEnd(message.offset + message.chunk.length, message.sha256);
    if (stream.end === undefined) return;
    if (stream.missing().length > 0) {
      if (message.isEnd) stream.askMissing();
      return;
    }
    entry.state = "ended";
    this.#finish(entry, stream).catch((error) => this.#fail(entry, error));
  }

  /** Looks at the disk now and then. @throws {FramewireError} `NO_SPACE`. */
  async #checkReserve(bytes: number): Promise<void> {
    this.#uncheckedBytes += bytes;
    if (this.#uncheckedBytes < LIMITS.spaceCheckBytes) return;
    this.#uncheckedBytes = 0;
    await this.#options.store.space.checkReserve();
  }

  async #finish(entry: Entry, stream: ClipStream): Promise<void> {
    const { store, send, clipUrl, ended } = this.#options;
    const { bytes, sha256 } = stream.end!;
    const { clip } = stream;
    try {
      const missing = await clip.complete(bytes, sha256);
      if (missing.length > 0) {
        entry.state = "sending";
        return stream.askMissing();
      }
    } catch (error) {
      if (error instanceof FramewireError && error.code === "HASH_MISMATCH") await store.discard(clip.row.id);
      throw error;
    }
    // Another connection has taken it over meanwhile, and ends it.
    if (clip.isOwned && !clip.isOwnedBy(stream)) return;
    stream.stopAcks();
    const row = await store.publish(clip, bytes, sha256);
    this.#entries.delete(entry.number);
    ended(entry.name, row);
    if (this.#closed) return;
    const clipStored = { clipId: row.id, storedName: row.storedName, alreadyThere: false, url: clipUrl(row.id) };
    send({ kind: "ack", stream: entry.number, received: stream.received, stored: stream.received, clipStored });
  }

  async #closeStream(entry: Entry, message: CloseStream): Promise<void> {
    this.#entries.delete(entry.number);
    const { store, ended } = this.#options;
    ended(entry.name, new FramewireError("CANCELLED", message.reason || "The box gave the clip up"));
    await entry.stream?.giveBack();
    if (message.discard && entry.stream !== undefined) await store.discard(entry.stream.clip.row.id);
  }

  /** Ends one stream; the others go on. */
  #fail(entry: Entry, thrown: unknown): void {
    const error = closeReasonOf(thrown).error!;
    if (!this.#isCurrent(entry)) return;
    this.#entries.delete(entry.number);
    entry.stream?.giveBack().catch(() => {});
    this.#options.ended(entry.name, error);
    if (error.code === "BAD_CHECKSUM" || error.code === "WINDOW_EXCEEDED") return this.#options.cut(error);
    this.#options.send(errorToPeer(error, entry.number));
  }

  /** Whether a stream of this connection fills the clip, or was offered it. */
  #isTaken(id: string): boolean {
    return [...this.#entries.values()].some(({ clipId }) => clipId === id);
  }

  #isCurrent(entry: Entry): boolean {
    return !this.#closed && this.#entries.get(entry.number) === entry;
  }
}
