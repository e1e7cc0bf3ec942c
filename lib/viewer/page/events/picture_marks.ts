/// <reference lib="dom" />
/** The events with pictures in the span of the charts. */
import { effect, type Signal, signal } from "@preact/signals";
import type { EventView, FeedView } from "../../event_library.ts";
import type { ShownEvent } from "./event_words.ts";
import { link } from "../state.ts";
import { fetchEvents } from "./event_api.ts";
import { onEvents } from "./event_state.ts";
import type { ReadingsState } from "./readings_state.ts";

/** Pictures of one feed which are marked. */
const PICTURES_MAX = 100;
const SETTLE_MS = 200;

export class PictureMarks {
  readonly events: Signal<readonly ShownEvent[]> = signal([]);
  /** There are more than are marked. */
  readonly hasMore: Signal<boolean> = signal(false);
  readonly #state: ReadingsState;
  #feeds: readonly FeedView[] = [];
  #loading = new AbortController();
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(state: ReadingsState) {
    this.#state = state;
  }

  /** Follows the span of the charts and the events; the returned function ends that. */
  start(): () => void {
    let before = "";
    const unfollow = effect(() => {
      const { fromMs, toMs } = this.#state.window.value;
      const isLive = this.#state.isLive.value;
      // A window which only moves on gets its pictures as they come.
      const next = isLive ? `live ${Math.round((toMs - fromMs) / 10)} ${link.value}` : `${fromMs} ${toMs}`;
      if (next !== before) this.#plan();
      before = next;
    });
    const deaf = onEvents((events) => this.#take(events));
    return () => {
      clearTimeout(this.#settling);
      unfollow();
      deaf();
      this.#loading.abort();
    };
  }

  /** Says of which feeds. */
  show(feeds: readonly FeedView[]): void {
    this.#feeds = feeds;
    this.#plan();
  }

  #take(events: readonly EventView[]): void {
    const come = events.filter(({ picture, feedId }) =>
      picture !== null && this.#feeds.some(({ id }) => id === feedId)
    );
    if (come.length > 0) this.events.value = [...this.events.peek(), ...come].slice(-PICTURES_MAX * this.#feeds.length);
  }

  #plan(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#load(), SETTLE_MS);
  }

  async #load(): Promise<void> {
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    const { fromMs, toMs } = this.#state.window.peek();
    const span = this.#state.isLive.peek() ? { sinceMs: fromMs } : { sinceMs: fromMs, untilMs: toMs };
    try {
      const pages = await Promise.all(
        this.#feeds.map(({ device, feed }) =>
          fetchEvents({ device, feed, ...span, hasPicture: true }, { cursor: null, limit: PICTURES_MAX }, signal)
        ),
      );
      const all = pages.flatMap(({ events }) => events).filter(({ picture }) => picture !== null);
      this.events.value = all.sort((a, b) => a.timeMs - b.timeMs || a.id - b.id);
      this.hasMore.value = pages.some(({ next }) => next !== null);
    } catch {
      // The charts say that the server does not answer; the marks stay as they are.
    }
  }
}
