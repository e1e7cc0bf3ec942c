/**
 * A clip from standard input: of unknown size, and read once. What the server has not stored yet is kept in memory, at
 * most a window of it, so that a new connection can go on where the old one broke.
 */
import { FramewireError, messageOf } from "../errors.ts";
import type { ByteRange } from "../protocol/ranges.ts";
import type { ClipSource } from "./clip_source.ts";

export class PipeSource implements ClipSource {
  readonly name: string;
  readonly modifiedMs = null;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #kept: { offset: number; bytes: Uint8Array }[] = [];
  #pulled = 0;
  #ended = false;

  constructor(name: string, stream: ReadableStream<Uint8Array>) {
    this.name = name;
    this.#reader = stream.getReader();
  }

  /** Never told: a size which only the last byte reveals is said by the end of the clip. */
  get bytes(): null {
    return null;
  }

  /** Bytes kept in memory. */
  get keptBytes(): number {
    return this.#kept.reduce((sum, piece) => sum + piece.bytes.length, 0);
  }

  plan(held: readonly ByteRange[]): Promise<readonly ByteRange[]> {
    // It is sent in order, so what is held is one range from the beginning.
    return Promise.resolve([{ start: held[0]?.end ?? 0, end: Infinity }]);
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    while (offset >= this.#pulled && !this.#ended) await this.#pull();
    const piece = this.#kept.find(({ offset: start, bytes }) => start <= offset && offset < start + bytes.length);
    if (piece === undefined) {
      if (offset >= this.#pulled) return 0;
      throw new FramewireError("SOURCE_UNREADABLE", `Cannot read standard input again at ${offset}: it was let go`);
    }
    const part = piece.bytes.subarray(offset - piece.offset, offset - piece.offset + into.length);
    into.set(part);
    return part.length;
  }

  forget(offset: number): void {
    this.#kept = this.#kept.filter((piece) => piece.offset + piece.bytes.length > offset);
  }

  checkUnchanged(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }

  async #pull(): Promise<void> {
    try {
      const { done, value } = await this.#reader.read();
      if (done) this.#ended = true;
      else if (value.length > 0) {
        this.#kept.push({ offset: this.#pulled, bytes: value });
        this.#pulled += value.length;
      }
    } catch (cause) {
      throw new FramewireError("SOURCE_UNREADABLE", `Cannot read standard input: ${messageOf(cause)}`, { cause });
    }
  }
}
