/** What a page says, checked. */
import { LIMITS } from "../config/limits.ts";
import type { WatchMessage } from "./page_messages.ts";

/** More pictures a second than this are all of them. */
const FPS_MAX = 1_000;

type Watched = WatchMessage["sources"][number];

/** Reads a message of a page; what is wrong with it is a text of at most 123 bytes, as the end of a WebSocket takes. */
export function parseWatch(message: string | ArrayBuffer): WatchMessage | string {
  if (typeof message !== "string") return "A page sends text only";
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return "A message must be JSON";
  }
  if (!isObject(value) || value["type"] !== "watch") return 'A message must have type "watch"';
  const sources = value["sources"];
  if (!Array.isArray(sources)) return "sources must be a list";
  if (sources.length > LIMITS.viewerSourcesMax) return `sources must be <= ${LIMITS.viewerSourcesMax}`;
  if (!sources.every(isWatched)) return `sources must have an id, and fpsMax null or above 0 to ${FPS_MAX}`;
  if (new Set(sources.map(({ id }) => id)).size < sources.length) return "sources must not be named twice";
  return { type: "watch", sources: sources.map(({ id, fpsMax }) => ({ id, fpsMax })) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWatched(value: unknown): value is Watched {
  if (!isObject(value)) return false;
  const { id, fpsMax } = value;
  if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0) return false;
  return fpsMax === null || (typeof fpsMax === "number" && fpsMax > 0 && fpsMax <= FPS_MAX);
}
