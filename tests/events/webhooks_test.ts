import { assert, assertEquals } from "@std/assert";
import type { Alert } from "../../lib/store/alert_catalog.ts";
import { Webhooks } from "../../lib/events/webhooks.ts";
import { FramewireError } from "../../lib/errors.ts";
import { silentLog } from "../../lib/log.ts";
import { systemClock } from "../../lib/platform/clock.ts";
import { type HttpPost, systemHttpPost } from "../../lib/platform/http_client.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { waitFor } from "../helpers/wait_for.ts";

const ALERT: Alert = {
  ...{ id: 3, rule: "hot", condition: "temp_cel > 60", device: "van-7", feed: "line1", sensor: 7 },
  ...{ measure: "temp_cel", value: 61.2, endedMs: null },
  ...{ sinceMs: Date.UTC(2026, 10, 20, 12), raisedMs: Date.UTC(2026, 10, 20, 12, 0, 10) },
};

/** Webhooks in made-up time which post to `post`. */
function setUp(post: HttpPost) {
  const clock = new MadeUpClock();
  const warnings: string[] = [];
  const log = (_level: string, text: string, fields = {}) => void warnings.push(`${text} ${JSON.stringify(fields)}`);
  const ends: string[] = [];
  const done = (id: number, what: string, state: string) => void ends.push(`${id} ${what} ${state}`);
  return { clock, warnings, ends, webhooks: new Webhooks({ post, clock, log, done }) };
}

Deno.test("a real server gets what was raised and what has ended, in order, as JSON", async () => {
  const got: unknown[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    assertEquals([request.method, request.headers.get("content-type")], ["POST", "application/json; charset=utf-8"]);
    got.push(await request.json());
    return new Response("thanks", { status: 201 });
  });
  const ends: string[] = [];
  const done = (id: number, what: string, state: string) => void ends.push(`${id} ${what} ${state}`);
  const webhooks = new Webhooks({ post: systemHttpPost, clock: systemClock, log: silentLog, done });
  const url = `http://127.0.0.1:${server.addr.port}/alert`;
  const over = { ...ALERT, endedMs: ALERT.sinceMs + 15_000 };
  webhooks.send(url, over, "raised");
  webhooks.send(url, over, "ended");
  await waitFor(() => ends.length === 2, { what: "both posts" });
  const { sinceMs: _, raisedMs: __, endedMs: ___, sensor: deviceId, ...rest } = ALERT;
  const times = { since: "2026-11-20T12:00:00.000Z", raised: "2026-11-20T12:00:10.000Z" };
  assertEquals(got, [
    { event: "raised", ...rest, deviceId, ...times, ended: null },
    { event: "ended", ...rest, deviceId, ...times, ended: "2026-11-20T12:00:15.000Z" },
  ]);
  assertEquals(ends, ["3 raised delivered", "3 ended delivered"]);
  await webhooks.stop();
  await server.shutdown();
});

Deno.test("a redirect is not followed, and a server which is not there is an error", async () => {
  let asked = 0;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => {
    asked++;
    return new Response(null, { status: 302, headers: { location: "/other" } });
  });
  const { port } = server.addr;
  const url = `http://127.0.0.1:${port}/alert`;
  assertEquals([await systemHttpPost(url, "{}", new AbortController().signal), asked], [302, 1]);
  await server.shutdown();
  const error = await systemHttpPost(url, "{}", new AbortController().signal).catch((error) => error);
  assert(error instanceof FramewireError && error.code === "CONNECTION_LOST");
});

Deno.test("an address which fails is tried five times more, with pauses, and then said to have failed", async () => {
  const at: number[] = [];
  const { clock, webhooks, warnings, ends } = setUp(() => {
    at.push(clock.now());
    return Promise.resolve(500);
  });
  webhooks.send("http://a/", ALERT, "raised");
  await clock.advance(750_000);
  assertEquals([at.length, ends], [5, []]);
  await clock.advance(60_000);
  assertEquals(at, [0, 1_000, 6_000, 31_000, 151_000, 751_000]);
  assertEquals(warnings, ['Webhook failed {"url":"http://a/","alert":3,"error":"status 500"}']);
  assertEquals(ends, ["3 raised failed"]);
  assertEquals(clock.pendingTimers, 0);
  await webhooks.stop();
});

Deno.test("a refusal is not tried again; a wish to wait is", async () => {
  for (const [status, tries] of [[400, 1], [404, 1], [408, 6], [429, 6]] as const) {
    let asked = 0;
    const { clock, webhooks } = setUp(() => {
      asked++;
      return Promise.resolve(status);
    });
    webhooks.send("http://a/", ALERT, "raised");
    await clock.advance(800_000);
    assertEquals(asked, tries, `${status}`);
    await webhooks.stop();
  }
});

Deno.test("an address which never answers is given up, and holds up no other", async () => {
  const got: string[] = [];
  const { clock, webhooks, warnings } = setUp((url, _json, signal) => {
    got.push(url);
    if (url === "http://b/") return Promise.resolve(200);
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  webhooks.send("http://a/", ALERT, "raised");
  webhooks.send("http://b/", ALERT, "raised");
  await clock.advance(1);
  assertEquals(got, ["http://a/", "http://b/"]);
  await clock.advance(900_000);
  assertEquals(got.filter((url) => url === "http://a/").length, 6);
  assertEquals(warnings, ['Webhook failed {"url":"http://a/","alert":3,"error":"no answer for 10 s"}']);
  await webhooks.stop();
});

Deno.test("what waits is bounded, and stop gives it up at once", async () => {
  let asked = 0;
  const { webhooks, warnings, clock, ends } = setUp((_url, _json, signal) => {
    asked++;
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  for (let n = 0; n < 150; n++) webhooks.send("http://a/", ALERT, "raised");
  assertEquals([warnings.length, ends.length], [49, 49], "one is on its way, and 100 wait");
  await webhooks.stop();
  assertEquals(ends.length, 49, "what waits is not done");
  assertEquals([asked, clock.pendingTimers], [1, 0]);
});
