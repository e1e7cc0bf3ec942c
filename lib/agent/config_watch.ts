/** Looks at a config file once a second, and tells when its text is another one. */
import { type Clock, sleep } from "../platform/clock.ts";

export interface ConfigWatchOptions {
  /** The text of the file. Throws when it cannot be read. */
  readonly read: () => string;
  readonly clock: Clock;
  /** Has another text, which has been the same for two looks: an editor may have been writing it. */
  readonly changed: (text: string) => Promise<void>;
  /** It cannot be read; told once. */
  readonly gone: (error: unknown) => void;
}

const LOOK_MS = 1_000;

export class ConfigWatch {
  readonly #options: ConfigWatchOptions;
  #known: string;
  #seen: string;
  #isGone = false;

  /** `text` is what the file had when it was read last. */
  constructor(text: string, options: ConfigWatchOptions) {
    this.#options = options;
    this.#known = text;
    this.#seen = text;
  }

  /** Resolves when `signal` aborts. Rejects as `changed` does. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#options.clock, LOOK_MS, signal);
      if (!signal.aborted) await this.#look();
    }
  }

  async #look(): Promise<void> {
    const { read, changed, gone } = this.#options;
    let text: string;
    try {
      text = read();
    } catch (error) {
      if (!this.#isGone) gone(error);
      this.#isGone = true;
      return;
    }
    this.#isGone = false;
    const isSame = text === this.#seen;
    this.#seen = text;
    if (!isSame || text === this.#known) return;
    this.#known = text;
    await changed(text);
  }
}
