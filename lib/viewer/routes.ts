/** Which path means what. */

/** What a path asks for. */
export type Route =
  | { readonly name: "asset"; readonly path: string }
  | { readonly name: "devices" | "clips" | "socket" | "metrics" | "healthz" | "readyz" }
  | { readonly name: "clip" | "content"; readonly id: string };

const FIXED: Readonly<Record<string, Route>> = {
  "/api/devices": { name: "devices" },
  "/api/clips": { name: "clips" },
  "/ws": { name: "socket" },
  "/metrics": { name: "metrics" },
  "/healthz": { name: "healthz" },
  "/readyz": { name: "readyz" },
};

/** Ids are the server's own: letters, digits, `-` and `_`, so that nothing needs decoding. */
const ID = "([A-Za-z0-9_-]{1,64})";
const CLIP = new RegExp(`^/api/clips/${ID}$`);
const CONTENT = new RegExp(`^/clips/${ID}/content$`);

/** The route of a path (still encoded, without the query); null when there is none. */
export function routeOf(path: string, assetPaths: ReadonlySet<string>): Route | null {
  if (Object.hasOwn(FIXED, path)) return FIXED[path] ?? null;
  if (assetPaths.has(path)) return { name: "asset", path };
  const clip = CLIP.exec(path)?.[1];
  if (clip !== undefined) return { name: "clip", id: clip };
  const content = CONTENT.exec(path)?.[1];
  return content === undefined ? null : { name: "content", id: content };
}
