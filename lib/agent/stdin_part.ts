/** Lines of standard input as events. */
import { LineSplitter, type SplitLine } from "../events/line_splitter.ts";
import type { LineFeed } from "./line_feed.ts";
import type { Part, PartHealth } from "./supervised_part.ts";

/** Standard input, which outlives the parts that read it: what one of them has asked for, the next one gets. */
export class SharedInput {
  readonly #open: () => ReadableStream<Uint8Array>;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #reading: Promise<Uint8Array | null> | undefined;

  constructor(open: () => ReadableStream<Uint8Array>) {
    this.#open = open;
  }

  /** The next bytes; null at the end; undefined when `signal` aborts before. */
  async next(signal: AbortSignal): Promise<Uint8Array | null | undefined> {
    if (signal.aborted) return undefined;
    this.#reader ??= this.#open().getReader();
    this.#reading ??= this.#reader.read().then(({ value }) => value ?? null);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const abort = () => resolve(undefined);
    signal.addEventListener("abort", abort);
    try {
      const bytes = await Promise.race([this.#reading, promise]);
      // The end stays the end.
      if (bytes !== undefined && bytes !== null) this.#reading = undefined;
      return bytes;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}

export class StdinPart implements Part {
  readonly name: string;
  readonly #input: SharedInput;
  readonly #lines: LineFeed;

  constructor(feed: string, input: SharedInput, lines: LineFeed) {
    this.name = `feed ${feed} of standard input`;
    this.#input = input;
    this.#lines = lines;
  }

  async run(signal: AbortSignal, health: PartHealth): Promise<void> {
    const splitter = new LineSplitter();
    const take = (split: readonly SplitLine[]) =>
      this.#lines.take(split.map((line) => ({ ...line, place: `line ${line.number}` })), health, signal);
    for (;;) {
      const bytes = await this.#input.next(signal);
      if (bytes === undefined) return;
      if (bytes === null) return await take(splitter.finish());
      await take(splitter.push(bytes));
    }
  }
}
