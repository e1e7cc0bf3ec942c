import { assert, assertEquals } from "@std/assert";
import type { Alert } from "../../lib/events/event_rules.ts";
import { Webhooks } from "../../lib/events/webhooks.ts";
import { FramewireError } from "../../lib/errors.ts";
import { silentLog } from "../../lib/log.ts";
import { systemClock } from "../../lib/platform/clock.ts";
import { type HttpPost, systemHttpPost } from "../../lib/platform/http_client.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { waitFor } from "../helpers/wait_for.ts";

const ALERT: Alert = {
  ...{ id: 3, rule: "hot", condition: "temp_cel > 60", device: "van-7", feed: "line1", measure: "temp_cel" },
  ...{ value: 61.2, sinceMs: Date.UTC(2026, 10, 20, 12), endedMs: null },
};

/** Webhooks in made-up time which post to `post`. */
function setUp(post: HttpPost) {
  const clock = new MadeUpClock();
  const warnings: string[] = [];
  const log = (_level: string, text: string, fields = {}) => void warnings.push(`${text} ${JSON.stringify(fields)}`);
  return { clock, warnings, webhooks: new Webhooks({ post, clock, log }) };
}

Deno.test("a real server gets what was raised and what has ended, in order, as JSON", async () => {
  const got: unknown[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    assertEquals([request.method, request.headers.get("content-type")], ["POST", "application/json; charset=utf-8"]);
    got.push(await request.json());
    return new Response("thanks", { status: 201 });
  });
  const webhooks = new Webhooks({ post: systemHttpPost, clock: systemClock, log: silentLog });
  const url = `http://127.0.0.1:${server.addr.port}/alert`;
  webhooks.send(url, ALERT);
  webhooks.send(url, { ...ALERT, endedMs: ALERT.sinceMs + 5_000 });
  await waitFor(() => got.length === 2, { what: "both posts" });
  const { sinceMs: _, endedMs: __, ...rest } = ALERT;
  assertEquals(got, [
    { event: "raised", ...rest, since: "2026-11-20T12:00:00.000Z", ended: null },
    { event: "ended", ...rest, since: "2026-11-20T12:00:00.000Z", ended: "2026-11-20T12:00:05.000Z" },
  ]);
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

Deno.test("an address which fails is tried three times more, with pauses, and then said to have failed", async () => {
  const at: number[] = [];
  const { clock, webhooks, warnings } = setUp(() => {
    at.push(clock.now());
    return Promise.resolve(500);
  });
  webhooks.send("http://a/", ALERT);
  await clock.advance(60_000);
  assertEquals(at, [0, 1_000, 6_000, 31_000]);
  assertEquals(warnings, ['Webhook failed {"url":"http://a/","error":"status 500"}']);
  assertEquals(clock.pendingTimers, 0);
  await webhooks.stop();
});

Deno.test("a refusal is not tried again; a wish to wait is", async () => {
  for (const [status, tries] of [[400, 1], [404, 1], [408, 4], [429, 4]] as const) {
    let asked = 0;
    const { clock, webhooks } = setUp(() => {
      asked++;
      return Promise.resolve(status);
    });
    webhooks.send("http://a/", ALERT);
    await clock.advance(60_000);
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
  webhooks.send("http://a/", ALERT);
  webhooks.send("http://b/", ALERT);
  await clock.advance(1);
  assertEquals(got, ["http://a/", "http://b/"]);
  await clock.advance(100_000);
  assertEquals(got.filter((url) => url === "http://a/").length, 4);
  assertEquals(warnings, ['Webhook failed {"url":"http://a/","error":"no answer for 10 s"}']);
  await webhooks.stop();
});

Deno.test("what waits is bounded, and stop gives it up at once", async () => {
  let asked = 0;
  const { webhooks, warnings, clock } = setUp((_url, _json, signal) => {
    asked++;
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  for (let n = 0; n < 150; n++) webhooks.send("http://a/", ALERT);
  assertEquals(warnings.length, 49, "one is on its way, and 100 wait");
  await webhooks.stop();
  assertEquals([asked, clock.pendingTimers], [1, 0]);
});
