import { assertEquals } from "@std/assert";
import { LIVE_FORMS, routeOf } from "../../lib/viewer/routes.ts";

const ASSETS = new Set(["/", "/page.js"]);

Deno.test("routeOf knows the routes, and nothing beside them", () => {
  assertEquals(routeOf("/", ASSETS), { name: "asset", path: "/" });
  assertEquals(routeOf("/api/clips", ASSETS), { name: "clips" });
  assertEquals(routeOf("/api/clips/ab-_9", ASSETS), { name: "clip", id: "ab-_9" });
  assertEquals(routeOf("/clips/ab/content", ASSETS), { name: "content", id: "ab" });
  const none = [
    "/api/sources/",
    "/frames/1.jpgx",
    "/frames/1xjpg",
    "/live/a.mjpeg",
    "/live/a/b/c.mjpeg",
    "/live//b.mjpeg",
    "/live/a/.mjpeg",
    "/live/a/b.avi",
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

Deno.test("routeOf decodes the names of a source, whatever they hold", () => {
  const names: [device: string, source: string][] = [
    ["van 7", "Kamera/links"],
    ["日本", ".."],
    ["a%b", "c.jpg"],
    ["?", "#é\\"],
  ];
  for (const [device, source] of names) {
    for (const form of LIVE_FORMS) {
      const path = `/live/${encodeURIComponent(device)}/${encodeURIComponent(source)}.${form}`;
      assertEquals(routeOf(path, ASSETS), { name: "live", key: { device, source }, form }, path);
    }
  }
  for (const path of ["/live/%/b.jpg", "/live/a/%zz.mjpeg", "/live/%ff/b.jpg", "/live/a/%e4.ndjson"]) {
    assertEquals(routeOf(path, ASSETS), { name: "malformed" }, path);
  }
});
