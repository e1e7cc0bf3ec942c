/// <reference lib="dom" />
/**
 * All feeds, and which of them the server is asked for: those which somebody looks at. The server sends the newest picture
 * of a source at once when it is asked for it.
 */
import type { PageMessage, WatchMessage } from "../../page_messages.ts";
import { PictureFeed } from "./feed.ts";
import { parsePicture } from "./picture_message.ts";

/** `viewerSourcesMax` of the server, which hangs up on whoever asks for more. */
const SOURCES_MAX = 256;

const feeds = new Map<number, PictureFeed>();
/** How many lookers each source has. */
const lookers = new Map<number, number>();
let say: ((text: string) => void) | null = null;
let told = "";
let isPlanned = false;

/** The feed of a source, made when it is asked for first. */
export function feedOf(id: number): PictureFeed {
  const known = feeds.get(id) ?? new PictureFeed();
  feeds.set(id, known);
  return known;
}

/** Feeds that somebody looks at. */
export function watchedFeeds(): [id: number, feed: PictureFeed][] {
  return [...feeds].filter(([, feed]) => feed.isWatched);
}

/** Forgets sources which are gone. */
export function forgetFeeds(isThere: (id: number) => boolean): void {
  for (const [id, feed] of feeds) if (!isThere(id) && !feed.isWatched) feeds.delete(id);
}

/** Looks at a source: its pictures come from now on. `depth`: pictures which are kept; see {@linkcode PictureFeed.listen}. */
export function lookAt(id: number, listener: () => void, depth = 1): () => void {
  const unlisten = feedOf(id).listen(listener, depth);
  lookers.set(id, (lookers.get(id) ?? 0) + 1);
  plan();
  return () => {
    unlisten();
    const left = (lookers.get(id) ?? 1) - 1;
    if (left > 0) lookers.set(id, left);
    else lookers.delete(id);
    plan();
  };
}

/** There is a connection: says over it what is looked at, now and whenever that changes. Null: it is lost. */
export function watchOver(connection: ((text: string) => void) | null): void {
  say = connection;
  // A new connection knows nothing.
  told = "";
  for (const [, feed] of watchedFeeds()) feed.meter.pause();
  tell();
}

/** Starts to follow whether the page is hidden: then it wants no pictures at all. */
export function followVisibility(): void {
  document.addEventListener("visibilitychange", () => {
    for (const [, feed] of watchedFeeds()) feed.meter.pause();
    tell();
  });
}

/** A binary message. */
export function takePicture(message: ArrayBuffer): number | null {
  const picture = parsePicture(message);
  if (picture === null) return null;
  feeds.get(picture.header.source)?.take(picture);
  return picture.header.sentMs;
}

/** A result of a source that is looked at. */
export function takeResult({ source, run, sequence, result }: PageMessage & { readonly type: "result" }): void {
  const feed = feeds.get(source);
  if (feed === undefined) return;
  feed.results.noteResult(run, sequence, result);
  feed.tell();
}

/** Many cards come and go in one turn of scrolling: one message for all of them. */
function plan(): void {
  if (isPlanned) return;
  isPlanned = true;
  queueMicrotask(() => {
    isPlanned = false;
    tell();
  });
}

function tell(): void {
  const ids = document.hidden ? [] : [...lookers.keys()].sort((a, b) => a - b).slice(0, SOURCES_MAX);
  const message: WatchMessage = { type: "watch", sources: ids.map((id) => ({ id, fpsMax: null })) };
  const text = JSON.stringify(message);
  if (say === null || text === told) return;
  told = text;
  say(text);
}
