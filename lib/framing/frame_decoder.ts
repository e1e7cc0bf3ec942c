/**
 * Length-prefixed messages out of bytes: `u32 big-endian N | N bytes`. Bytes in, messages out; no input of its own.
 * The end of the bytes is judged from the state: anywhere but between two messages it is a truncation.
 */
import { BytesReader } from "../bytes/bytes_reader.ts";
import { FramewireError } from "../errors.ts";

/** Bytes of the length prefix. */
export const PREFIX_BYTES = 4;

type State = "prefix" | "payload" | "ended" | "failed";

export class FrameDecoder {
  readonly #reader = new BytesReader();
  #state: State = "prefix";
  #messageBytes = 0;
  #messageBytesMax: number;

  /** `messageBytesMax`: the largest message that is read, bytes without the prefix. */
  constructor(messageBytesMax: number) {
    this.#messageBytesMax = messageBytesMax;
  }

  /** Changes the limit for all messages whose prefix was not looked at yet. */
  set messageBytesMax(bytes: number) {
    this.#messageBytesMax = bytes;
  }

  /** Whether some of a message has arrived, and not all of it. */
  get insideMessage(): boolean {
    return this.#state === "payload" || this.#reader.available > 0;
  }

  /** Memory held, bytes. */
  get capacity(): number {
    return this.#reader.capacity;
  }

  /** A view of at least one byte to read into. Messages handed out before become invalid. */
  room(): Uint8Array {
    const need = this.#state === "payload" ? this.#messageBytes : PREFIX_BYTES;
    return this.#reader.room(need, PREFIX_BYTES);
  }

  /** Says that `count` bytes were read into the last {@linkcode room}. */
  filled(count: number): void {
    this.#reader.filled(count);
  }

  /**
   * The next whole message: a view, valid until the next {@linkcode room}; undefined when more bytes are needed.
   *
   * @throws {FramewireError} `MESSAGE_TOO_LARGE` or `MESSAGE_EMPTY` as soon as the prefix says so, before anything of
   * the message is read or allocated.
   */
  next(): Uint8Array | undefined {
    if (this.#state === "prefix") {
      const announced = this.#reader.peekUint32();
      if (announced === undefined) return undefined;
      this.#check(announced);
      this.#reader.take(PREFIX_BYTES);
      this.#messageBytes = announced;
      this.#state = "payload";
    }
    if (this.#state !== "payload") return undefined;
    const message = this.#reader.take(this.#messageBytes);
    if (message !== undefined) this.#state = "prefix";
    return message;
  }

  /**
   * Says that no more bytes will come.
   *
   * @throws {FramewireError} `TRUNCATED` unless they ended between two messages, all of which were taken.
   */
  end(): void {
    if (this.#state === "prefix" && this.#reader.available === 0) {
      this.#state = "ended";
      return;
    }
    if (this.#state === "ended" || this.#state === "failed") return;
    const expected = this.#state === "payload" ? this.#messageBytes : PREFIX_BYTES;
    const part = this.#state === "payload" ? "message" : "length prefix";
    this.#state = "failed";
    throw new FramewireError(
      "TRUNCATED",
      `Cannot read ${part} as the connection ended inside it: received ${this.#reader.available} of ${expected} bytes`,
    );
  }

  #check(announced: number): void {
    if (announced === 0) {
      this.#state = "failed";
      throw new FramewireError("MESSAGE_EMPTY", "Cannot read message as length must be >= 1 byte: received 0");
    }
    if (announced > this.#messageBytesMax) {
      this.#state = "failed";
      throw new FramewireError(
        "MESSAGE_TOO_LARGE",
        `Cannot read message as length must be <= ${this.#messageBytesMax} bytes: received ${announced}`,
      );
    }
  }
}
