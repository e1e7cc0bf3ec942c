/** What the page works out from a clip. */
import type { ByteRange, ClipView } from "../clip_library.ts";

/** Bytes held of a clip. */
export function heldBytes(clip: ClipView): number {
  return clip.held.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** Seconds until a clip is whole at its present rate; null when that cannot be said. */
export function secondsLeft(clip: ClipView): number | null {
  if (clip.state !== "arriving" || clip.size === null || clip.rate <= 0) return null;
  return Math.max(0, clip.size - heldBytes(clip)) / clip.rate;
}

/** What can be done with a clip in the page. */
export type ClipKind = "playable" | "picture" | "file";

/** The kind of a clip, from its media type. */
export function clipKind(clip: ClipView): ClipKind {
  if (/^(video|audio)\//.test(clip.mediaType)) return "playable";
  return /^image\/(jpeg|png|webp|gif|avif)$/.test(clip.mediaType) ? "picture" : "file";
}

/** Where a range lies in the whole, in percent; at least wide enough to be seen. */
export function rangePlace(range: ByteRange, size: number): { readonly left: number; readonly width: number } {
  if (size === 0) return { left: 0, width: 100 };
  const width = Math.max(0.6, (range.end - range.start) / size * 100);
  return { left: Math.min(range.start / size * 100, 100 - width), width };
}

/** Newest first; of the same instant by id, so that the order never changes by itself. */
export function newestFirst(a: ClipView, b: ClipView): number {
  return b.createdMs - a.createdMs || (a.id === b.id ? 0 : a.id < b.id ? 1 : -1);
}

/** Whether a clip is shown under a filter: each word has to be in its name or its device. */
export function matchesFilter(clip: ClipView, filter: string): boolean {
  const text = `${clip.name}\n${clip.device}`.toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** The ending of a name, for the picture of a file: up to 5 characters in capitals, or `FILE`. */
export function fileEnding(name: string): string {
  const ending = /\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1];
  return ending === undefined ? "FILE" : ending.toUpperCase();
}

/** A calm colour for a device, as a hue in degrees from teal to violet: the same name always has the same. */
export function deviceHue(device: string): number {
  let hash = 7;
  for (const char of device) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 9973;
  return 172 + hash % 96;
}
