/// <reference lib="dom" />
/** What a timeline shows: a window which moves on while one looks at live pictures, and what is recorded in it. */
import { effect, type Signal, signal } from "@preact/signals";
import type { TimelineView } from "../../frame_library.ts";
import { link, serverNow } from "../state.ts";
import { fetchDefects, fetchTimeline, type RecordedFrame } from "./frame_api.ts";
import type { Playhead } from "./playhead.ts";
import { RANGES, type TimeWindow, windowUntil, windowWith } from "./timeline_math.ts";

/** One source of it. */
export interface Lane {
  readonly view: TimelineView;
  /** Newest defects in the window. */
  readonly defects: readonly RecordedFrame[];
}

const TICK_MS = 1_000;
const RELOAD_MS_MIN = 3_000;
const RELOAD_MS_MAX = 20_000;
/** Dragging the window about asks only once for where it stays. */
const SETTLE_MS = 150;
const DEFECTS_MAX = 200;

export class TimelineState {
  readonly rangeMs: Signal<number> = signal(RANGES[0].ms);
  readonly window: Signal<TimeWindow> = signal(windowUntil(serverNow(), RANGES[0].ms));
  /** By source, as in the playhead; null until it is known. */
  readonly lanes: Signal<readonly (Lane | null)[]> = signal([]);
  readonly hasFailed: Signal<boolean> = signal(false);
  readonly #playhead: Playhead;
  #loading = new AbortController();
  #loadedMs = 0;
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(playhead: Playhead) {
    this.#playhead = playhead;
  }

  /** Follows the clock, the playhead and the connection; the returned function ends that. */
  start(): () => void {
    const timer = setInterval(() => this.#tick(), TICK_MS);
    const unfollow = effect(() => {
      const atMs = this.#playhead.atMs.value;
      if (atMs !== null) this.#move(windowWith(this.window.peek(), atMs));
      else this.#move(windowUntil(serverNow(), this.rangeMs.peek()));
    });
    const unlink = effect(() => {
      if (link.value === "live") this.#plan();
    });
    return () => {
      clearInterval(timer);
      clearTimeout(this.#settling);
      unfollow();
      unlink();
      this.#loading.abort();
    };
  }

  /** Shows more or less, around the playhead. */
  showRange(ms: number): void {
    this.rangeMs.value = ms;
    const atMs = this.#playhead.atMs.peek();
    this.#move(windowUntil(atMs === null ? serverNow() : Math.min(serverNow(), atMs + ms / 2), ms));
  }

  /** Moves by half of what is shown; into the past it leaves live. */
  shift(direction: 1 | -1): void {
    const { toMs } = this.window.peek();
    const range = this.rangeMs.peek();
    const endMs = Math.min(serverNow(), toMs + direction * range / 2);
    const atMs = this.#playhead.atMs.peek();
    if (direction > 0 && endMs >= serverNow() && atMs === null) return;
    this.#move(windowUntil(endMs, range));
    const { fromMs } = this.window.peek();
    this.#playhead.seek(Math.min(endMs, Math.max(fromMs, (atMs ?? toMs) + direction * range / 2)));
  }

  #tick(): void {
    if (document.hidden || link.peek() !== "live" || this.#playhead.atMs.peek() !== null) return;
    this.window.value = windowUntil(serverNow(), this.rangeMs.peek());
    const reloadMs = Math.min(RELOAD_MS_MAX, Math.max(RELOAD_MS_MIN, this.rangeMs.peek() / 100));
    if (performance.now() - this.#loadedMs >= reloadMs) void this.#load();
  }

  #move(window: TimeWindow): void {
    const { fromMs, toMs } = this.window.peek();
    if (fromMs === window.fromMs && toMs === window.toMs && this.lanes.peek().length > 0) return;
    this.window.value = window;
    this.#plan();
  }

  #plan(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#load(), SETTLE_MS);
  }

  async #load(): Promise<void> {
    this.#loading.abort();
    this.#loading = new AbortController();
    this.#loadedMs = performance.now();
    const { signal } = this.#loading;
    const window = this.window.peek();
    try {
      this.lanes.value = await Promise.all(this.#playhead.tracks.map(async ({ source }) => {
        const [view, defects] = await Promise.all([
          fetchTimeline(source, window, signal),
          fetchDefects(source, DEFECTS_MAX, window, signal),
        ]);
        return { view, defects };
      }));
      this.hasFailed.value = false;
    } catch {
      if (!signal.aborted) this.hasFailed.value = true;
    }
  }
}
