/** The reading half of a connection: bytes into messages, one at a time, with back-pressure. */
import { LIMITS } from "../config/limits.ts";
import { FrameDecoder } from "../framing/frame_decoder.ts";
import type { Clock } from "../platform/clock.ts";
import type { Connection } from "../platform/network.ts";
import { decodeMessage } from "../protocol/codec.ts";
import type { Message } from "../protocol/message.ts";
import { FramewireError } from "../errors.ts";

export class MessageReader {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #decoder = new FrameDecoder(LIMITS.helloBytesMax);
  #reading = false;
  #lastHeardMs: number;
  /** When the message that is being received began, and how much of it has come since. */
  #messageSinceMs: number | undefined;
  #messageBytes = 0;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
    this.#lastHeardMs = clock.now();
  }

  /** Whether more has come than the message that was given out last. */
  get hasMore(): boolean {
    return this.#decoder.insideMessage;
  }

  /** How long nothing was heard, ms; 0 while we are not listening, because we are still busy with a message. */
  get silentMs(): number {
    return this.#reading ? this.#clock.now() - this.#lastHeardMs : 0;
  }

  /** From now on messages may be as large as this, bytes. */
  set messageBytesMax(bytes: number) {
    this.#decoder.messageBytesMax = bytes;
  }

  /** Forgives silence, when it was this program that stood still. */
  forgive(): void {
    this.#lastHeardMs = this.#clock.now();
  }

  /**
   * The next message; undefined at a clean end. Views in it are valid until the next call.
   *
   * @throws {FramewireError} `TRUNCATED`, `MESSAGE_TOO_LARGE`, `MESSAGE_EMPTY`, `MALFORMED`.
   */
  async next(): Promise<Message | undefined> {
    while (true) {
      const bytes = this.#decoder.next();
      if (bytes !== undefined) {
        this.#messageSinceMs = undefined;
        return decodeMessage(bytes);
      }
      const room = this.#decoder.room();
      this.#reading = true;
      this.forgive();
      const count = await this.#connection.read(room);
      this.#reading = false;
      if (count === null) {
        this.#decoder.end();
        return undefined;
      }
      this.#heard(count);
      this.#decoder.filled(count);
    }
  }

  /**
   * @throws {FramewireError} `PEER_TOO_SLOW` when a message has been coming for longer than the grace time, at less
   * than the minimum rate. Ends senders of one byte a second, which no silence ends.
   */
  checkRate(): void {
    if (this.#messageSinceMs === undefined || !this.#reading) return;
    const forMs = this.#clock.now() - this.#messageSinceMs;
    const neededBytes = (forMs - LIMITS.messageRateGraceMs) / 1000 * LIMITS.messageRateMinBytesPerSecond;
    if (this.#messageBytes >= neededBytes) return;
    throw new FramewireError(
      "PEER_TOO_SLOW",
      `Cannot wait for message as its rate must be >= ${LIMITS.messageRateMinBytesPerSecond} bytes/s: ` +
        `received ${this.#messageBytes} bytes in ${Math.round(forMs / 1000)} s`,
    );
  }

  #heard(count: number): void {
    this.#lastHeardMs = this.#clock.now();
    if (this.#messageSinceMs === undefined) {
      this.#messageSinceMs = this.#lastHeardMs;
      this.#messageBytes = 0;
    }
    this.#messageBytes += count;
  }
}
