/// <reference lib="dom" />
/** The player of the one clip that is open. It exists only while it is, so that no card costs a connection. */
import { effect, type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ClipView } from "../clip_library.ts";
import {
  type PlaybackTrouble,
  retryPlaybackMs,
  troubleAfterError,
  troubleAfterStall,
  troubleText,
} from "./playback.ts";
import { link, linkEpoch } from "./state.ts";

/** Where the content of a clip is. */
export function contentUrl(id: string): string {
  return `/clips/${encodeURIComponent(id)}/content`;
}

/** Plays `clip`, waits for bytes which are still to come, and goes on after a lost connection. */
export function Player({ clip }: { clip: Signal<ClipView> }) {
  const video = useRef<HTMLVideoElement>(null);
  const trouble = useSignal<PlaybackTrouble>("none");
  useEffect(() => video.current === null ? undefined : drive(video.current, clip, trouble), []);
  const text = troubleText(trouble.value, clip.value.state, link.value === "live");
  return (
    <>
      <video
        class="player"
        ref={video}
        controls
        playsInline
        preload="auto"
        aria-label={`Player of ${clip.value.name}`}
      />
      {text !== null && <p class="player-note" role="status">{text}</p>}
    </>
  );
}

/** Connects a video element with the state of its clip; returns what ends it and frees its connection. */
function drive(video: HTMLVideoElement, clip: Signal<ClipView>, trouble: Signal<PlaybackTrouble>): () => void {
  const ending = new AbortController();
  let tries = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;

  function load(): void {
    clearTimeout(retryTimer);
    const position = video.currentTime;
    video.src = contentUrl(clip.peek().id);
    // A browser may refuse to start by itself; its own controls are there then.
    video.play().catch(() => {});
    if (position > 0) video.addEventListener("loadedmetadata", () => video.currentTime = position, { once: true });
  }

  async function failed(): Promise<void> {
    const code = video.error?.code ?? 0;
    const reachable = await isReachable(clip.peek().id, ending.signal);
    if (ending.signal.aborted) return;
    trouble.value = troubleAfterError(code, clip.peek().state, reachable);
    clearTimeout(retryTimer);
    if (trouble.value === "broken") {
      retryTimer = setTimeout(() => link.peek() === "live" && load(), retryPlaybackMs(++tries));
    }
  }

  const on = (event: string, listener: () => void) =>
    video.addEventListener(event, listener, { signal: ending.signal });
  on("error", () => void failed());
  on("waiting", () => trouble.value = troubleAfterStall(clip.peek().state));
  for (const event of ["playing", "canplay", "ended"]) on(event, () => trouble.value = "none");
  on("timeupdate", () => {
    if (video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) tries = 0;
  });
  trouble.value = troubleAfterStall(clip.peek().state);
  load();
  video.focus({ preventScroll: true });
  let epoch = linkEpoch.peek();
  const stopWatching = effect(() => {
    const isNewLink = linkEpoch.value !== epoch;
    epoch = linkEpoch.value;
    if (isNewLink && ["broken", "waiting", "loading"].includes(trouble.peek())) load();
  });
  const stopWaiting = effect(() => {
    if (clip.value.state === "stored" && trouble.peek() === "not-yet") load();
  });
  return () => {
    ending.abort();
    clearTimeout(retryTimer);
    stopWatching();
    stopWaiting();
    // This is what makes a browser give the connection back; it has six for all pages of a host.
    video.pause();
    video.removeAttribute("src");
    video.load();
  };
}

async function isReachable(id: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(contentUrl(id), { method: "HEAD", signal });
    return response.ok;
  } catch {
    return false;
  }
}
