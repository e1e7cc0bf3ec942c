/** The sources that one page watches: which of their pictures it gets, and when. */
import type { FeedReader } from "../live/feed.ts";
import type { LiveHub } from "../live/live_hub.ts";
import type { LiveResult } from "../live/live_channel.ts";
import type { Frame, SourceKey } from "../protocol/frame.ts";

/** What is wanted of a source. */
export interface WantedSource {
  /** `SourceView.id`. */
  readonly id: number;
  readonly key: SourceKey;
  readonly fpsMax: number | null;
}

/** Where pictures and results go. */
export interface PictureTaker {
  /** There is room for one more message. */
  readonly takesPictures: boolean;
  sendPicture(source: number, frame: Frame, missed: number): void;
  sendResult(source: number, result: LiveResult): void;
}

/**
 * What is left after a round: `nothing`; more at a time (a source with `fpsMax` is not due), in ms from now; or things for
 * which there was no `room`, and whether any others were sent.
 */
export type Left =
  | { readonly left: "nothing" }
  | { readonly left: "later"; readonly inMs: number }
  | { readonly left: "room"; readonly sent: boolean };

interface Watched {
  readonly id: number;
  readonly frames: FeedReader<Frame>;
  readonly results: FeedReader<LiveResult>;
  fpsMax: number | null;
  /** No picture before this time, because of `fpsMax`. */
  dueMs: number;
}

/** One page's slots. A source waits behind those which waited before it, so that all get their turn. */
export class WatchedSources {
  readonly #hub: LiveHub;
  readonly #taker: PictureTaker;
  readonly #now: () => number;
  readonly #onNews: () => void;
  readonly #watched = new Map<number, Watched>();
  /** Those with something that the page has not got, the longest waiting first. */
  readonly #waiting = new Set<Watched>();

  /** `onNews`: something waits which did not; must be quick. */
  constructor(hub: LiveHub, taker: PictureTaker, now: () => number, onNews: () => void) {
    this.#hub = hub;
    this.#taker = taker;
    this.#now = now;
    this.#onNews = onNews;
  }

  /** Watches these from now on; those watched before go on as they are. */
  watch(wanted: readonly WantedSource[]): void {
    const ids = new Set(wanted.map(({ id }) => id));
    for (const [id, watched] of this.#watched) if (!ids.has(id)) this.#drop(watched);
    for (const { id, key, fpsMax } of wanted) {
      const watched = this.#watched.get(id);
      if (watched === undefined) this.#add(id, key, fpsMax);
      else if (watched.fpsMax !== fpsMax) Object.assign(watched, { fpsMax, dueMs: this.#now() });
    }
    if (this.#waiting.size > 0) this.#onNews();
  }

  close(): void {
    for (const watched of [...this.#watched.values()]) this.#drop(watched);
  }

  /** Sends what there is room for, each source once. */
  round(): Left {
    const nowMs = this.#now();
    let inMs = Infinity;
    let [isFull, sent] = [false, false];
    for (const watched of [...this.#waiting]) {
      isFull ||= !this.#taker.takesPictures;
      const leftMs = watched.dueMs - nowMs;
      const isDue = watched.frames.hasNews && leftMs <= 0;
      if (isFull) break;
      const result = watched.results.takeNewest();
      if (isDue) this.#send(watched, nowMs);
      // Behind its picture, if that is the newest.
      if (result !== null) this.#taker.sendResult(watched.id, result.item);
      sent ||= isDue || result !== null;
      if (watched.frames.hasNews) inMs = Math.min(inMs, leftMs);
      else this.#waiting.delete(watched);
    }
    if (isFull) return { left: "room", sent };
    return inMs === Infinity ? { left: "nothing" } : { left: "later", inMs };
  }

  #send(watched: Watched, nowMs: number): void {
    const { item, missed } = watched.frames.take()!;
    if (watched.fpsMax !== null) {
      // From when it was due, so that the rate is kept although rounds and frames come when they come.
      const stepMs = 1_000 / watched.fpsMax;
      watched.dueMs = Math.max(watched.dueMs + stepMs, nowMs + stepMs / 2);
    }
    this.#taker.sendPicture(watched.id, item, missed);
  }

  #add(id: number, key: SourceKey, fpsMax: number | null): void {
    const note = () => {
      // A picture which comes before the next one is due is not what the page is too slow for.
      if (this.#now() < watched.dueMs) watched.frames.forgive();
      if (this.#waiting.has(watched)) return;
      this.#waiting.add(watched);
      this.#onNews();
    };
    const watched: Watched = {
      id,
      frames: this.#hub.watchFrames(key, note),
      results: this.#hub.watchResults(key, note),
      fpsMax,
      dueMs: this.#now(),
    };
    this.#watched.set(id, watched);
    if (watched.frames.hasNews || watched.results.hasNews) this.#waiting.add(watched);
  }

  #drop(watched: Watched): void {
    this.#watched.delete(watched.id);
    this.#waiting.delete(watched);
    watched.frames.close();
    watched.results.close();
  }
}
