/** Prints events as they come. What cannot be printed as fast as it comes is left out, and said: nobody waits for it. */
import type { EventWatcher, FeedOrigin, LiveEvent } from "./live_event.ts";

/** Characters which wait to be written. */
const QUEUE_LENGTH_MAX = 1024 * 1024;

export interface EventPrinterOptions {
  /** One event as a line. */
  readonly line: (origin: FeedOrigin, event: LiveEvent) => string;
  /** Says that so many were left out. */
  readonly missed: (events: number) => string;
  /** False when nobody reads any more. */
  readonly write: (bytes: Uint8Array) => Promise<boolean>;
}

const encoder = new TextEncoder();

export class EventPrinter implements EventWatcher {
  readonly #options: EventPrinterOptions;
  #lines: string[] = [];
  #length = 0;
  #missed = 0;
  #writing: Promise<void> | undefined;
  #isRead = true;

  constructor(options: EventPrinterOptions) {
    this.#options = options;
  }

  stored(origin: FeedOrigin, events: readonly LiveEvent[]): void {
    if (!this.#isRead) return;
    for (const event of events) {
      if (this.#length >= QUEUE_LENGTH_MAX) this.#missed++;
      else this.#add(this.#options.line(origin, event));
    }
    if (this.#writing === undefined && this.#lines.length > 0) this.#writing = this.#write();
  }

  /** Resolves when all that waits is written, or `deadline` has passed. */
  async stop(deadline: Promise<void>): Promise<void> {
    await Promise.race([this.#writing, deadline]);
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#length += line.length;
  }

  async #write(): Promise<void> {
    // What comes in one go is one write.
    await Promise.resolve();
    while (this.#lines.length > 0) {
      const text = `${this.#lines.join("\n")}\n`;
      this.#lines = [];
      try {
        this.#isRead = await this.#options.write(encoder.encode(text));
      } catch {
        this.#isRead = false;
      }
      this.#length = 0;
      if (!this.#isRead) this.#lines = [];
      else if (this.#missed > 0) this.#add(this.#options.missed(this.#missed));
      this.#missed = 0;
    }
    // At once: what comes from now on is another write.
    this.#writing = undefined;
  }
}
