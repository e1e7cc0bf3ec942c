import { assertEquals } from "@std/assert";
import { routeOf } from "../../lib/viewer/routes.ts";

const ASSETS = new Set(["/", "/page.js"]);

Deno.test("routeOf knows the routes, and nothing beside them", () => {
  assertEquals(routeOf("/", ASSETS), { name: "asset", path: "/" });
  assertEquals(routeOf("/api/clips", ASSETS), { name: "clips" });
  assertEquals(routeOf("/api/clips/ab-_9", ASSETS), { name: "clip", id: "ab-_9" });
  assertEquals(routeOf("/clips/ab/content", ASSETS), { name: "content", id: "ab" });
  const none = [
    "/api/sources",
    "/api/clips/",
    "/api/clips/a%2fb",
    "/clips/../content",
    "/clips//content",
    "/clips/a/content/",
    "/constructor",
    "/__proto__",
    "/page.js/",
    `/api/clips/${"a".repeat(65)}`,
  ];
  for (const path of none) assertEquals(routeOf(path, ASSETS), null, path);
});
