/** Where the recording of a source is fetched as a file. */
import type { TimeWindow } from "./timeline_math.ts";

/** The address of a span of a source as a file; for `mp4` it says how far the video is. */
export function exportUrl(
  source: { readonly device: string; readonly source: string },
  span: TimeWindow,
  format: "zip" | "mp4",
): string {
  const query = new URLSearchParams({
    device: source.device,
    source: source.source,
    since: new Date(Math.floor(span.fromMs)).toISOString(),
    until: new Date(Math.ceil(span.toMs)).toISOString(),
    format,
  });
  return `/api/export?${query}`;
}

/** What the server answers about a video. */
export type VideoProgress =
  | { readonly state: "working"; readonly frames: number; readonly framesDone: number }
  | { readonly state: "ready"; readonly url: string }
  | { readonly state: "failed"; readonly text: string };

/** What the button says while a video is made. */
export function progressWords(progress: VideoProgress | null): string {
  if (progress === null || progress.state === "ready") return "MP4";
  if (progress.state === "failed") return "MP4: try again";
  return progress.frames === 0 ? "MP4: starting" : `MP4: ${Math.floor(100 * progress.framesDone / progress.frames)} %`;
}
