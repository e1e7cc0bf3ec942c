/// <reference lib="dom" />
/** Chooses which two pictures are shown together, live and recorded. */
import { effect, type Signal, signal } from "@preact/signals";
import { serverNow } from "../state.ts";
import type { Picture } from "./feed.ts";
import { feedOf, lookAt } from "./feeds.ts";
import type { Layer } from "./painter.ts";
import { choosePair, type Pair, pairOf } from "./pairing.ts";
import { layerOf } from "./picture_canvas.tsx";
import type { Playhead } from "./playhead.ts";

/** Pictures of each side which are kept to choose from: a third of a second at 30 a second; 8 MB each at 1080p. */
const DEPTH = 10;
const SKEW_INTERVAL_MS = 250;

interface Content {
  readonly begin: (changed: () => void) => () => void;
  readonly layers: () => readonly Layer[];
  readonly drawn?: () => void;
}

export class PairPlayer {
  /** Each source on a canvas of its own. */
  readonly single: readonly [Content, Content];
  /** The second over the first. */
  readonly both: Content;
  /** How much later the second picture was taken, ms; null while there are not two. */
  readonly skew: Signal<{ readonly ms: number; readonly isSameInstant: boolean } | null> = signal(null);
  readonly #ids: readonly [number, number];
  readonly #playhead: Playhead;
  readonly #opacity: () => number;
  readonly #repaints = new Set<() => void>();
  /** The last ones whose latency was measured. */
  readonly #shown: (Picture | null)[] = [null, null];

  /** `opacity` of the second when it lies over the first; a signal is read in it. */
  constructor(ids: readonly [number, number], playhead: Playhead, opacity: () => number) {
    this.#ids = ids;
    this.#playhead = playhead;
    this.#opacity = opacity;
    this.single = [this.#content(() => this.#layers(1)[0]), this.#content(() => this.#layers(1)[1])];
    this.both = this.#content(() => this.#layers(this.#opacity()).flat());
  }

  /** Follows playhead, opacity and skew; the returned function ends that. */
  start(): () => void {
    const timer = setInterval(() => this.#renewSkew(), SKEW_INTERVAL_MS);
    const unfollow = effect(() => {
      this.#opacity();
      this.#playhead.atMs.value;
      for (const { frame } of this.#playhead.tracks) frame.value;
      this.#renewSkew();
      for (const repaint of this.#repaints) repaint();
    });
    return () => {
      clearInterval(timer);
      unfollow();
    };
  }

  /** Both sides are asked for, whatever is shown of them: a pair needs two. */
  #content(pick: () => readonly Layer[]): Content {
    return {
      begin: (changed) => {
        this.#repaints.add(changed);
        const ends = [
          ...this.#ids.map((id) => lookAt(id, changed, DEPTH)),
          ...this.#playhead.tracks.map((track) => track.listen(changed)),
        ];
        return () => {
          this.#repaints.delete(changed);
          for (const end of ends) end();
        };
      },
      layers: pick,
      drawn: () => this.#noteShown(),
    };
  }

  #isLive(): boolean {
    return this.#playhead.atMs.peek() === null;
  }

  #pair(): Pair<Picture> | null {
    const [first, second] = this.#ids;
    return choosePair(feedOf(first).kept, feedOf(second).kept);
  }

  /** The layers of the first and of the second. Called for two canvases in the same frame, it gives the same pair. */
  #layers(secondOpacity: number): [Layer[], Layer[]] {
    const [first, second] = this.#ids;
    if (!this.#isLive()) {
      const [one, other] = this.#playhead.tracks;
      return [one?.layers() ?? [], other?.layers(secondOpacity) ?? []];
    }
    const pair = this.#pair();
    // One alone is better than nothing.
    const [a, b] = pair === null ? [feedOf(first).newest, feedOf(second).newest] : [pair.first, pair.second];
    return [
      a === null ? [] : [layerOf(first, a)],
      b === null ? [] : [layerOf(second, b, secondOpacity)],
    ];
  }

  #renewSkew(): void {
    const pair = this.#isLive() ? this.#pair() : this.#recordedPair();
    const before = this.skew.peek();
    if (pair === null) this.skew.value = null;
    else if (before?.ms !== pair.skewMs || before.isSameInstant !== pair.isSameInstant) {
      this.skew.value = { ms: pair.skewMs, isSameInstant: pair.isSameInstant };
    }
  }

  #recordedPair(): Pair<{ readonly timeMs: number }> | null {
    const [first, second] = this.#playhead.tracks.map(({ frame }) => frame.peek());
    return first === null || first === undefined || second === null || second === undefined
      ? null
      : pairOf(first, second);
  }

  #noteShown(): void {
    if (!this.#isLive()) return;
    const pair = this.#pair();
    if (pair === null) return;
    [pair.first, pair.second].forEach((picture, i) => {
      if (this.#shown[i] === picture) return;
      this.#shown[i] = picture;
      feedOf(this.#ids[i]!).meter.shown(serverNow() - picture.timeMs);
    });
  }
}
