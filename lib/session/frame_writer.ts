/**
 * The writing half of a connection: one loop, one write at a time, the highest lane first. Small messages are queued
 * and go together; streams are asked for their next frame only when there is nothing above them.
 */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { Connection } from "../platform/network.ts";
import type { BulkLane } from "../protocol/lanes.ts";

/** A frame which a stream wants to be written. */
export interface OutgoingFrame {
  /** Prefix and message; must stay as they are until `written` is called. */
  readonly bytes: Uint8Array;
  /** Called once the kernel has taken all of it. */
  written(): void;
}

/** A stream which has frames to send, chunk by chunk. */
export interface FrameSource {
  readonly lane: BulkLane;
  /** The next frame, if one is ready and may go now. Call {@linkcode FrameWriter.wake} when that changes. */
  poll(): OutgoingFrame | undefined;
}

const LANE_ORDER: readonly BulkLane[] = ["events", "frames", "clips"];
/** Small messages are joined into writes of up to this many bytes. */
const JOINED_BYTES_MAX = 64 * 1024;

export class FrameWriter {
  readonly #connection: Connection;
  readonly #clock: Clock;
  #control: Uint8Array[] = [];
  #controlBytes = 0;
  #sources: FrameSource[] = [];
  #wake: (() => void) | undefined;
  #ending = false;
  #writingSinceMs: number | undefined;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** How long the present write has made no progress, ms; 0 when none is under way. */
  get stalledMs(): number {
    return this.#writingSinceMs === undefined ? 0 : this.#clock.now() - this.#writingSinceMs;
  }

  /** Bytes of small messages which wait to be written. */
  get queuedBytes(): number {
    return this.#controlBytes;
  }

  /**
   * Queues a small message, ahead of all streams.
   *
   * @throws {FramewireError} `PEER_TOO_SLOW` when the peer has not taken what was queued before.
   */
  post(frame: Uint8Array): void {
    if (this.#controlBytes + frame.length > LIMITS.controlQueueBytesMax) {
      throw new FramewireError(
        "PEER_TOO_SLOW",
        `Cannot queue message as unread ones must be <= ${LIMITS.controlQueueBytesMax} bytes: received ${frame.length} more`,
      );
    }
    this.#control.push(frame);
    this.#controlBytes += frame.length;
    this.wake();
  }

  /** Adds a stream. */
  attach(source: FrameSource): void {
    this.#sources.push(source);
    this.wake();
  }

  /** Takes a stream away; its frame which is being written is still written. */
  detach(source: FrameSource): void {
    this.#sources = this.#sources.filter((other) => other !== source);
  }

  /** Says that a stream may have become ready. */
  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Lets {@linkcode run} resolve once the queued small messages are written; streams are not asked any more. */
  end(): void {
    this.#ending = true;
    this.wake();
  }

  /** Writes until {@linkcode end} is called. Rejects when the connection does. */
  async run(): Promise<void> {
    while (true) {
      if (this.#control.length > 0) {
        await this.#writeAll(this.#takeControl());
        continue;
      }
      if (this.#ending) return;
      const frame = this.#nextFrame();
      if (frame !== undefined) {
        await this.#writeAll(frame.bytes);
        frame.written();
        continue;
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  #takeControl(): Uint8Array {
    let count = 0;
    let bytes = 0;
    for (const frame of this.#control) {
      if (count > 0 && bytes + frame.length > JOINED_BYTES_MAX) break;
      bytes += frame.length;
      count++;
    }
    const frames = this.#control.splice(0, count);
    this.#controlBytes -= bytes;
    if (frames.length === 1) return frames[0]!;
    const joined = new Uint8Array(bytes);
    let at = 0;
    for (const frame of frames) {
      joined.set(frame, at);
      at += frame.length;
    }
    return joined;
  }

  /** The streams of a lane take turns: whoever was served goes to the back. */
  #nextFrame(): OutgoingFrame | undefined {
    for (const lane of LANE_ORDER) {
      for (const source of this.#sources) {
        if (source.lane !== lane) continue;
        const frame = source.poll();
        if (frame === undefined) continue;
        this.#sources = this.#sources.filter((other) => other !== source);
        this.#sources.push(source);
        return frame;
      }
    }
    return undefined;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length;) {
        this.#writingSinceMs = this.#clock.now();
        done += await this.#connection.write(done === 0 ? bytes : bytes.subarray(done));
      }
    } finally {
      this.#writingSinceMs = undefined;
    }
  }
}
