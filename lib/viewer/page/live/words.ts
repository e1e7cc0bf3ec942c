/** Figures of sources in words. Pure. */
import type { FrameView, SourceView, TimelineView } from "../../frame_library.ts";
import { formatDuration } from "../format.ts";
import type { ShownState } from "./staleness.ts";

type DropReason = keyof SourceView["dropped"];
type GapReason = TimelineView["gaps"][number]["reason"];
type Verdict = NonNullable<FrameView["verdict"]>;

export const STATE_WORDS: Readonly<Record<ShownState, string>> = {
  live: "Live",
  stale: "Stale",
  stopped: "Stopped",
  offline: "Offline",
  unknown: "Unknown",
};

export const KIND_WORDS: Readonly<Record<SourceView["kind"], string>> = {
  visible: "Visible",
  infrared: "Infrared",
  other: "Other",
};

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  ok: "OK",
  defect: "Defect",
  "not analysed": "Not analysed",
};

/** Why the box did not send pictures. */
export const DROP_WORDS: Readonly<Record<DropReason, string>> = {
  link: "link too slow",
  offline: "box offline",
  disk: "disk full",
  camera: "camera gave none",
};

/** Why nothing is recorded. */
export const GAP_WORDS: Readonly<Record<GapReason, string>> = {
  link: "Dropped: link too slow",
  offline: "Box offline",
  camera: "Camera gave no pictures",
  stopped: "Stopped",
  disk: "Server's disk full",
  retention: "Removed to make room",
};

/** What a gap is, or some which are shown as one: `Dropped: link too slow (14 gaps): 45 pictures`. */
export function gapText({ reason, frames, count }: TimelineView["gaps"][number]): string {
  const many = count > 1 ? ` (${gapCount(count)})` : "";
  return `${GAP_WORDS[reason]}${many}${frames > 0 ? `: ${formatCount(frames)} pictures` : ""}`;
}

/** `1 gap`, `1,240 gaps`. */
export function gapCount(count: number): string {
  return count === 1 ? "1 gap" : `${formatCount(count)} gaps`;
}

/** `1,240`, whatever the language of the browser: the page is English. */
export function formatCount(count: number): string {
  return count.toLocaleString("en");
}

/** Pictures a second: `29.8`, `0.25`; `0` for none. */
export function formatRate(fps: number): string {
  return fps <= 0 ? "0" : fps < 1 ? fps.toFixed(2) : fps < 99.95 ? fps.toFixed(1) : String(Math.round(fps));
}

/** A short time: `42 ms`, `1.4 s`, `14 s`, `3 min`; a negative one has its sign. */
export function formatShort(ms: number): string {
  const size = Math.abs(ms);
  const sign = ms < 0 ? "−" : "";
  if (Math.round(size) < 1000) return `${size < 0.5 ? "" : sign}${Math.round(size)} ms`;
  return sign + (size < 9_950 ? `${(size / 1000).toFixed(1)} s` : formatDuration(size / 1000));
}

/** Time of day with milliseconds, in the viewer's zone. */
export function formatInstant(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${time}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** Where pictures of a source went, one line for each reason that there is. `missed`: by this page. */
export function lostLines(view: SourceView, missed: number): { count: number; reason: string }[] {
  return [
    { count: view.dropped.link, reason: `dropped by the box: ${DROP_WORDS.link}` },
    { count: view.dropped.offline, reason: `dropped by the box: ${DROP_WORDS.offline}` },
    { count: view.dropped.camera, reason: DROP_WORDS.camera },
    { count: view.dropped.disk, reason: `shown, not recorded: ${DROP_WORDS.disk}` },
    { count: view.skipped, reason: "not analysed: analysis was busy" },
    { count: missed, reason: "not shown: this page was too slow" },
  ].filter(({ count }) => count > 0);
}
