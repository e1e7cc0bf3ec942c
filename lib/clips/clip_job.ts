/** A clip that is to be sent: what outlives the connections it takes, and what has become of it. */
import { hashRange, PrefixHasher } from "../bytes/prefix_hasher.ts";
import { FramewireError } from "../errors.ts";
import type { ClipStored, HeldRange } from "../protocol/message.ts";
import { type ByteRange, totalBytes } from "../protocol/ranges.ts";
import { againText, SetBacks } from "../session/set_backs.ts";
import type { ClipSource } from "./clip_source.ts";

/** - `waiting`: for a connection. - `checking`: comparing with what the server holds. - `finishing`: all sent, not stored. */
export type JobPhase = "waiting" | "checking" | "sending" | "finishing" | "stored" | "failed";

/** How a job ended well. */
export interface JobResult {
  readonly stored: ClipStored;
  readonly bytes: number;
  readonly sha256: string;
}

/** What a job tells whoever shows it. */
export interface JobEvents {
  /** Something a person should know, e.g. why it starts anew. */
  note(job: ClipJob, text: string): void;
  changed(job: ClipJob): void;
}

export class ClipJob {
  readonly name: string;
  readonly #openSource: () => Promise<ClipSource>;
  readonly #events: JobEvents;
  #source: ClipSource | undefined;
  #opening: Promise<ClipSource> | undefined;
  #hasher = new PrefixHasher();
  readonly #setBacks = new SetBacks();
  phase: JobPhase = "waiting";
  /** The server's id of it, once accepted: with it a new connection goes on without asking. */
  clipId: string | null = null;
  /** Payload bytes written to connections, those sent again included. */
  sentBytes = 0;
  /** Bytes that the server had when it accepted, and those it received since: what a progress bar shows. */
  heldBytes = 0;
  /** Payload bytes which the server has received, over all connections. */
  receivedBytes = 0;
  /** Where a pipe ended, once it has; bytes. */
  pipeBytes = 0;
  /** Not to be tried before this, on the monotonic clock, ms. */
  notBeforeMs = 0;
  result: JobResult | undefined;
  error: FramewireError | undefined;

  constructor(name: string, openSource: () => Promise<ClipSource>, events: JobEvents) {
    this.name = name;
    this.#openSource = openSource;
    this.#events = events;
  }

  get isEnded(): boolean {
    return this.phase === "stored" || this.phase === "failed";
  }

  /** Bytes in all; null while not known, or not looked at yet. */
  get bytes(): number | null {
    return this.#source?.bytes ?? null;
  }

  /** Bytes hashed so far, from the beginning. */
  get hashedBytes(): number {
    return this.#hasher.position;
  }

  /** Opens the source, if it is not open. @throws {FramewireError} `SOURCE_UNREADABLE`. */
  async source(): Promise<ClipSource> {
    this.#opening ??= this.#openSource();
    try {
      return this.#source = await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  /** Hashes bytes which are sent, if they are the next ones. */
  hash(offset: number, bytes: Uint8Array): void {
    this.#hasher.update(offset, bytes);
  }

  /** SHA-256 of the first `bytes`, which is everything; hexadecimal. @throws {FramewireError} `SOURCE_CHANGED`. */
  async hashWhole(bytes: number, signal: AbortSignal): Promise<string> {
    const source = await this.source();
    const whole = await this.#hasher.catchUp((into, offset) => source.read(into, offset), bytes, signal);
    if (!whole || this.#hasher.position !== bytes) {
      throw new FramewireError("SOURCE_CHANGED", `${this.name} became shorter while it was being sent`);
    }
    return this.#hasher.digest();
  }

  /** Whether all these ranges of the source have these hashes. */
  async matches(held: readonly HeldRange[], signal: AbortSignal): Promise<boolean> {
    const source = await this.source();
    const read = (into: Uint8Array, offset: number) => source.read(into, offset);
    for (const { start, end, sha256 } of held) {
      let digest: string | undefined;
      if (start === 0 && this.#hasher.position <= end) {
        if (await this.#hasher.catchUp(read, end, signal)) digest = this.#hasher.digest();
      } else digest = await hashRange(read, start, end, signal);
      if (digest !== sha256) return false;
    }
    return true;
  }

  note(text: string): void {
    this.#events.note(this, text);
  }

  enter(phase: JobPhase): void {
    if (this.isEnded) return;
    this.phase = phase;
    this.#events.changed(this);
  }

  /** The server has accepted it and holds this much. */
  accepted(clipId: string, held: readonly ByteRange[]): void {
    this.clipId = clipId;
    this.#setBacks.accepted();
    this.heldBytes = totalBytes(held);
    this.enter("sending");
  }

  /** More bytes of it have arrived at the server. */
  progressed(bytes: number): void {
    this.receivedBytes += bytes;
    this.#setBacks.progressed();
    this.heldBytes = Math.min(this.heldBytes + bytes, this.bytes ?? Infinity);
    this.#events.changed(this);
  }

  async stored(result: JobResult): Promise<void> {
    if (this.isEnded) return;
    this.result = result;
    this.heldBytes = result.bytes;
    this.enter("stored");
    await this.#closeSource();
  }

  async fail(error: FramewireError): Promise<void> {
    if (this.isEnded) return;
    this.error = error;
    this.enter("failed");
    await this.#closeSource();
  }

  /**
   * An error of this clip alone: decides whether it is tried again, when, and what is kept.
   *
   * `nowMs` is the monotonic clock; `backoffMs` a pause to make if the server named none; `retryForMs` how long a full
   * server is asked again.
   */
  async setBack(error: FramewireError, nowMs: number, backoffMs: number, retryForMs: number): Promise<void> {
    const isPipe = this.#source !== undefined && this.#source.bytes === null;
    const anew = error.code === "SOURCE_CHANGED" || error.code === "HASH_MISMATCH" || error.code === "UNKNOWN_CLIP";
    const againMs = this.#setBacks.pauseMs(error, { nowMs, backoffMs, retryForMs }, anew);
    if (againMs === null || (anew && isPipe)) return await this.fail(error);
    if (anew) await this.#startAnew();
    const pauseMs = error.code === "UNKNOWN_CLIP" ? 0 : againMs;
    this.notBeforeMs = nowMs + pauseMs;
    this.note(`${error.message}; ${pauseMs === 0 ? "starting anew" : againText(pauseMs)}`);
    this.enter("waiting");
  }

  /** The program stops: lets go of the source; what the server holds is kept there. */
  async giveUp(): Promise<void> {
    await this.#closeSource();
  }

  async #startAnew(): Promise<void> {
    await this.#closeSource();
    this.#hasher = new PrefixHasher();
    this.clipId = null;
    this.heldBytes = 0;
  }

  async #closeSource(): Promise<void> {
    const source = this.#source;
    this.#source = undefined;
    this.#opening = undefined;
    await source?.close();
  }
}
