/** The routes under `/api/`. */
import { jsonAnswer } from "./answers.ts";
import { clipJson, deviceJson } from "./api_json.ts";
import type { ClipLibrary, ServerView } from "./clip_library.ts";
import { BadParameter, limitOf } from "./parameters.ts";

/** `/api/devices`. */
export function devicesAnswer(server: ServerView): Response {
  return jsonAnswer(200, { devices: server.devices.map(deviceJson) });
}

/** `/api/clips/{id}`. */
export async function clipAnswer(library: ClipLibrary, id: string): Promise<Response> {
  const clip = await library.get(id);
  if (clip !== undefined) return jsonAnswer(200, clipJson(clip));
  return jsonAnswer(404, { error: { code: "UNKNOWN_CLIP", message: "There is no clip with this id" } });
}

/** `/api/clips?device=&limit=&before=`: newest first; `next` is the `before` of the following page, or null. @throws {BadParameter} */
export async function clipsAnswer(library: ClipLibrary, query: URLSearchParams): Promise<Response> {
  const limit = limitOf(query);
  const before = query.get("before");
  if (before !== null && await library.get(before) === undefined) {
    throw new BadParameter("before", "the id of a clip", before);
  }
  const device = query.get("device");
  const found = await library.list({
    limit: limit + 1,
    ...(before === null ? {} : { before }),
    ...(device === null ? {} : { device }),
  });
  const clips = found.slice(0, limit);
  const next = found.length > limit ? clips.at(-1)?.id ?? null : null;
  return jsonAnswer(200, { clips: clips.map(clipJson), next });
}
