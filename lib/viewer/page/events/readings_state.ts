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
import { boundedSpan, redrawMs, reloadMs, shifted, SPAN_MS_MAX, SPAN_MS_MIN, zoomed } from "./span.ts";
import { spanOfPlace } from "./span_address.ts";
import { WayBack } from "./way_back.ts";

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
/** Who zooms in so near to the end of what is live wants to see it go on. */
const LIVE_PART = 0.03;

export class ReadingsState {
  readonly window: Signal<TimeWindow>;
  /** The window ends now, and moves on. */
  readonly isLive: Signal<boolean>;
  /** Time under the pointer in all charts; null without one. */
  readonly cursorMs: Signal<number | null> = signal(null);
  readonly load: Signal<"loading" | "done" | "failed"> = signal("loading");
  /** Goes up when the charts were drawn. */
  readonly drawn: Signal<number> = signal(0);
  /** Pixels of a chart: nobody sees more points. */
  widthPixels = 800;
  readonly #tracks = new Map<string, Track>();
  readonly #painters = new Set<() => void>();
  readonly #wayBack = new WayBack();
  #loading = new AbortController();
  #loadedMs = 0;
  #drawnMs = 0;
  #isDirty = true;
  #isBehind = false;
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    const wanted = spanOfPlace();
    const nowMs = serverNow();
    this.isLive = signal("lastMs" in wanted);
    this.window = signal(
      "lastMs" in wanted
        ? windowUntil(nowMs, boundedMs(wanted.lastMs))
        : boundedSpan(wanted.fromMs, wanted.toMs, nowMs),
    );
  }

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

  /** Calls `painter` when the charts are to be drawn: at most four times a second, never while the page is hidden. */
  paint(painter: () => void): () => void {
    this.#painters.add(painter);
    this.#isDirty = true;
    return () => this.#painters.delete(painter);
  }

  /** The last `ms`, moving on. */
  showLast(ms: number): void {
    this.#go(windowUntil(serverNow(), boundedMs(ms)), true);
  }

  /** A span which stands still. */
  showSpan(aMs: number, bMs: number): void {
    this.#go(boundedSpan(aMs, bMs, serverNow()), false);
  }

  /** Less of it (`factor` < 1) or more; what is live stays live. */
  zoom(factor: number, atMs?: number): void {
    const nowMs = serverNow();
    const isLive = this.isLive.peek();
    this.#go(zoomed(this.window.peek(), factor, nowMs, isLive ? nowMs : atMs), isLive);
  }

  /** The same around a place from 0 to 1, whose time stays where it is. What reaches now is live. */
  zoomAt(factor: number, at: number): void {
    const window = this.window.peek();
    if (this.isLive.peek() && at > 1 - LIVE_PART) return this.zoom(factor);
    this.put(zoomed(window, factor, serverNow(), window.fromMs + at * (window.toMs - window.fromMs)));
  }

  /** Earlier (negative) or later, by a part of what is shown; at its end it is live again. */
  shift(part: number): void {
    this.pan(this.window.peek(), part);
  }

  /** `window`, moved by a part of itself. */
  pan(window: TimeWindow, part: number): void {
    this.put(shifted(window, part, serverNow()));
  }

  /** A span as somebody has moved it; when it reaches now it is live. */
  put({ fromMs, toMs }: TimeWindow): void {
    const nowMs = serverNow();
    const next = boundedSpan(fromMs, toMs, nowMs);
    this.#go(next, next.toMs >= nowMs, true);
  }

  /** What was shown before; what is live when there is nothing. */
  back(): void {
    const before = this.#wayBack.back();
    const { fromMs, toMs } = before ?? this.window.peek();
    this.isLive.value = before?.isLive ?? true;
    this.#move(this.isLive.peek() ? windowUntil(serverNow(), toMs - fromMs) : { fromMs, toMs });
  }

  #go(window: TimeWindow, isLive: boolean, isSmooth = false): void {
    this.#wayBack.leave({ ...this.window.peek(), isLive: this.isLive.peek() }, isSmooth, performance.now());
    this.isLive.value = isLive;
    this.#move(window);
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
        addLive(track.live, { timeMs: event.timeMs, value, late: event.late });
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

function boundedMs(ms: number): number {
  return Math.min(SPAN_MS_MAX, Math.max(SPAN_MS_MIN, ms));
}
