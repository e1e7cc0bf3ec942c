import { assertEquals } from "@std/assert";
import { planContent } from "../../lib/viewer/content.ts";
import { madeUpClip } from "../helpers/made_up_library.ts";

const SHA = "3f".repeat(32);
const stored = madeUpClip("a", { state: "stored", size: 100, sha256: SHA, name: "dir/clip.mp4" });
const ETAG = `"a-${SHA.slice(0, 32)}"`;

function plan(clip = stored, headers: Record<string, string> = {}, download = false) {
  return planContent(clip, new Headers(headers), download);
}

Deno.test("planContent answers 200, 206 and 416 with the headers of RFC 9110", () => {
  const whole = plan();
  assertEquals([whole.status, whole.start, whole.end], [200, 0, 100]);
  assertEquals(whole.headers["content-length"], "100");
  assertEquals(whole.headers["accept-ranges"], "bytes");
  assertEquals(whole.headers["etag"], ETAG);
  const part = plan(stored, { range: "bytes=10-19" });
  assertEquals([part.status, part.start, part.end], [206, 10, 20]);
  assertEquals(part.headers["content-range"], "bytes 10-19/100");
  assertEquals(part.headers["content-length"], "10");
  const none = plan(stored, { range: "bytes=100-" });
  assertEquals([none.status, none.hasBody], [416, false]);
  assertEquals(none.headers["content-range"], "bytes */100");
});

Deno.test("planContent heeds If-Range and If-None-Match of stored clips", () => {
  assertEquals(plan(stored, { range: "bytes=1-2", "if-range": ETAG }).status, 206);
  assertEquals(plan(stored, { range: "bytes=1-2", "if-range": '"other"' }).status, 200);
  assertEquals(plan(stored, { "if-none-match": ETAG }).status, 304);
  const arriving = madeUpClip("a", { size: 100 });
  assertEquals(plan(arriving).headers["etag"], undefined);
  assertEquals(plan(arriving).headers["cache-control"], "no-store");
  assertEquals(plan(arriving, { range: "bytes=1-2", "if-range": ETAG }).status, 200);
});

Deno.test("planContent announces no length while the size is not known", () => {
  const unknown = plan(madeUpClip("a", { size: null }), { range: "bytes=5-" });
  assertEquals([unknown.status, unknown.start, unknown.end, unknown.hasBody], [200, 0, null, true]);
  assertEquals(unknown.headers["content-length"], undefined);
  assertEquals(unknown.headers["accept-ranges"], undefined);
});

Deno.test("planContent gives an empty clip without a body", () => {
  const empty = plan(madeUpClip("a", { state: "stored", size: 0 }));
  assertEquals([empty.status, empty.hasBody, empty.headers["content-length"]], [200, false, "0"]);
});

Deno.test("planContent makes everything but pictures, sound and video an attachment", () => {
  const kind = (mediaType: string, download = false) =>
    plan({ ...stored, mediaType }, {}, download).headers["content-disposition"]?.split(";")[0];
  assertEquals(kind("video/mp4"), "inline");
  assertEquals(kind("video/mp4", true), "attachment");
  assertEquals(kind("text/html"), "attachment");
  assertEquals(kind("image/svg+xml"), "attachment");
  assertEquals(plan({ ...stored, mediaType: "text/html" }).headers["content-type"], "application/octet-stream");
});
