/**
 * A clip from standard input: of unknown size, and read once. What the server has not stored yet is kept in memory, at
 * most a window of it, so that a new connection can go on where the old one broke.
 */
import { FramewireError, messageOf } from "../errors.ts";
import type { ByteRange } from "../protocol/ranges.ts";
import type { ClipSource } from "./clip_source.ts";

/** Small pieces are gathered into blocks of this size: a pipe may bring three bytes in a buffer of 64 KiB. */
const BLOCK_BYTES = 64 * 1024;

/** Bytes of the pipe from `offset` on; those up to `bytes.length` are there. */
interface Block {
  readonly offset: number;
  bytes: Uint8Array;
}

export class PipeSource implements ClipSource {
  readonly name: string;
  readonly modifiedMs = null;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #kept: Block[] = [];
  #pulled = 0;
  #ended = false;
  /** Two connections may want the same bytes: the one that broke may still wait for them. */
  #pulling: Promise<void> | undefined;

  constructor(name: string, stream: ReadableStream<Uint8Array>) {
    this.name = name;
    this.#reader = stream.getReader();
  }

  /** Never told: a size which only the last byte reveals is said by the end of the clip. */
  get bytes(): null {
    return null;
  }

  /** Memory held, bytes. */
  get keptBytes(): number {
    return this.#kept.reduce((sum, { bytes }) => sum + bytes.buffer.byteLength, 0);
  }

  plan(held: readonly ByteRange[]): Promise<readonly ByteRange[]> {
    // Sent in order; what follows a hole (a damaged chunk) is sent again, as the end of the pipe is not known yet.
    const start = held[0]?.start === 0 ? held[0].end : 0;
    return Promise.resolve([{ start, end: Infinity }]);
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    while (offset >= this.#pulled && !this.#ended) {
      this.#pulling ??= this.#pull().finally(() => this.#pulling = undefined);
      await this.#pulling;
    }
    const block = this.#kept.find(({ offset: start, bytes }) => start <= offset && offset < start + bytes.length);
    if (block === undefined) {
      if (offset >= this.#pulled) return 0;
      throw new FramewireError("SOURCE_UNREADABLE", `Cannot read standard input again at ${offset}: it was let go`);
    }
    const part = block.bytes.subarray(offset - block.offset, offset - block.offset + into.length);
    into.set(part);
    return part.length;
  }

  forget(offset: number): void {
    this.#kept = this.#kept.filter((block) => block.offset + block.bytes.length > offset);
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
      else if (value.length > 0) this.#keep(value);
    } catch (cause) {
      throw new FramewireError("SOURCE_UNREADABLE", `Cannot read standard input: ${messageOf(cause)}`, { cause });
    }
  }

  #keep(value: Uint8Array): void {
    const last = this.#kept.at(-1);
    const used = last?.bytes.length ?? 0;
    if (
      last !== undefined && last.offset + used === this.#pulled && used + value.length <= last.bytes.buffer.byteLength
    ) {
      const grown = new Uint8Array(last.bytes.buffer, 0, used + value.length);
      grown.set(value, used);
      last.bytes = grown;
    } else {
      const room = new Uint8Array(Math.max(BLOCK_BYTES, value.length));
      room.set(value);
      this.#kept.push({ offset: this.#pulled, bytes: room.subarray(0, value.length) });
    }
    this.#pulled += value.length;
  }
}
