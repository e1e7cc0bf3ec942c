/// <reference lib="dom" />
/** What all charts of the readings show: one span of time, which moves on while it is live, and the series in it. */
import { effect, type Signal, signal } from "@preact/signals";
import type { EventView } from "../../event_library.ts";
import type { TimeWindow } from "../live/timeline_math.ts";
import { windowUntil } from "../live/timeline_math.ts";
import { link, serverNow } from "../state.ts";
import { fetchSeries, type SeriesNames } from "./event_api.ts";
import { feedSignal, onEvents } from "./event_state.ts";
import { valueOf } from "./event_words.ts";
import { addLive, type History, joinedSeries, LIVE_POINTS_MAX, type LivePoint, type SeriesPoint } from "./series.ts";
import { boundedSpan, redrawMs, reloadMs, shifted, SPANS, zoomed } from "./span.ts";

/** One line of a chart. */
export interface SeriesKey extends SeriesNames {
  readonly feedId: number;
  /** Which line of its feed in the same chart, from 0. */
  readonly line: number;
}

interface Track {
  readonly key: SeriesKey;
  history: History | null;
  readonly live: LivePoint[];
  /** The live points are complete from here on. */
  completeFromMs: number;
}

const TICK_MS = 250;
/** Dragging about asks only once for where it stays. */
const SETTLE_MS = 120;
/** Readings are on their way for this long at most; younger ones are taken from the WebSocket. */
const UNDERWAY_MS = 5_000;
/** When events were skipped, what the server knows is asked for no more often than this. */
const SKIPPED_RELOAD_MS = 3_000;
const BUCKETS_MIN = 100;
const BUCKETS_MAX = 1_000;

export class ReadingsState {
  readonly window: Signal<TimeWindow> = signal(windowUntil(serverNow(), SPANS[0].ms));
  /** The window ends now, and moves on. */
  readonly isLive: Signal<boolean> = signal(true);
  /** Time under the pointer in all charts; null without one. */
  readonly cursorMs: Signal<number | null> = signal(null);
  readonly load: Signal<"loading" | "done" | "failed"> = signal("loading");
  /** Spans whose readings waited on their box, as far as it is known. */
  readonly late: Signal<readonly TimeWindow[]> = signal([]);
  /** Goes up when the charts were drawn. */
  readonly drawn: Signal<number> = signal(0);
  /** Pixels of a chart: nobody sees more points. */
  widthPixels = 800;
  readonly #tracks = new Map<string, Track>();
  readonly #painters = new Set<() => void>();
  #loading = new AbortController();
  #loadedMs = 0;
  #drawnMs = 0;
  #isDirty = true;
  #isBehind = false;
  #settling: ReturnType<typeof setTimeout> | undefined;

  /** Follows the clock, the connection and the events; the returned function ends that. */
  start(): () => void {
    const timer = setInterval(() => this.#tick(), TICK_MS);
    const deaf = onEvents((events, skipped) => this.#take(events, skipped));
    const unlink = effect(() => {
      if (link.value !== "live") return;
      for (const track of this.#tracks.values()) this.#restart(track);
      this.#plan();
    });
    return () => {
      clearInterval(timer);
      clearTimeout(this.#settling);
      deaf();
      unlink();
      this.#loading.abort();
    };
  }

  /** Says which series are shown. */
  show(keys: readonly SeriesKey[]): void {
    const names = new Set(keys.map(nameOf));
    for (const name of this.#tracks.keys()) if (!names.has(name)) this.#tracks.delete(name);
    for (const key of keys) {
      if (this.#tracks.has(nameOf(key))) continue;
      this.#tracks.set(nameOf(key), { key, history: null, live: [], completeFromMs: serverNow() });
    }
    this.#plan();
  }

  /** The points of a series in the window, and how long a bucket is; null while nothing is known. */
  points(key: SeriesKey): { points: SeriesPoint[]; bucketMs: number } | null {
    const track = this.#tracks.get(nameOf(key));
    if (track === undefined || track.history === null) return null;
    return {
      points: joinedSeries(track.history, track.live, this.window.peek()),
      bucketMs: track.history.bucketMs,
    };
  }

  /** How many readings of a feed the window has. */
  readings(feedId: number): number {
    const counts = [...this.#tracks.values()].filter(({ key }) => key.feedId === feedId)
      .map(({ key }) => (this.points(key)?.points ?? []).reduce((sum, { count }) => sum + count, 0));
    return Math.max(0, ...counts);
  }

  /** Calls `painter` when the charts are to be drawn: at most four times a second, never while the page is hidden. */
  paint(painter: () => void): () => void {
    this.#painters.add(painter);
    this.#isDirty = true;
    return () => this.#painters.delete(painter);
  }

  /** The last `ms`, moving on. */
  showLast(ms: number): void {
    this.isLive.value = true;
    this.#move(windowUntil(serverNow(), ms));
  }

  /** A span which stands still. */
  showSpan(aMs: number, bMs: number): void {
    this.isLive.value = false;
    this.#move(boundedSpan(aMs, bMs, serverNow()));
  }

  /** Less of it (`factor` < 1) or more; what is live stays live. */
  zoom(factor: number, atMs?: number): void {
    const nowMs = serverNow();
    if (this.isLive.peek()) this.#move(zoomed(this.window.peek(), factor, nowMs, nowMs));
    else this.#move(zoomed(this.window.peek(), factor, nowMs, atMs));
  }

  /** Earlier (negative) or later, by a part of what is shown; at its end it is live again. */
  shift(part: number): void {
    const nowMs = serverNow();
    const next = shifted(this.window.peek(), part, nowMs);
    this.isLive.value = next.toMs >= nowMs;
    this.#move(next);
  }

  /** Something that is drawn has changed. */
  touch(): void {
    this.#isDirty = true;
  }

  #move(window: TimeWindow): void {
    this.window.value = window;
    this.#draw();
    this.#plan();
  }

  #tick(): void {
    if (document.hidden) return;
    const { fromMs, toMs } = this.window.peek();
    const now = performance.now();
    const isMoving = this.isLive.peek() && link.peek() === "live";
    if (isMoving) {
      const age = now - this.#loadedMs;
      if (age >= reloadMs(toMs - fromMs) || (this.#isBehind && age >= SKIPPED_RELOAD_MS)) void this.#load();
    }
    const isDue = isMoving && now - this.#drawnMs >= redrawMs(toMs - fromMs, this.widthPixels);
    if (!isDue && !this.#isDirty) return;
    if (isMoving) this.window.value = windowUntil(serverNow(), toMs - fromMs);
    this.#draw();
  }

  #draw(): void {
    this.#isDirty = false;
    this.#drawnMs = performance.now();
    for (const painter of this.#painters) painter();
    this.drawn.value++;
  }

  #take(events: readonly EventView[], skipped: ReadonlySet<number>): void {
    for (const track of this.#tracks.values()) {
      const { feedId, measure } = track.key;
      const siblings = new Set(feedSignal(feedId)?.peek().measures.map(({ name }) => name));
      if (skipped.has(feedId)) {
        track.completeFromMs = serverNow();
        this.#isBehind = true;
      }
      for (const event of events) {
        if (event.feedId !== feedId) continue;
        const value = valueOf(event, measure, siblings);
        if (value === null) continue;
        addLive(track.live, { timeMs: event.timeMs, value });
        this.#isDirty = true;
      }
      // What was pushed out of its end is no longer complete.
      if (track.live.length > 0) track.completeFromMs = Math.max(track.completeFromMs, firstKept(track.live));
    }
  }

  #restart(track: Track): void {
    track.live.length = 0;
    track.completeFromMs = serverNow();
  }

  #plan(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#load(), SETTLE_MS);
  }

  async #load(): Promise<void> {
    this.#loading.abort();
    this.#loading = new AbortController();
    this.#loadedMs = performance.now();
    this.#isBehind = false;
    const { signal } = this.#loading;
    const window = this.window.peek();
    const marginMs = (window.toMs - window.fromMs) / 50;
    const nowMs = serverNow();
    const buckets = Math.round(Math.min(BUCKETS_MAX, Math.max(BUCKETS_MIN, this.widthPixels)));
    if (this.load.peek() !== "failed") this.load.value = "loading";
    try {
      await Promise.all([...this.#tracks.values()].map(async (track) => {
        const untilMs = this.isLive.peek()
          ? Math.floor(Math.min(nowMs, Math.max(track.completeFromMs, nowMs - UNDERWAY_MS)))
          : Math.floor(Math.min(nowMs, window.toMs + marginMs));
        const span = { fromMs: window.fromMs - marginMs, toMs: untilMs };
        track.history = await fetchSeries(track.key, span, buckets, signal);
        this.#isDirty = true;
      }));
      this.load.value = "done";
    } catch {
      if (!signal.aborted) this.load.value = "failed";
    }
    if (!signal.aborted && !document.hidden) this.#draw();
  }
}

/** Time of the oldest live point, if older ones may have been pushed out. */
function firstKept(live: readonly LivePoint[]): number {
  return live.length < LIVE_POINTS_MAX ? -Infinity : live[0]!.timeMs;
}

function nameOf({ feedId, measure }: SeriesKey): string {
  return `${feedId} ${measure}`;
}
