/** Whether what is shown of a source is live: judged by the age of its picture, not by what anybody says. Pure. */
import type { SourceState } from "../../frame_library.ts";

/** What the page says of a source; `unknown` while there is no connection to the server. */
export type ShownState = SourceState | "unknown";

/** As `sourceStaleMs` of the server: no picture for this long is stale, unless the source is slower than that. */
const STALE_MS = 3_000;
/** A source may be late by so many of its own intervals. */
const INTERVALS = 3;
/** A slower rate than this is not believed. */
const INTERVAL_MS_MAX = 60_000;

/** Age in ms from which a picture is stale; `intervalMs` is the usual time between two, null when unknown. */
export function staleAfterMs(intervalMs: number | null): number {
  return Math.max(STALE_MS, INTERVALS * Math.min(intervalMs ?? 0, INTERVAL_MS_MAX));
}

/** What is known of a source at an instant. */
export interface SourceSigns {
  /** What the server last said. */
  readonly state: SourceState;
  readonly isConnected: boolean;
  /** When the server got the picture which is shown, by its clock; null when none is. */
  readonly pictureMs: number | null;
  /** Usual time between two pictures, ms; null when unknown. */
  readonly intervalMs: number | null;
  /** Time of the server. */
  readonly nowMs: number;
}

/**
 * The state to show. A frozen picture turns stale even if the server says nothing, and a new one is live even if the word of
 * the server for it is still on its way.
 */
export function shownState({ state, isConnected, pictureMs, intervalMs, nowMs }: SourceSigns): ShownState {
  if (!isConnected) return "unknown";
  if (state === "offline" || state === "stopped" || pictureMs === null) return state;
  return nowMs - pictureMs > staleAfterMs(intervalMs) ? "stale" : "live";
}
