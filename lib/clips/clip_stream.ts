/** One clip on one connection, receiving side: what was counted, what was acked, what was asked for again. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { Message, VideoData } from "../protocol/message.ts";
import { type ByteRange, missingRanges } from "../protocol/ranges.ts";
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
  /** Before that, what becomes durable is the bytes of the connection which had the clip before. */
  #takenOver = false;
  #damagedInARow = 0;
  /** Ends at which bytes were missing, since the last good chunk. */
  #endsInVain = 0;
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
    this.#takenOver = true;
  }

  /** Gives the clip back and makes what has arrived durable. */
  async giveBack(): Promise<void> {
    this.stopAcks();
    this.clip.release(this);
    await this.clip.flush();
  }

  /**
   * Takes a chunk which is intact. One that comes after another connection has taken the clip over is none of its business.
   *
   * @throws {FramewireError} `WINDOW_EXCEEDED`, and what writing throws.
   */
  async take(offset: number, chunk: Uint8Array): Promise<void> {
    // Its bytes would be in the counts of the other one, which acks what is durable by them.
    if (!this.clip.isOwnedBy(this)) return;
    if (chunk.length > 0) this.#damagedInARow = this.#endsInVain = 0;
    this.#count(chunk.length);
    await this.clip.write(offset, chunk);
    this.#ackSoon();
  }

  /**
   * Asks again for what arrived damaged. Its offset may be what is damaged: then the wrong bytes are asked for, or none,
   * and those which are really missing when the end has come.
   *
   * @throws {FramewireError} `BAD_CHECKSUM` when that happens too often in a row.
   */
  askAgain({ offset, chunk, isEnd, sha256 }: VideoData): void {
    if (++this.#damagedInARow > LIMITS.badChunksMax) {
      throw new FramewireError(
        "BAD_CHECKSUM",
        `Cannot go on as damaged chunks in a row must be <= ${LIMITS.badChunksMax}`,
      );
    }
    const bytes = chunk.length;
    // An offset which is no place in the clip is what was damaged; the box must hear of it all the same.
    const isPlace = bytes > 0 && offset + bytes <= (this.clip.row.bytes ?? LIMITS.clipBytesMax);
    if (bytes > 0) {
      this.#count(bytes);
      this.clip.skip(bytes);
      this.#ackSoon();
    }
    if (isPlace) this.#ask(offset, bytes);
    if (!isPlace || isEnd || sha256 !== null) this.#askForEnd();
  }

  /** @throws {FramewireError} `MALFORMED` without a hash, `INVALID_RANGE` when it ends elsewhere than it said before. */
  setEnd(bytes: number, sha256: string | null): void {
    if (sha256 === null) throw new FramewireError("MALFORMED", "Cannot end clip as sha256 must be set: received none");
    const before = this.#end?.bytes ?? this.clip.row.bytes ?? bytes;
    if (before !== bytes || (this.#end !== undefined && this.#end.sha256 !== sha256)) {
      const text = `Cannot end clip at ${bytes} bytes with another size or hash than before: ${before} bytes`;
      throw new FramewireError("INVALID_RANGE", text);
    }
    this.#end = { bytes, sha256 };
  }

  /** What has not arrived of a clip whose end is known. */
  missing(): readonly ByteRange[] {
    return missingRanges(this.clip.held, 0, this.#end!.bytes);
  }

  /**
   * Asks for all that is missing at an end, and for the end again: when that comes, nothing of this is on its way any
   * more, so what is missing then is asked for again. Bytes that come twice do no harm; bytes nobody asks for would.
   *
   * @throws {FramewireError} `INVALID_RANGE` when ends come and come, and no bytes.
   */
  askMissing(): void {
    if (++this.#endsInVain > LIMITS.badChunksMax) {
      const text =
        `Cannot end clip as bytes are missing, and those asked for do not come: asked ${LIMITS.badChunksMax} times`;
      throw new FramewireError("INVALID_RANGE", text);
    }
    for (const { start, end } of this.missing()) this.#ask(start, end - start);
    this.#askForEnd();
  }

  stopAcks(): void {
    this.#acksStopped = true;
    this.#cancelAckTimer?.();
    this.#cancelAckTimer = undefined;
  }

  stored(): void {
    if (this.#takenOver) this.#ack();
  }

  lost(error: FramewireError): void {
    this.stopAcks();
    this.#failed(error);
  }

  #ask(offset: number, bytes: number): void {
    this.#send({ kind: "resend", stream: this.#number, offset, bytes });
  }

  #askForEnd(): void {
    this.#ask(0, 0);
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
