/** The body of a clip's content, also of one which is still arriving. */
import { LIMITS } from "../config/limits.ts";
import type { Clock } from "../platform/clock.ts";
import type { ClipReader, ClipView } from "./clip_library.ts";

/** What {@linkcode contentBody} needs. */
export interface ContentBodyOptions {
  /** Read from, and closed at the end, however it comes. */
  readonly reader: ClipReader;
  /** First byte. */
  readonly start: number;
  /** One behind the last byte; null when nobody knows yet. */
  readonly end: number | null;
  /** The clip as it is now; tells an end from a loss where the end was not known. */
  readonly current: () => Promise<ClipView | undefined>;
  readonly clock: Clock;
  /** Called once when everything is released. */
  readonly onEnd: () => void;
  /** Ends the body as a loss. */
  readonly signal: AbortSignal;
}

/**
 * Streams the bytes as the client takes them; waits for those which have not arrived. When they never come the body ends
 * short of its announced length, or with an error where none was announced, so that the client sees the loss. Holds one
 * piece of at most `LIMITS.readPieceBytes`.
 */
export function contentBody(options: ContentBodyOptions): ReadableStream<Uint8Array> {
  return new ReadableStream(new ContentSource(options), { highWaterMark: 0 });
}

class ContentSource implements UnderlyingDefaultSource<Uint8Array> {
  readonly #options: ContentBodyOptions;
  readonly #abort = new AbortController();
  readonly #abortNow = () => this.#end();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #offset: number;
  #pulling = false;
  #ended = false;
  #released = false;
  #cancelStall = () => {};

  constructor(options: ContentBodyOptions) {
    this.#options = options;
    this.#offset = options.start;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    const { signal } = this.#options;
    if (signal.aborted) this.#abortNow();
    else signal.addEventListener("abort", this.#abortNow);
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#pulling = true;
    this.#cancelStall();
    try {
      const piece = await this.#next();
      if (this.#ended) return;
      if (piece !== null) controller.enqueue(piece);
      const complete = piece === null ? await this.#isWhole() : this.#offset === this.#options.end;
      if (this.#ended) return;
      if (complete) this.#end(true);
      else if (piece === null) this.#end();
      else this.#cancelStall = this.#options.clock.timer(LIMITS.contentStallMs, this.#abortNow);
    } catch {
      // A file that cannot be read: for the client the same as bytes which never come.
      this.#end();
    } finally {
      this.#pulling = false;
      this.#release();
    }
  }

  cancel(): void {
    this.#ended = true;
    this.#abort.abort();
    this.#release();
  }

  /** The next piece; null when there is none, and will be none. */
  async #next(): Promise<Uint8Array | null> {
    const { reader, end } = this.#options;
    if (this.#offset === end) return null;
    if (reader.available(this.#offset) === 0 && !await this.#wait()) return null;
    if (this.#ended) return null;
    const left = (end ?? Infinity) - this.#offset;
    const count = Math.min(reader.available(this.#offset), left, LIMITS.readPieceBytes);
    if (count <= 0) return null;
    // Fresh memory for each: the server reads on while the last piece is still on its way to the socket.
    const piece = new Uint8Array(count);
    const done = await reader.readAt(piece, this.#offset);
    this.#offset += done;
    return done === 0 ? null : piece.subarray(0, done);
  }

  async #wait(): Promise<boolean> {
    const { reader, clock } = this.#options;
    const cancelTimer = clock.timer(LIMITS.contentWaitMs, () => this.#abort.abort());
    try {
      return await reader.waitFor(this.#offset, this.#abort.signal);
    } finally {
      cancelTimer();
    }
  }

  async #isWhole(): Promise<boolean> {
    const { end, current } = this.#options;
    if (end !== null) return this.#offset === end;
    const clip = await current();
    return clip?.state === "stored" && clip.size === this.#offset;
  }

  #end(whole = false): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#abort.abort();
    // Behind an announced length a short end cuts the connection; without one only an error does.
    if (whole || this.#options.end !== null) this.#controller?.close();
    else this.#controller?.error("The content of a clip ended early as its upload was given up or stands still");
    this.#release();
  }

  #release(): void {
    // A read under way still needs the reader; it releases when it is back.
    if (!this.#ended || this.#pulling || this.#released) return;
    this.#released = true;
    this.#cancelStall();
    this.#options.signal.removeEventListener("abort", this.#abortNow);
    this.#options.reader.close();
    this.#options.onEnd();
  }
}
