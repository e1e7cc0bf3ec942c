/** What the page knows, as signals: a component is drawn anew when one that it reads has changed. */
import { computed, type Signal, signal } from "@preact/signals";
import type { ClipView, DeviceView } from "../clip_library.ts";
import type { PageMessage } from "../page_messages.ts";
import { matchesFilter, newestFirst } from "./clip_facts.ts";
import { ServerClock } from "./server_clock.ts";

/** `connecting`: nothing is known yet. `lost`: what is shown may be old, since `lostSinceMs`. */
export const link: Signal<"connecting" | "live" | "lost"> = signal("connecting");
/** When the page last heard from the server, by the browser's clock; of use while `link` is `lost`. */
export const lostSinceMs: Signal<number> = signal(0);
/** Goes up at each snapshot: players which stand still begin anew. */
export const linkEpoch: Signal<number> = signal(0);
/** The server has another version of this page. */
export const pageIsOld: Signal<boolean> = signal(false);
/** Time of the server, moved on each second. */
export const serverNowMs: Signal<number> = signal(Date.now());
export const freeBytes: Signal<number | null> = signal(null);
export const software: Signal<string> = signal("");
export const devices: Signal<readonly DeviceView[]> = signal([]);
/** There are older clips than those which are here. */
export const more: Signal<boolean> = signal(false);
export const filterText: Signal<string> = signal("");
/** Only clips of this device; null for all. */
export const filterDevice: Signal<string | null> = signal(null);
/** The one clip whose player is open. */
export const playingId: Signal<string | null> = signal(null);
/** Said to people who cannot see the page. */
export const announcement: Signal<string> = signal("");

const clipSignals = new Map<string, Signal<ClipView>>();
/** Goes up when clips come or go. */
const clipSet = signal(0);
const serverClock = new ServerClock();

/** The clips which pass the filters, newest first. */
export const shownClips = computed((): readonly Signal<ClipView>[] => {
  clipSet.value;
  const device = filterDevice.value;
  const text = filterText.value.trim();
  return [...clipSignals.values()]
    .filter((clip) => device === null || clip.peek().device === device)
    .filter((clip) => matchesFilter(clip.peek(), text))
    .sort((a, b) => newestFirst(a.peek(), b.peek()));
});

/** How many clips are here, and how many of them arrive. */
export const clipCounts = computed(() => {
  clipSet.value;
  return { all: clipSignals.size, arriving: arrivingCount.value };
});
const arrivingCount = signal(0);

/** Clips older than all of the last snapshot, which the viewer asked for. */
let oldestOfSnapshot: ClipView | undefined;

/** Whether a clip has been loaded by the "older" button. */
export function olderClips(): ClipView[] {
  const all = [...clipSignals.values()].map((clip) => clip.peek());
  const edge = oldestOfSnapshot;
  return edge === undefined ? [] : all.filter((clip) => newestFirst(edge, clip) < 0).sort(newestFirst);
}

/** The clip that is furthest down. */
export function oldestClip(): ClipView | undefined {
  return [...clipSignals.values()].map((clip) => clip.peek()).sort(newestFirst).at(-1);
}

/** The time of the server now, for what is measured; `serverNowMs` is for what is shown. */
export function serverNow(): number {
  return serverClock.at(Date.now());
}

/** The server has said what time it is. */
export function noteServerTime(ms: number): void {
  serverClock.note(ms, Date.now());
}

/** Moves the page's clock on. */
export function tick(): void {
  serverNowMs.value = serverNow();
}

/** Takes in a message of the server. */
export function applyMessage(message: PageMessage): void {
  if (message.type === "result" || message.type === "events") return;
  if (message.type === "snapshot") serverClock.reset();
  noteServerTime(message.nowMs);
  tick();
  if (message.type === "alive") return;
  freeBytes.value = message.freeBytes;
  if (message.type === "snapshot") applySnapshot(message);
  else {
    for (const id of message.removed) clipSignals.delete(id);
    for (const clip of message.clips) putClip(clip);
    if (message.removed.length > 0) clipSet.value++;
    if (message.devices !== undefined) devices.value = message.devices;
  }
  countArriving();
}

function applySnapshot(message: PageMessage & { type: "snapshot" }): void {
  const older = olderClips();
  const hadOlder = older.length > 0;
  oldestOfSnapshot = message.clips.at(-1);
  const kept = new Set([...message.clips, ...(message.more ? older : [])].map(({ id }) => id));
  for (const id of clipSignals.keys()) if (!kept.has(id)) clipSignals.delete(id);
  for (const clip of message.clips) putClip(clip);
  clipSet.value++;
  devices.value = message.devices;
  software.value = message.software;
  if (!hadOlder || !message.more) more.value = message.more;
  linkEpoch.value++;
}

/** Adds clips which are older than those here; `isMore`: there are older ones still. */
export function addOlder(clips: readonly ClipView[], isMore: boolean): void {
  for (const clip of clips) putClip(clip);
  more.value = isMore;
  countArriving();
}

/** Replaces everything older than the snapshot. */
export function replaceOlder(clips: readonly ClipView[], isMore: boolean): void {
  const kept = new Set(clips.map(({ id }) => id));
  for (const { id } of olderClips()) if (!kept.has(id)) clipSignals.delete(id);
  clipSet.value++;
  addOlder(clips, isMore);
}

function putClip(clip: ClipView): void {
  const known = clipSignals.get(clip.id);
  if (known === undefined) {
    clipSignals.set(clip.id, signal(clip));
    clipSet.value++;
    return;
  }
  announceChange(known.peek(), clip);
  known.value = clip;
}

function announceChange(before: ClipView, after: ClipView): void {
  if (before.state === after.state) return;
  const words = {
    arriving: "is arriving",
    interrupted: "was interrupted",
    stored: "has arrived whole",
    missing: "is gone",
  };
  announcement.value = `${after.name} ${words[after.state]}`;
}

function countArriving(): void {
  arrivingCount.value = [...clipSignals.values()].filter((clip) => clip.peek().state === "arriving").length;
}
