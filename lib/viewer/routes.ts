/** Which path means what. */
import type { SourceKey } from "../protocol/frame.ts";

/** How a source is watched: pictures for players, one picture, results. */
export const LIVE_FORMS = ["mjpeg", "jpg", "ndjson"] as const;
export type LiveForm = typeof LIVE_FORMS[number];

/** What a path asks for. */
export type Route =
  | { readonly name: "asset"; readonly path: string }
  | { readonly name: "devices" | "clips" | "sources" | "frames" | "nearest" | "timeline" | "export" }
  | { readonly name: "feeds" | "events" | "series" | "eventsCsv" | "eventsNdjson" | "alerts" }
  | { readonly name: "socket" | "metrics" | "healthz" | "readyz" }
  | { readonly name: "clip" | "content" | "picture" | "exported" | "eventPicture"; readonly id: string }
  | { readonly name: "live"; readonly key: SourceKey; readonly form: LiveForm }
  /** Its names are not percent-encoded UTF-8. */
  | { readonly name: "malformed" };

const FIXED: Readonly<Record<string, Route>> = {
  "/api/devices": { name: "devices" },
  "/api/clips": { name: "clips" },
  "/api/sources": { name: "sources" },
  "/api/frames": { name: "frames" },
  "/api/frames/nearest": { name: "nearest" },
  "/api/timeline": { name: "timeline" },
  "/api/export": { name: "export" },
  "/api/feeds": { name: "feeds" },
  "/api/events": { name: "events" },
  "/api/events.csv": { name: "eventsCsv" },
  "/api/events.ndjson": { name: "eventsNdjson" },
  "/api/series": { name: "series" },
  "/api/alerts": { name: "alerts" },
  "/ws": { name: "socket" },
  "/metrics": { name: "metrics" },
  "/healthz": { name: "healthz" },
  "/readyz": { name: "readyz" },
};

/** Ids are the server's own: letters, digits, `-` and `_`, so that nothing needs decoding. */
const ID = "([A-Za-z0-9_-]{1,64})";
const WITH_ID = ([
  ["/api/clips/{id}", "clip"],
  ["/clips/{id}/content", "content"],
  ["/frames/{id}.jpg", "picture"],
  ["/exports/{id}.mp4", "exported"],
  ["/events/{id}.jpg", "eventPicture"],
] as const).map(([path, name]) => ({
  path,
  name,
  pattern: new RegExp(`^${path.replace(".", "\\.").replace("{id}", ID)}$`),
}));

/** Names of devices and sources are anything at all, so that a `/` in them has to be encoded. */
const LIVE = new RegExp(`^/live/([^/]+)/([^/]+)\\.(${LIVE_FORMS.join("|")})$`);

/** All paths but those of the page's own files, as `docs/HTTP.md` names them. */
export const ROUTE_PATHS: readonly string[] = [
  ...Object.keys(FIXED),
  ...WITH_ID.map(({ path }) => path),
  ...LIVE_FORMS.map((form) => `/live/{device}/{source}.${form}`),
];

/** The route of a path (still encoded, without the query); null when there is none. */
export function routeOf(path: string, assetPaths: ReadonlySet<string>): Route | null {
  if (Object.hasOwn(FIXED, path)) return FIXED[path] ?? null;
  if (assetPaths.has(path)) return { name: "asset", path };
  for (const { name, pattern } of WITH_ID) {
    const id = pattern.exec(path)?.[1];
    if (id !== undefined) return { name, id };
  }
  const live = LIVE.exec(path);
  return live === null ? null : liveRoute(live[1]!, live[2]!, live[3] as LiveForm);
}

function liveRoute(device: string, source: string, form: LiveForm): Route {
  try {
    return { name: "live", key: { device: decodeURIComponent(device), source: decodeURIComponent(source) }, form };
  } catch {
    return { name: "malformed" };
  }
}
