/// <reference lib="dom" />
/** Readings which waited on their box, as spans below the charts: known as soon as the window has few enough readings. */
import { effect } from "@preact/signals";
import type { FeedView } from "../../event_library.ts";
import { fetchEvents } from "./event_api.ts";
import { lateSpans } from "./marks.ts";
import type { ReadingsState } from "./readings_state.ts";

/** With more readings of a feed than this it is not asked which of them were late. */
const READINGS_MAX = 1_000;
/** While a window moves on it is asked again this often at most, ms. */
const AGAIN_MS = 30_000;
/** Late readings nearer than this part of the window are one span. */
const JOIN_PART = 0.02;

export class LateMarks {
  readonly #state: ReadingsState;
  #feeds: readonly FeedView[] = [];
  #loading = new AbortController();
  #asked = "";
  #askedMs = -Infinity;

  constructor(state: ReadingsState) {
    this.#state = state;
  }

  /** Follows what the charts show; the returned function ends that. */
  start(): () => void {
    const unfollow = effect(() => {
      if (this.#state.load.value === "done") void this.#load();
    });
    return () => {
      unfollow();
      this.#loading.abort();
    };
  }

  /** Says of which feeds. */
  show(feeds: readonly FeedView[]): void {
    this.#feeds = feeds;
    this.#askedMs = -Infinity;
  }

  async #load(): Promise<void> {
    const { fromMs, toMs } = this.#state.window.peek();
    const window = this.#state.isLive.peek() ? `last ${Math.round(toMs - fromMs)}` : `${fromMs} ${toMs}`;
    const now = performance.now();
    if (window === this.#asked && now - this.#askedMs < AGAIN_MS) return;
    this.#asked = window;
    this.#askedMs = now;
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    const few = this.#feeds.filter(({ id }) => this.#state.readings(id) <= READINGS_MAX);
    try {
      const pages = await Promise.all(
        few.map(({ device, feed }) =>
          fetchEvents({ device, feed, sinceMs: fromMs, untilMs: toMs }, { cursor: null, limit: READINGS_MAX }, signal)
        ),
      );
      this.#state.late.value = pages.flatMap(({ events }) => lateSpans(events, JOIN_PART * (toMs - fromMs)));
      this.#state.touch();
    } catch {
      // The charts say that the server does not answer.
    }
  }
}
