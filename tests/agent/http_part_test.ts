import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { HttpPart } from "../../lib/agent/http_part.ts";
import { LineFeed } from "../../lib/agent/line_feed.ts";
import { FramewireError } from "../../lib/errors.ts";
import type { HttpHandler } from "../../lib/platform/http.ts";
import type { NewEvent } from "../../lib/store/feed_queue.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

/** The handler of a part, without a socket; what it took is in `texts`. */
function listen(push: (events: readonly NewEvent[]) => Promise<void>) {
  const finished = Promise.withResolvers<void>();
  let handler: HttpHandler = () => new Response();
  const http = {
    serve: (_: unknown, given: HttpHandler) => {
      handler = given;
      const shutdown = () => Promise.resolve(finished.resolve());
      return { hostname: "127.0.0.1", port: 1, finished: finished.promise, shutdown };
    },
    upgrade: () => {
      throw new Error("no sockets here");
    },
  };
  const parse = (text: string) => {
    if (text === "bad") throw new FramewireError("MALFORMED", "it is bad");
    return { body: { kind: "text" as const, text } };
  };
  const lines = new LineFeed({ push, parse, source: null, clock: new MadeUpClock() });
  const part = new HttpPart("feed", { address: { hostname: "127.0.0.1", port: 0 }, lines, http });
  const stop = new AbortController();
  const running = part.run(stop.signal, { works: () => {}, trouble: () => {}, note: () => {} });
  return {
    running,
    finish: () => finished.resolve(),
    stop: () => (stop.abort(), running),
    post: async (body: BodyInit, headers: Record<string, string> = {}) => {
      const response = await handler(new Request("http://x/", { method: "POST", body, headers }), "");
      return { status: response.status, text: await response.text(), retry: response.headers.get("retry-after") };
    },
  };
}

Deno.test("http part: lines are answered when they are safe, and none is taken when one is bad", async () => {
  const texts: string[] = [];
  const safe = Promise.withResolvers<void>();
  const box = listen(async (events) => {
    await safe.promise;
    for (const { body } of events) texts.push(body.kind === "text" ? body.text : "");
  });
  const answer = box.post("one\n\ntwo");
  const early = await Promise.race([answer.then(() => "answered"), new Promise((resolve) => setTimeout(resolve, 20))]);
  assertEquals(early, undefined, "not before they are safe");
  safe.resolve();
  assertEquals(await answer, { status: 200, text: '{"taken":2}', retry: null });
  assertEquals(await box.post("three\nbad\nfour"), { status: 400, text: "line 2: it is bad\n", retry: null });
  const bytes = Uint8Array.of(97, 10, 0xc3, 0x28, 10);
  assertEquals(await box.post(bytes), { status: 400, text: "line 2: It is not UTF-8\n", retry: null });
  assertEquals(texts, ["one", "two"]);
  await box.stop();
});

Deno.test("http part: a spool that refuses is 429, another failure 500, and pages of a browser are refused", async () => {
  let error = new FramewireError("NO_SPACE", "The spool is full");
  const box = listen(() => Promise.reject(error));
  assertEquals(await box.post("one"), { status: 429, text: "The spool is full\n", retry: "5" });
  error = new FramewireError("STORAGE_FAILED", "The disk is broken");
  assertEquals((await box.post("one")).status, 500);
  assertEquals((await box.post("one", { origin: "http://evil.test" })).status, 403);
  await box.stop();
});

Deno.test("http part: of a body that is refused nothing is taken, so that it may come again", async () => {
  const pushed: number[] = [];
  const box = listen((events) => {
    pushed.push(events.length);
    return pushed.length === 1
      ? Promise.resolve()
      : Promise.reject(new FramewireError("NO_SPACE", "The spool is full"));
  });
  const body = Array.from({ length: 2_500 }, (_, index) => `line ${index}`).join("\n");
  assertEquals((await box.post(body)).text, '{"taken":2500}');
  assertEquals((await box.post(body)).status, 429);
  assertEquals(pushed, [2_500, 2_500], "all in one commit, or none");
  assertEquals((await box.post("\n\n")).text, '{"taken":0}');
  await box.stop();
});

Deno.test("http part: a body is taken to its bound and not further, and so many requests at once", async () => {
  let pulled = 0;
  const piece = new Uint8Array(64 * 1024);
  const endless = (byte: number) =>
    new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        pulled += piece.length;
        controller.enqueue(piece.slice().fill(byte));
      },
    });
  const open = Promise.withResolvers<void>();
  const box = listen(() => open.promise);
  assertEquals((await box.post(endless(65))).status, 413);
  assertMatch(String(pulled / 1024 / 1024), /^8(\.\d+)?$/);
  pulled = 0;
  assertEquals((await box.post(endless(10))).status, 413, "empty lines, too");
  assertLess(pulled, 256 * 1024);
  const waiting = Array.from({ length: 8 }, () => box.post("one"));
  const ninth = await box.post("one");
  assertEquals([ninth.status, ninth.retry], [429, "1"]);
  open.resolve();
  assertEquals((await Promise.all(waiting)).map(({ status }) => status), Array(8).fill(200));
  assertEquals((await box.post("one")).status, 200);
  await box.stop();
});

Deno.test("http part: a server which ends by itself is a failure of the part", async () => {
  const box = listen(() => Promise.resolve());
  box.finish();
  assertMatch(await box.running.then(() => "", String), /stopped listening/);
});
