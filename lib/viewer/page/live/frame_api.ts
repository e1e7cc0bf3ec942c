/// <reference lib="dom" />
/** What is recorded, from the JSON API. */
import type { FrameView, TimelineView } from "../../frame_library.ts";
import type { TimeWindow } from "./timeline_math.ts";

/** Which source, by its names. */
export interface SourceNames {
  readonly device: string;
  readonly source: string;
}

/** A recorded frame, as far as the page needs it. */
export type RecordedFrame = Pick<FrameView, "id" | "sequence" | "name" | "timeMs" | "verdict" | "result">;

type GapReason = TimelineView["gaps"][number]["reason"];

/** As the API shows them; see `frame_json.ts`. */
interface ApiFrame {
  readonly id: number;
  readonly sequence: number;
  readonly name: string | null;
  readonly time: string;
  readonly verdict: FrameView["verdict"];
  readonly result: FrameView["result"];
}
interface ApiTimeline {
  readonly spans: readonly { from: string; to: string; frames: number; defects: number }[];
  readonly gaps: readonly { from: string; to: string | null; frames: number; reason: GapReason; count: number }[];
}

/** What is recorded of a source in a window. */
export async function fetchTimeline(
  source: SourceNames,
  window: TimeWindow,
  signal: AbortSignal,
): Promise<TimelineView> {
  const { spans, gaps } = await fetchJson<ApiTimeline>(
    "/api/timeline",
    { ...namesOf(source), ...boundsOf(window) },
    signal,
  );
  return {
    spans: spans.map(({ from, to, ...same }) => ({ ...same, fromMs: Date.parse(from), toMs: Date.parse(to) })),
    gaps: gaps.map(({ from, to, ...same }) => ({
      ...same,
      fromMs: Date.parse(from),
      toMs: to === null ? null : Date.parse(to),
    })),
  };
}

/** The recorded frame nearest to a time; null when there is none. */
export async function fetchNearest(
  source: SourceNames,
  timeMs: number,
  signal: AbortSignal,
): Promise<RecordedFrame | null> {
  const query = { ...namesOf(source), time: inRfc3339(timeMs) };
  const frame = await fetchJson<ApiFrame | null>("/api/frames/nearest", query, signal, true);
  return frame === null ? null : fromApi(frame);
}

/** The frame behind another one in the order of arrival, or before it; null at the end. */
export async function fetchNeighbour(
  source: SourceNames,
  id: number,
  direction: 1 | -1,
  signal: AbortSignal,
): Promise<RecordedFrame | null> {
  const order = direction > 0 ? "ascending" : "descending";
  return (await fetchFrames({ ...namesOf(source), cursor: String(id), order, limit: "1" }, signal))[0] ?? null;
}

/** Newest defects of a source, in a window if there is one. */
export function fetchDefects(
  source: SourceNames,
  limit: number,
  window: TimeWindow | null,
  signal: AbortSignal,
): Promise<RecordedFrame[]> {
  const bounds = window === null ? {} : boundsOf(window);
  return fetchFrames({ ...namesOf(source), ...bounds, verdict: "defect", limit: String(limit) }, signal);
}

/** A recorded picture; null when it is gone. */
export async function fetchPicture(id: number, signal: AbortSignal): Promise<ImageBitmap | null> {
  const response = await fetch(`/frames/${id}.jpg`, { signal });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`Cannot load a picture: the server answered ${response.status}`);
  return await createImageBitmap(await response.blob());
}

function namesOf({ device, source }: SourceNames): Record<string, string> {
  return { device, source };
}

function boundsOf({ fromMs, toMs }: TimeWindow): Record<string, string> {
  return { since: inRfc3339(fromMs), until: inRfc3339(toMs) };
}

function inRfc3339(ms: number): string {
  return new Date(Math.max(0, ms)).toISOString();
}

async function fetchFrames(query: Record<string, string>, signal: AbortSignal): Promise<RecordedFrame[]> {
  return (await fetchJson<{ frames: ApiFrame[] }>("/api/frames", query, signal)).frames.map(fromApi);
}

function fromApi({ id, sequence, name, time, verdict, result }: ApiFrame): RecordedFrame {
  return { id, sequence, name, timeMs: Date.parse(time), verdict, result };
}

async function fetchJson<T>(
  path: string,
  query: Record<string, string>,
  signal: AbortSignal,
  mayBeMissing = false,
): Promise<T> {
  const response = await fetch(`${path}?${new URLSearchParams(query)}`, { signal });
  if (mayBeMissing && response.status === 404) return null as T;
  if (!response.ok) throw new Error(`Cannot load ${path}: the server answered ${response.status}`);
  return await response.json() as T;
}
