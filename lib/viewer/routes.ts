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
const WITH_ID = ([["/api/clips/{id}", "clip"], ["/clips/{id}/content", "content"]] as const)
  .map(([path, name]) => ({ path, name, pattern: new RegExp(`^${path.replace("{id}", ID)}$`) }));

/** All paths but those of the page's own files, as `docs/HTTP.md` names them. */
export const ROUTE_PATHS: readonly string[] = [...Object.keys(FIXED), ...WITH_ID.map(({ path }) => path)];

/** The route of a path (still encoded, without the query); null when there is none. */
export function routeOf(path: string, assetPaths: ReadonlySet<string>): Route | null {
  if (Object.hasOwn(FIXED, path)) return FIXED[path] ?? null;
  if (assetPaths.has(path)) return { name: "asset", path };
  for (const { name, pattern } of WITH_ID) {
    const id = pattern.exec(path)?.[1];
    if (id !== undefined) return { name, id };
  }
  return null;
}
