/** What the player does when playback stops; decided without a player. */
import type { ClipState } from "../clip_library.ts";

/** What is wrong with playback, as far as it is known. */
export type PlaybackTrouble =
  /** It plays, or has not been started. */
  | "none"
  /** The next bytes have not come from the box yet. */
  | "waiting"
  /** The next bytes are on the server, and on their way here. */
  | "loading"
  /** The connection to the server broke; it goes on from the same position. */
  | "broken"
  /** What has arrived cannot be played yet: tried again when the clip is whole. */
  | "not-yet"
  /** Everything is there, and this browser cannot play it. */
  | "unplayable";

/** Codes of `MediaError`. Source: HTML standard, section 4.8.11.1. */
export const MEDIA_ERROR = { aborted: 1, network: 2, decode: 3, notSupported: 4 } as const;

/** What an error means. `reachable`: whether the server, asked just now, has the content. */
export function troubleAfterError(code: number, state: ClipState, reachable: boolean): PlaybackTrouble {
  // A request that fails at its start is told as "not supported" too.
  if (code === MEDIA_ERROR.network || code === MEDIA_ERROR.aborted || !reachable) return "broken";
  return state === "stored" ? "unplayable" : "not-yet";
}

/** What standing still means. */
export function troubleAfterStall(state: ClipState): PlaybackTrouble {
  return state === "stored" ? "loading" : "waiting";
}

/** Milliseconds before broken playback is tried again, for the `tries`-th time (from 1). */
export function retryPlaybackMs(tries: number): number {
  return Math.min(10_000, 500 * 2 ** Math.min(tries - 1, 6));
}

/** What is said over the picture; null for nothing. */
export function troubleText(trouble: PlaybackTrouble, state: ClipState, isLive: boolean): string | null {
  switch (trouble) {
    case "none":
      return null;
    case "loading":
      return "Loading…";
    case "broken":
      return isLive
        ? "Playback was interrupted; trying again…"
        : "Not connected to the server; playback goes on when it is back";
    case "waiting":
      if (!isLive) return "Not connected to the server; playback goes on when it is back";
      return state === "interrupted"
        ? "The box is not connected; playback goes on when it sends again"
        : "Waiting for bytes from the box…";
    case "not-yet":
      return "This cannot be played before all of it has arrived; it starts by itself then";
    case "unplayable":
      return "This browser cannot play this clip. Download it to play it elsewhere.";
  }
}
