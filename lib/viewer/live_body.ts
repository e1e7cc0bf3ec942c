/** The body of a live stream: goes on until the viewer leaves, takes nothing for too long, or the server stops. */
import { LIMITS } from "../config/limits.ts";
import type { Clock } from "../platform/clock.ts";

/** What {@linkcode liveBody} needs. */
export interface LiveBodyOptions {
  /** What comes first; may be empty. */
  readonly preamble: Uint8Array;
  /** The next piece, as soon as there is one; null when `signal` aborts. */
  readonly next: (signal: AbortSignal) => Promise<Uint8Array | null>;
  readonly clock: Clock;
  /** Called once when it is over. */
  readonly onEnd: () => void;
  /** Ends the body, as a clean end. */
  readonly signal: AbortSignal;
}

/** Streams the pieces as the viewer takes them: a piece is asked for when the one before is on its way. */
export function liveBody(options: LiveBodyOptions): ReadableStream<Uint8Array> {
  return new ReadableStream(new LiveBodySource(options), { highWaterMark: 0 });
}

class LiveBodySource implements UnderlyingDefaultSource<Uint8Array> {
  readonly #options: LiveBodyOptions;
  readonly #abort = new AbortController();
  readonly #stop = () => this.#end("stopped");
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #begun = false;
  #ended = false;
  #cancelStall = () => {};

  constructor(options: LiveBodyOptions) {
    this.#options = options;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.#awaitPull();
    const { signal } = this.#options;
    if (signal.aborted) this.#stop();
    else signal.addEventListener("abort", this.#stop);
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#cancelStall();
    const isFirst = !this.#begun && this.#options.preamble.length > 0;
    this.#begun = true;
    const piece = isFirst ? this.#options.preamble : await this.#next();
    if (this.#ended) return;
    if (piece === null) return this.#end("stopped");
    controller.enqueue(piece);
    this.#awaitPull();
  }

  cancel(): void {
    this.#end("left");
  }

  async #next(): Promise<Uint8Array | null> {
    try {
      return await this.#options.next(this.#abort.signal);
    } catch (error) {
      this.#end("left");
      throw error;
    }
  }

  /** A viewer who does not ask for more takes nothing. */
  #awaitPull(): void {
    this.#cancelStall = this.#options.clock.timer(LIMITS.liveStallMs, () => this.#end("stalled"));
  }

  #end(how: "stopped" | "left" | "stalled"): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelStall();
    this.#options.signal.removeEventListener("abort", this.#stop);
    this.#abort.abort();
    if (how === "stopped") this.#controller?.close();
    // A clean end would wait behind what the viewer does not take: only an error ends the connection.
    if (how === "stalled") this.#controller?.error("A viewer of a live stream takes nothing");
    this.#options.onEnd();
  }
}
