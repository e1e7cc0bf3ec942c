import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { type Http, systemHttp } from "../../lib/platform/http.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { madeUpFrame, madeUpFrameView } from "../helpers/made_up_frame_library.ts";
import { madeUpClip } from "../helpers/made_up_library.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { madeUpDevice, ViewerFixture, withViewer } from "../helpers/viewer_fixture.ts";
import { waitFor } from "../helpers/wait_for.ts";

const BYTES = new SeededRandom(3).bytes(1_000_000);

/** Sends a request as it is written, and resolves with everything that comes until the end, and whether it was cut. */
async function raw(fixture: ViewerFixture, request: string): Promise<string> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: fixture.port });
  try {
    await conn.write(new TextEncoder().encode(request.replaceAll("\n", "\r\n")));
    let text = "";
    const buffer = new Uint8Array(65536);
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
      text += new TextDecoder("latin1").decode(buffer.subarray(0, count));
    }
    return text;
  } finally {
    conn.close();
  }
}

function statusOf(text: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
}

Deno.test("every route answers, with the security headers", () =>
  withViewer(async ({ url, library, devices, frames, hub }) => {
    library.addStored("a", BYTES, { name: "clip.mp4" });
    frames.addSource("press-4", "cam");
    frames.recorded.push(madeUpFrameView(1));
    hub.open({ device: "press-4", source: "cam" }, "visible").publish(madeUpFrame(1));
    devices.push(madeUpDevice("press-4"));
    const routes: [path: string, status: number, type: string][] = [
      ["/", 200, "text/html"],
      ["/page.js", 200, "text/javascript"],
      ["/page.css", 200, "text/css"],
      ["/favicon.svg", 200, "image/svg+xml"],
      ["/api/devices", 200, "application/json"],
      ["/api/clips", 200, "application/json"],
      ["/api/clips/a", 200, "application/json"],
      ["/api/clips/b", 404, "application/json"],
      ["/clips/a/content", 200, "video/mp4"],
      ["/clips/b/content", 404, "text/plain"],
      ["/metrics", 200, "text/plain"],
      ["/healthz", 200, "text/plain"],
      ["/readyz", 200, "text/plain"],
      ["/ws", 426, "text/plain"],
      ["/api/sources", 200, "application/json"],
      ["/api/frames", 200, "application/json"],
      ["/api/frames?limit=0", 400, "application/json"],
      ["/api/frames/nearest?device=press-4&source=cam&time=0", 200, "application/json"],
      ["/api/timeline?device=press-4&source=cam", 200, "application/json"],
      ["/api/export?device=press-4&source=cam", 404, "text/plain"],
      ["/exports/a.mp4", 404, "text/plain"],
      ["/frames/1.jpg", 200, "image/jpeg"],
      ["/frames/2.jpg", 404, "application/json"],
      ["/live/press-4/cam.jpg", 200, "image/jpeg"],
      ["/live/a/b.mjpeg", 404, "application/json"],
      ["/live/a/%.mjpeg", 400, "text/plain"],
      ["/nowhere", 404, "text/plain"],
    ];
    for (const [path, status, type] of routes) {
      for (const method of ["GET", "HEAD"]) {
        const response = await fetch(url + path, { method });
        const body = await response.bytes();
        const what = `${method} ${path}`;
        assertEquals(response.status, status, what);
        const { headers } = response;
        assert(headers.get("content-type")?.startsWith(type), what);
        assertMatch(
          headers.get("content-security-policy") ?? "",
          /^default-src 'none'; .*frame-ancestors 'none'/,
          what,
        );
        assertEquals(headers.get("x-content-type-options"), "nosniff", what);
        assertEquals(headers.get("referrer-policy"), "no-referrer", what);
        assertEquals(headers.get("cross-origin-resource-policy"), "same-origin", what);
        assertEquals(headers.get("cross-origin-opener-policy"), null, what);
        assert(headers.has("cache-control"), what);
        assertEquals(headers.get("access-control-allow-origin"), null, what);
        if (method === "HEAD") assertEquals(body.length, 0, what);
        else if (headers.has("content-length")) assertEquals(body.length, Number(headers.get("content-length")), what);
      }
    }
  }));

Deno.test("only GET and HEAD without a body are served", () =>
  withViewer(async (fixture) => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      const response = await fetch(`${fixture.url}/api/clips`, { method });
      assertEquals([response.status, response.headers.get("allow")], [405, "GET, HEAD"], method);
      await response.body?.cancel();
    }
    const host = `Host: 127.0.0.1:${fixture.port}`;
    const close = "Connection: close";
    assertEquals(statusOf(await raw(fixture, `GET / HTTP/1.1\n${host}\n${close}\nContent-Length: 3\n\nabc`)), 413);
    const chunked = `GET / HTTP/1.1\n${host}\n${close}\nTransfer-Encoding: chunked\n\n0\n\n`;
    assertEquals(statusOf(await raw(fixture, chunked)), 413);
  }));

Deno.test("a request under a strange name is refused, whichever way it says it", () =>
  withViewer(async (fixture) => {
    const ask = (line: string, host: string) => raw(fixture, `GET ${line} HTTP/1.1\n${host}\nConnection: close\n\n`);
    const { port } = fixture;
    assertEquals(statusOf(await ask("/api/clips", `Host: localhost:${port}`)), 200);
    const refused = await ask("/api/clips", `Host: evil.com:${port}`);
    assertEquals(statusOf(refused), 403);
    assertStringIncludes(refused, "--allow-host evil.com");
    for (const path of ["/", "/ws", "/clips/a/content", "/healthz", "/metrics"]) {
      assertEquals(statusOf(await ask(path, "Host: evil.com")), 403, path);
    }
    assertEquals(statusOf(await ask("http://evil.com/api/clips", `Host: localhost:${port}`)), 403);
    assertEquals(statusOf(await ask("/", "Host: a/b?@localhost")), 403);
  }));

Deno.test("content is answered by ranges, byte for byte", () =>
  withViewer(async ({ url, library }) => {
    library.addStored("a", BYTES, { name: "clip.mp4" });
    const get = async (headers: HeadersInit) => {
      const response = await fetch(`${url}/clips/a/content`, { headers });
      return { response, bytes: await response.bytes() };
    };
    const whole = await get({});
    assertEquals(whole.response.status, 200);
    assertEquals(whole.bytes, BYTES);
    const part = await get({ range: "bytes=500000-500009" });
    assertEquals(part.response.status, 206);
    assertEquals(part.response.headers.get("content-range"), "bytes 500000-500009/1000000");
    assertEquals(part.bytes, BYTES.slice(500_000, 500_010));
    assertEquals((await get({ range: "bytes=-5" })).bytes, BYTES.slice(-5));
    const none = await get({ range: "bytes=1000000-" });
    assertEquals([none.response.status, none.response.headers.get("content-range")], [416, "bytes */1000000"]);
    assertEquals((await get({ range: "bytes=0-1,5-6" })).bytes.length, BYTES.length);
    const etag = whole.response.headers.get("etag") ?? "";
    assertEquals((await get({ "if-none-match": etag })).response.status, 304);
    await waitFor(() => library.openReaders === 0, { what: "all readers closed" });
  }));

Deno.test("content waits for bytes, and a given-up clip cuts the connection", () =>
  withViewer(async (fixture) => {
    const { library, url } = fixture;
    library.add(madeUpClip("a", { size: BYTES.length, held: [{ start: 0, end: 1000 }] }), BYTES);
    const response = await fetch(`${url}/clips/a/content`, { headers: { range: "bytes=0-" } });
    assertEquals([response.status, response.headers.get("content-length")], [206, "1000000"]);
    const reader = response.body!.getReader();
    assertEquals((await reader.read()).value, BYTES.slice(0, 1000));
    const next = reader.read();
    library.change("a", { held: [{ start: 0, end: 3000 }] });
    assertEquals((await next).value, BYTES.slice(1000, 3000));
    const lost = reader.read().then(({ done }) => done ? "ended" : "more", () => "broken");
    library.giveUp("a");
    assertEquals(await lost, "broken");
    await waitFor(() => library.openReaders === 0, { what: "the reader closed" });
  }));

Deno.test("content of unknown size is never taken for whole when it is given up", () =>
  withViewer(async (fixture) => {
    const { library } = fixture;
    const host = `Host: 127.0.0.1:${fixture.port}\nConnection: close`;
    library.add(madeUpClip("a", { size: null, held: [{ start: 0, end: 5 }] }), BYTES);
    const cut = raw(fixture, `GET /clips/a/content HTTP/1.1\n${host}\n\n`);
    await waitFor(() => library.reads > 0, { what: "the first read" });
    library.giveUp("a");
    assert(!(await cut).endsWith("0\r\n\r\n"));
    library.add(madeUpClip("b", { size: null, held: [{ start: 0, end: 5 }] }), BYTES.slice(0, 9));
    const good = fetch(`${fixture.url}/clips/b/content`).then((response) => response.bytes());
    await waitFor(() => library.reads > 1, { what: "the second read" });
    library.change("b", { state: "stored", size: 9, held: [{ start: 0, end: 9 }] });
    assertEquals(await good, BYTES.slice(0, 9));
  }));

Deno.test("a client which leaves releases its reader, also while it waits for bytes", () =>
  withViewer(async (fixture) => {
    const { library, url } = fixture;
    library.add(madeUpClip("a", { size: BYTES.length, held: [{ start: 0, end: 1000 }] }), BYTES);
    const leaving = new AbortController();
    const response = await fetch(`${url}/clips/a/content`, { signal: leaving.signal });
    const reader = response.body!.getReader();
    await reader.read();
    const next = reader.read().catch(() => {});
    assertEquals(library.openReaders, 1);
    leaving.abort();
    await next;
    await waitFor(() => library.openReaders === 0, { what: "the reader closed" });
  }));

Deno.test("so many requests for content run at once, and the next is told to come later", () =>
  withViewer(async ({ library, url }) => {
    library.add(madeUpClip("a", { size: 10 }), BYTES.slice(0, 10));
    const bodies = [];
    for (let i = 0; i < LIMITS.contentRequestsMax; i++) bodies.push((await fetch(`${url}/clips/a/content`)).body);
    const refused = await fetch(`${url}/clips/a/content`);
    assertEquals([refused.status, refused.headers.get("retry-after")], [503, "5"]);
    await refused.body?.cancel();
    await Promise.all(bodies.map((body) => body?.cancel()));
    await waitFor(() => library.openReaders === 0, { what: "all readers closed" });
    const again = await fetch(`${url}/clips/a/content`);
    assertEquals(again.status, 200);
    await again.body?.cancel();
  }));

Deno.test("a missing clip is 410, and a name made to break headers is harmless", () =>
  withViewer(async ({ library, url }) => {
    library.add(madeUpClip("gone", { state: "missing", size: 5 }));
    const gone = await fetch(`${url}/clips/gone/content`);
    assertEquals(gone.status, 410);
    await gone.body?.cancel();
    const name = 'x"\r\nSet-Cookie: a=b\r\n\r\n<script>alert(1)</script>.html';
    library.addStored("bad", BYTES.slice(0, 5), { name, mediaType: "text/html" });
    const response = await fetch(`${url}/clips/bad/content`);
    await response.body?.cancel();
    assertEquals(response.headers.get("set-cookie"), null);
    assertEquals(response.headers.get("content-type"), "application/octet-stream");
    assertMatch(response.headers.get("content-disposition") ?? "", /^attachment; /);
    const { name: told } = await (await fetch(`${url}/api/clips/bad`)).json();
    assertEquals(told, name);
  }));

Deno.test("/readyz follows the server, /metrics holds the added lines, and a failure is 500 and logged", () =>
  withViewer(async ({ library, url, logged }) => {
    const status = async (path: string) => {
      const response = await fetch(url + path);
      return [response.status, await response.text()] as const;
    };
    assertEquals((await status("/readyz"))[0], 503);
    assertEquals(await status("/healthz"), [200, "ok\n"]);
    assertStringIncludes((await status("/metrics"))[1], "\nextra 1\n");
    library.get = () => Promise.reject(new Error("secret detail"));
    const [code, text] = await status("/api/clips/a");
    assertEquals([code, text.includes("secret")], [500, false]);
    assertEquals(logged, ["Cannot answer a request: secret detail"]);
  }, { ready: () => false, metrics: () => "extra 1\n" }));

Deno.test("ViewerServer stops although a viewer takes nothing of what is on its way to it", async () => {
  const clock = new MadeUpClock();
  const never = Promise.withResolvers<void>().promise;
  const http: Http = {
    ...systemHttp,
    serve: (address) => ({ ...address, finished: never, shutdown: () => never }),
  };
  const fixture = await new ViewerFixture({ clock, http }).start();
  let stopped = false;
  const stopping = fixture.stop().then(() => stopped = true);
  await clock.advance(1_000);
  assertEquals(stopped, false);
  await clock.advance(4_000);
  assertEquals(stopped, true);
  await stopping;
});
