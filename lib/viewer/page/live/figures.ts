/// <reference lib="dom" />
/** Figures of the sources which are looked at, measured by this page: four times a second into signals, never with each picture. */
import { type Signal, signal } from "@preact/signals";
import type { SourceView } from "../../frame_library.ts";
import { link, serverNow } from "../state.ts";
import type { PictureFeed } from "./feed.ts";
import { feedOf, watchedFeeds } from "./feeds.ts";
import type { Result } from "./result_book.ts";
import { sourceSignal } from "./source_state.ts";
import { type ShownState, shownState } from "./staleness.ts";

/** What a card says. */
export interface Figures {
  readonly state: ShownState;
  /** Age of the picture that is shown, ms, in steps that a person can read; null when none is. */
  readonly ageMs: number | null;
  /** Pictures a second which this page gets; null when unknown. */
  readonly fps: number | null;
  /** From being taken to being drawn, ms; null when unknown. */
  readonly latencyMs: number | null;
  /** Pictures that this page was too slow for. */
  readonly missed: number;
  /** Pixels; null without a picture. */
  readonly size: string | null;
  /** The last result. */
  readonly result: Result | null;
}

const INTERVAL_MS = 250;
const figures = new Map<number, Signal<Figures>>();

/** The figures of a source. */
export function figuresOf(view: SourceView): Signal<Figures> {
  const known = figures.get(view.id);
  if (known !== undefined) return known;
  const made = signal(measure(view, feedOf(view.id)));
  figures.set(view.id, made);
  return made;
}

/** Starts, for as long as the page is open. */
export function keepFigures(): void {
  setInterval(() => {
    if (!document.hidden) renewFigures();
  }, INTERVAL_MS);
}

/** Measures anew; also called when the connection is lost or back, which nobody should learn late. */
export function renewFigures(): void {
  const watched = new Map(watchedFeeds());
  for (const [id, shown] of figures) {
    const view = sourceSignal(id)?.peek();
    if (view === undefined) {
      if (!watched.has(id)) figures.delete(id);
      continue;
    }
    const next = measure(view, feedOf(id));
    if (!isSame(shown.peek(), next)) shown.value = next;
  }
}

function measure(view: SourceView, feed: PictureFeed): Figures {
  const nowMs = serverNow();
  const picture = feed.newest;
  const state = shownState({
    state: view.state,
    isConnected: link.peek() === "live",
    // Nothing decodes that fast: what has arrived is as good as what is drawn.
    pictureMs: picture?.header.receivedMs ?? null,
    intervalMs: feed.meter.intervalMs() ?? (view.fps > 0 ? 1000 / view.fps : null),
    nowMs,
  });
  const isMoving = state === "live";
  return {
    state,
    ageMs: readableAge(picture?.timeMs ?? view.lastFrameMs ?? view.lastStoredMs, nowMs),
    fps: isMoving ? feed.meter.fps(performance.now()) : null,
    latencyMs: isMoving ? rounded(feed.meter.latencyMs()) : null,
    missed: feed.meter.missed,
    size: picture === null ? null : `${picture.bitmap.width} × ${picture.bitmap.height}`,
    result: feed.results.newest,
  };
}

function readableAge(timeMs: number | null, nowMs: number): number | null {
  if (timeMs === null) return null;
  const ageMs = Math.max(0, nowMs - timeMs);
  return ageMs < 1000 ? 0 : Math.floor(ageMs / 1000) * 1000;
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}

function isSame(a: Figures, b: Figures): boolean {
  return (Object.keys(a) as (keyof Figures)[]).every((name) => a[name] === b[name]);
}
