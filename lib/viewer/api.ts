/** The routes under `/api/`. */
import { LIMITS } from "../config/limits.ts";
import { jsonAnswer } from "./answers.ts";
import { clipJson, deviceJson } from "./api_json.ts";
import type { ClipLibrary, ServerView } from "./clip_library.ts";

const LIMIT_DEFAULT = 100;

function badParameter(name: string, allowed: string, received: string): Response {
  const message = `Cannot read parameter ${name} as it must be ${allowed}: received ${received.slice(0, 100)}`;
  return jsonAnswer(400, { error: { code: "BAD_PARAMETER", parameter: name, allowed, message } });
}

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

/** `/api/clips?device=&limit=&before=`: newest first; `next` is the `before` of the following page, or null. */
export async function clipsAnswer(library: ClipLibrary, query: URLSearchParams): Promise<Response> {
  const limitText = query.get("limit") ?? String(LIMIT_DEFAULT);
  const limit = /^\d{1,9}$/.test(limitText) ? Number(limitText) : NaN;
  if (!(limit >= 1 && limit <= LIMITS.apiRowsMax)) {
    return badParameter("limit", `a whole number from 1 to ${LIMITS.apiRowsMax}`, limitText);
  }
  const before = query.get("before");
  if (before !== null && await library.get(before) === undefined) {
    return badParameter("before", "the id of a clip", before);
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
