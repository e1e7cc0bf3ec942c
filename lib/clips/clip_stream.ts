/** One clip on one connection, receiving side: what was counted, what was acked, what was asked for again. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { Message } from "../protocol/message.ts";
import { addRange, type ByteRange, containsRange, missingRanges } from "../protocol/ranges.ts";
import type { IncomingClip, Owner } from "../store/incoming_clip.ts";

export class ClipStream implements Owner {
  readonly clip: IncomingClip;
  readonly #number: number;
  readonly #clock: Clock;
  readonly #send: (message: Message) => void;
  readonly #failed: (error: FramewireError) => void;
  /** What the clip had counted when this connection took it over. */
  #base = 0;
  #received = 0;
  #ackedReceived = 0;
  #ackedStored = 0;
  #cancelAckTimer: (() => void) | undefined;
  #acksStopped = false;
  #asked: readonly ByteRange[] = [];
  #damagedInARow = 0;
  #end: { bytes: number; sha256: string } | undefined;

  constructor(
    number: number,
    clip: IncomingClip,
    clock: Clock,
    send: (message: Message) => void,
    failed: (error: FramewireError) => void,
  ) {
    this.#number = number;
    this.clip = clip;
    this.#clock = clock;
    this.#send = send;
    this.#failed = failed;
  }

  /** Payload bytes received on this connection. */
  get received(): number {
    return this.#received;
  }

  /** Where the clip ends, once the box has said so. */
  get end(): { readonly bytes: number; readonly sha256: string } | undefined {
    return this.#end;
  }

  /** Makes this connection the owner of the clip; then everything that is held is durable. */
  async takeOver(): Promise<void> {
    this.clip.claim(this);
    await this.clip.flush();
    this.#base = this.clip.taken;
  }

  /** Gives the clip back and makes what has arrived durable. */
  async giveBack(): Promise<void> {
    this.stopAcks();
    this.clip.release(this);
    await this.clip.flush();
  }

  /**
   * Takes a chunk whose checksum is right.
   *
   * @throws {FramewireError} `WINDOW_EXCEEDED`, and what writing throws.
   */
  async take(offset: number, chunk: Uint8Array): Promise<void> {
    this.#damagedInARow = 0;
    this.#count(chunk.length);
    await this.clip.write(offset, chunk);
    this.#ackSoon();
  }

  /**
   * Asks for a chunk again that arrived damaged.
   *
   * @throws {FramewireError} `BAD_CHECKSUM` when that happens too often in a row.
   */
  askAgain(offset: number, bytes: number): void {
    if (++this.#damagedInARow > LIMITS.badChunksMax) {
      throw new FramewireError(
        "BAD_CHECKSUM",
        `Cannot go on as damaged chunks in a row must be <= ${LIMITS.badChunksMax}`,
      );
    }
    this.#count(bytes);
    this.clip.skip(bytes);
    this.#ackSoon();
    this.ask(
      this.clip.row.bytes !== null && offset + bytes > this.clip.row.bytes
        ? []
        : [{ start: offset, end: offset + bytes }],
    );
  }

  /** Asks for bytes that are missing, unless they were asked for already. */
  ask(ranges: readonly ByteRange[]): void {
    for (const { start, end } of ranges) {
      this.#asked = addRange(this.#asked, start, end);
      this.#send({ kind: "resend", stream: this.#number, offset: start, bytes: end - start });
    }
  }

  /** @throws {FramewireError} `MALFORMED` without a hash, `INVALID_RANGE` when it ended elsewhere before. */
  setEnd(bytes: number, sha256: string | null): void {
    if (sha256 === null) throw new FramewireError("MALFORMED", "Cannot end clip as sha256 must be set: received none");
    if (this.#end !== undefined && (this.#end.bytes !== bytes || this.#end.sha256 !== sha256)) {
      throw new FramewireError(
        "INVALID_RANGE",
        `Cannot end clip at ${bytes} bytes: it ended at ${this.#end.bytes} before`,
      );
    }
    this.#end = { bytes, sha256 };
  }

  /** Whether the end is known and nothing that was asked for is still on its way. */
  mayBeWhole(): boolean {
    if (this.#end === undefined) return false;
    this.#asked = this.#asked.filter((range) => !containsRange(this.clip.held, range.start, range.end));
    return missingRanges(this.clip.held, 0, this.#end.bytes)
      .every((range) => !this.#asked.some((asked) => asked.start < range.end && range.start < asked.end));
  }

  stopAcks(): void {
    this.#acksStopped = true;
    this.#cancelAckTimer?.();
    this.#cancelAckTimer = undefined;
  }

  stored(): void {
    this.#ack();
  }

  lost(error: FramewireError): void {
    this.stopAcks();
    this.#failed(error);
  }

  #count(bytes: number): void {
    this.#received += bytes;
    const unstored = this.#received - this.#ackedStored;
    if (unstored <= LIMITS.windowBytes) return;
    throw new FramewireError(
      "WINDOW_EXCEEDED",
      `Cannot take chunk as unacked bytes must be <= ${LIMITS.windowBytes}: received ${unstored}`,
    );
  }

  #ackSoon(): void {
    if (this.#received - this.#ackedReceived >= LIMITS.ackAfterBytes) return this.#ack();
    if (!this.#acksStopped) this.#cancelAckTimer ??= this.#clock.timer(LIMITS.ackAfterMs, () => this.#ack());
  }

  #ack(): void {
    this.#cancelAckTimer?.();
    this.#cancelAckTimer = undefined;
    if (this.#acksStopped) return;
    this.#ackedReceived = this.#received;
    this.#ackedStored = Math.max(0, this.clip.stored - this.#base);
    const { received, stored } = { received: this.#ackedReceived, stored: this.#ackedStored };
    this.#send({ kind: "ack", stream: this.#number, received, stored, clipStored: null });
  }
}
