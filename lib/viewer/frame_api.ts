/** The routes about recorded frames: `/api/sources`, `/api/frames`, `/api/timeline`, `/frames/{id}.jpg`. */
import { answer, jsonAnswer } from "./answers.ts";
import { frameJson, sourceJson, timelineJson } from "./frame_json.ts";
import type { FrameLibrary, SourceView } from "./frame_library.ts";
import { BadParameter, cursorOf, limitOf, nameOf, orderOf, timeOf, timesOf, verdictOf } from "./parameters.ts";
import { etagMatches } from "./range.ts";
import { rfc3339, TIME_ALLOWED } from "./times.ts";

/** A timeline without `since` begins so long before its end, ms. */
const TIMELINE_DEFAULT_MS = 3_600_000;

/** `/api/sources`. */
export async function sourcesAnswer(library: FrameLibrary): Promise<Response> {
  return jsonAnswer(200, { sources: (await library.sources()).map(sourceJson) });
}

/**
 * `/api/frames`: newest first unless `order` says otherwise; `next` is the `cursor` of the following page, or null.
 *
 * @throws {BadParameter}
 */
export async function framesAnswer(library: FrameLibrary, query: URLSearchParams): Promise<Response> {
  const limit = limitOf(query);
  const wanted = {
    device: query.get("device") ?? undefined,
    source: query.get("source") ?? undefined,
    ...timesOf(query),
    verdict: verdictOf(query),
    cursor: cursorOf(query),
  };
  // Left out, and not undefined: that is what the library takes.
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  const found = await library.frames({ ...given, order: orderOf(query), limit: limit + 1 });
  const frames = found.slice(0, limit);
  const next = found.length > limit ? String(frames.at(-1)?.id) : null;
  return jsonAnswer(200, { frames: frames.map(frameJson), next });
}

/** `/api/frames/nearest`: the frame of a source nearest to a time. @throws {BadParameter} */
export async function nearestAnswer(library: FrameLibrary, query: URLSearchParams): Promise<Response> {
  const timeMs = timeOf(query, "time");
  if (timeMs === undefined) throw new BadParameter("time", TIME_ALLOWED, "nothing");
  const source = await sourceOf(library, query);
  if (source === undefined) return unknownSource();
  const frame = await library.nearest(source.id, timeMs);
  return frame === undefined ? unknownFrame("Nothing is recorded of this source") : jsonAnswer(200, frameJson(frame));
}

/** `/api/timeline`: what is recorded, and why the rest is not; the last hour unless told. @throws {BadParameter} */
export async function timelineAnswer(library: FrameLibrary, query: URLSearchParams, nowMs: number): Promise<Response> {
  const times = timesOf(query);
  const untilMs = times.untilMs ?? Math.max(nowMs, times.sinceMs ?? nowMs);
  const sinceMs = times.sinceMs ?? Math.max(0, untilMs - TIMELINE_DEFAULT_MS);
  const source = await sourceOf(library, query);
  if (source === undefined) return unknownSource();
  const timeline = await library.timeline(source.id, sinceMs, untilMs);
  return jsonAnswer(200, { since: rfc3339(sinceMs), until: rfc3339(untilMs), ...timelineJson(timeline) });
}

/** `/frames/{id}.jpg`: a recorded picture, which never changes. */
export async function pictureAnswer(library: FrameLibrary, id: string, request: Headers): Promise<Response> {
  const number = /^\d{1,15}$/.test(id) ? Number(id) : 0;
  const frame = await library.frame(number);
  if (frame === undefined) return unknownFrame("There is no frame with this id");
  const headers = {
    "content-type": "image/jpeg",
    "cache-control": "private, max-age=31536000, immutable",
    // The time, too: a new data directory counts its frames anew.
    "etag": `"${frame.id}-${Math.floor(frame.receivedMs)}"`,
    ...timeHeaders(frame),
  };
  if (etagMatches(request.get("if-none-match"), headers.etag)) return answer(304, null, headers);
  const jpeg = await library.jpeg(number);
  if (jpeg === undefined) return unknownFrame("The picture of this frame is gone");
  return answer(200, jpeg, { ...headers, "content-length": String(jpeg.length) });
}

/** What of a frame does not fit into a JPEG, as headers. */
export function timeHeaders(
  frame: { sequence: number; name: string | null; capturedMs: number; timeMs: number },
): Record<string, string> {
  return {
    "x-framewire-sequence": String(frame.sequence),
    "x-framewire-captured": rfc3339(frame.capturedMs),
    "x-framewire-time": rfc3339(frame.timeMs),
    ...(frame.name === null ? {} : { "x-framewire-name": encodeURIComponent(frame.name.toWellFormed()) }),
  };
}

/** 404: there is no such source. */
export function unknownSource(): Response {
  return jsonAnswer(404, { error: { code: "UNKNOWN_SOURCE", message: "There is no source with these names" } });
}

function unknownFrame(message: string): Response {
  return jsonAnswer(404, { error: { code: "UNKNOWN_FRAME", message } });
}

async function sourceOf(library: FrameLibrary, query: URLSearchParams): Promise<SourceView | undefined> {
  const [device, name] = [nameOf(query, "device"), nameOf(query, "source")];
  return (await library.sources()).find((one) => one.device === device && one.source === name);
}
