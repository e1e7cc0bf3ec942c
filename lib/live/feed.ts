/** The newest few things of something that goes on, for readers each at its own pace: nobody waits for any of them. */

/** What a reader gets. */
export interface FeedItem<T> {
  readonly item: T;
  /** Items which this reader never got, between the one before and this one. */
  readonly missed: number;
}

/** Keeps the newest `keep` items. A reader is a position in them, so that it costs the same however slow it is. */
export class Feed<T> {
  readonly #ring: (T | undefined)[];
  readonly #readers = new Set<FeedReader<T>>();
  #count = 0;
  #missed = 0;

  constructor(keep: number) {
    this.#ring = new Array(keep).fill(undefined);
  }

  /** Items so far. */
  get count(): number {
    return this.#count;
  }

  /** Readers at the moment. */
  get readers(): number {
    return this.#readers.size;
  }

  /** Items which readers missed because they were too slow, over all of them. */
  get missed(): number {
    return this.#missed;
  }

  get newest(): T | undefined {
    return this.#count === 0 ? undefined : this.at(this.#count);
  }

  /** Number (from 1) of the oldest item which is kept. */
  get oldestKept(): number {
    return Math.max(1, this.#count - this.#ring.length + 1);
  }

  /** The item of a number from `oldestKept` to `count`. */
  at(number: number): T {
    return this.#ring[number % this.#ring.length] as T;
  }

  /** Adds the next item; readers that wait run later. */
  put(item: T): void {
    this.#count++;
    this.#ring[this.#count % this.#ring.length] = item;
    for (const reader of this.#readers) reader.wake();
  }

  /**
   * A reader which starts with the newest item there is, if any. `onNews` is called inside of `put` and must be quick.
   */
  reader(onNews?: () => void): FeedReader<T> {
    const reader = new FeedReader(this, (count) => this.#missed += count, () => this.#readers.delete(reader), onNews);
    this.#readers.add(reader);
    return reader;
  }
}

/** One reader's place in a {@linkcode Feed}. */
export class FeedReader<T> {
  readonly #feed: Feed<T>;
  readonly #noteMissed: (count: number) => void;
  readonly #leave: () => void;
  readonly #onNews: (() => void) | undefined;
  #seen: number;
  #wake: (() => void) | undefined;
  #closed = false;

  /** Use {@linkcode Feed.reader}. */
  constructor(feed: Feed<T>, noteMissed: (count: number) => void, leave: () => void, onNews?: () => void) {
    this.#feed = feed;
    this.#noteMissed = noteMissed;
    this.#leave = leave;
    this.#onNews = onNews;
    this.#seen = Math.max(0, feed.count - 1);
  }

  /** There is something which it has not got. */
  get hasNews(): boolean {
    return !this.#closed && this.#seen < this.#feed.count;
  }

  /** The oldest item which is kept and which it has not got; null when there is none. */
  take(): FeedItem<T> | null {
    return this.#takeNumber(Math.max(this.#seen + 1, this.#feed.oldestKept));
  }

  /** The newest item, if it has not got it. */
  takeNewest(): FeedItem<T> | null {
    return this.#takeNumber(this.#feed.count);
  }

  /** All but the newest were passed over on purpose: they do not count as missed. */
  forgive(): void {
    this.#seen = Math.max(this.#seen, this.#feed.count - 1);
  }

  /** Like `take`, but waits for it; null when `signal` aborts or the reader is closed. One call at a time. */
  async next(signal: AbortSignal): Promise<FeedItem<T> | null> {
    while (!signal.aborted && !this.#closed) {
      const item = this.take();
      if (item !== null) return item;
      await new Promise<void>((resolve) => {
        const done = () => {
          this.#wake = undefined;
          signal.removeEventListener("abort", done);
          resolve();
        };
        this.#wake = done;
        signal.addEventListener("abort", done);
      });
    }
    return null;
  }

  /** Gets nothing any more; may be called again. */
  close(): void {
    this.#closed = true;
    this.#leave();
    this.#wake?.();
  }

  /** For the feed: there is news. */
  wake(): void {
    this.#wake?.();
    this.#onNews?.();
  }

  #takeNumber(number: number): FeedItem<T> | null {
    if (!this.hasNews) return null;
    const missed = number - this.#seen - 1;
    if (missed > 0) this.#noteMissed(missed);
    this.#seen = number;
    return { item: this.#feed.at(number), missed };
  }
}
