import { assertEquals, assertStringIncludes } from "@std/assert";
import { LiveHub } from "../../lib/live/live_hub.ts";
import type { FrameView } from "../../lib/viewer/frame_library.ts";
import {
  framesAnswer,
  nearestAnswer,
  pictureAnswer,
  sourcesAnswer,
  timelineAnswer,
} from "../../lib/viewer/frame_api.ts";
import { orBadParameter } from "../../lib/viewer/parameters.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import {
  madeUpFrame,
  MadeUpFrameLibrary,
  madeUpFrameView,
  madeUpResult,
  numberedJpeg,
} from "../helpers/made_up_frame_library.ts";

const NOW_MS = 1_700_000_100_000;

class Setting {
  readonly hub = new LiveHub({ clock: new MadeUpClock() });
  readonly library = new MadeUpFrameLibrary(this.hub);

  constructor(frames = 0, patch: (id: number) => Partial<FrameView> = () => ({})) {
    this.library.addSource("press-4", "cam");
    for (let id = 1; id <= frames; id++) this.library.recorded.push(madeUpFrameView(id, patch(id)));
  }

  async ask(what: "frames" | "nearest" | "timeline", query: Record<string, string>) {
    const { library } = this;
    const parameters = new URLSearchParams(query);
    const response = await orBadParameter(() => {
      if (what === "frames") return framesAnswer(library, parameters);
      if (what === "nearest") return nearestAnswer(library, parameters);
      return timelineAnswer(library, parameters, NOW_MS);
    });
    return { status: response.status, body: await response.json() };
  }
}

const ids = (body: { frames: { id: number }[] }) => body.frames.map(({ id }) => id);

Deno.test("framesAnswer pages through all frames, in either order", async () => {
  const setting = new Setting(7);
  for (
    const [order, expected] of [["descending", [7, 6, 5, 4, 3, 2, 1]], ["ascending", [1, 2, 3, 4, 5, 6, 7]]] as const
  ) {
    const seen: number[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const { body } = await setting.ask("frames", { order, limit: "3", ...(cursor === "" ? {} : { cursor }) });
      seen.push(...ids(body));
      cursor = body.next;
    }
    assertEquals(seen, [...expected]);
  }
  assertEquals(ids((await setting.ask("frames", {})).body).length, 7);
});

Deno.test("framesAnswer selects by source, time and verdict", async () => {
  const setting = new Setting(6, (id) => ({
    device: id % 2 === 0 ? "even" : "odd",
    source: id > 4 ? "high" : "low",
    verdict: id === 3 ? "defect" : "ok",
  }));
  const select = async (query: Record<string, string>) => ids((await setting.ask("frames", query)).body);
  assertEquals(await select({ device: "even" }), [6, 4, 2]);
  assertEquals(await select({ device: "odd", source: "low" }), [3, 1]);
  assertEquals(await select({ verdict: "defect" }), [3]);
  const at = (id: number) => madeUpFrameView(id).timeMs;
  assertEquals(await select({ since: new Date(at(2)).toISOString(), until: String(at(4)) }), [4, 3, 2]);
});

Deno.test("framesAnswer gives times in RFC 3339, the result, and where the picture is", async () => {
  const result = madeUpResult("ok");
  const setting = new Setting(1, () => ({ verdict: "ok", result, name: "1.jpg", capturedMs: 0 }));
  const { body } = await setting.ask("frames", {});
  assertEquals(body.frames, [{
    id: 1,
    device: "press-4",
    source: "cam",
    sequence: 1,
    name: "1.jpg",
    time: "2023-11-14T22:13:20.100Z",
    capturedAt: "1970-01-01T00:00:00.000Z",
    receivedAt: "2023-11-14T22:13:20.120Z",
    bytes: 200,
    verdict: "ok",
    result,
    jpg: "/frames/1.jpg",
  }]);
});

Deno.test("a bad parameter is named, with what it may be and what it was", async () => {
  const setting = new Setting(1);
  const source = { device: "press-4", source: "cam" };
  const wrong: [
    "frames" | "nearest" | "timeline",
    Record<string, string>,
    name: string,
    allowed: string,
    was: string,
  ][] = [
    ["frames", { limit: "1001" }, "limit", "a whole number from 1 to 1000", "1001"],
    ["frames", { since: "yesterday" }, "since", "2026-01-31T12:00:00.000Z", "yesterday"],
    ["frames", { since: "5", until: "4" }, "until", "no earlier than since", "4"],
    ["frames", { verdict: "bad" }, "verdict", "ok or defect or not analysed", "bad"],
    ["frames", { order: "up" }, "order", "ascending or descending", "up"],
    ["frames", { cursor: "-1" }, "cursor", "the id of a frame", "-1"],
    ["nearest", source, "time", "milliseconds since 1970", "nothing"],
    ["nearest", { ...source, time: "x" }, "time", "milliseconds since 1970", "x"],
    ["nearest", { time: "1", source: "cam" }, "device", "the name of a device", "nothing"],
    ["timeline", { device: "press-4", source: "" }, "source", "the name of a source", ""],
    ["timeline", { ...source, until: "?" }, "until", "a time", "?"],
  ];
  for (const [what, query, name, allowed, was] of wrong) {
    const { status, body } = await setting.ask(what, query);
    assertEquals([status, body.error.code, body.error.parameter], [400, "BAD_PARAMETER", name], JSON.stringify(query));
    assertStringIncludes(body.error.message, allowed);
    assertStringIncludes(body.error.message, `received ${was}`);
  }
});

Deno.test("nearestAnswer and timelineAnswer know a source by its names", async () => {
  const setting = new Setting(3);
  const source = { device: "press-4", source: "cam" };
  const { body } = await setting.ask("nearest", { ...source, time: String(madeUpFrameView(2).timeMs + 10) });
  assertEquals(body.id, 2);
  setting.library.shown = {
    spans: [{ fromMs: 0, toMs: 1500, frames: 3, defects: 1 }],
    gaps: [{ fromMs: 1500, toMs: null, frames: 2, reason: "offline", count: 1 }],
  };
  const timeline = await setting.ask("timeline", { ...source, since: "0", until: "2000" });
  assertEquals(timeline.body, {
    since: "1970-01-01T00:00:00.000Z",
    until: "1970-01-01T00:00:02.000Z",
    spans: [{ from: "1970-01-01T00:00:00.000Z", to: "1970-01-01T00:00:01.500Z", frames: 3, defects: 1 }],
    gaps: [{ from: "1970-01-01T00:00:01.500Z", to: null, frames: 2, reason: "offline", count: 1 }],
  });
  assertEquals(setting.library.askedFor, { sourceId: 1, sinceMs: 0, untilMs: 2000 });
  await setting.ask("timeline", source);
  assertEquals(setting.library.askedFor, { sourceId: 1, sinceMs: NOW_MS - 3_600_000, untilMs: NOW_MS });
  for (const what of ["nearest", "timeline"] as const) {
    const { status, body } = await setting.ask(what, { ...source, source: "other", time: "1" });
    assertEquals([status, body.error.code], [404, "UNKNOWN_SOURCE"]);
  }
});

Deno.test("sourcesAnswer says what is live and what is recorded", async () => {
  const setting = new Setting();
  setting.library.addSource("van 7", "a/b", { storedFrames: 5, firstStoredMs: 0 });
  setting.hub.open({ device: "press-4", source: "cam" }, "visible").publish(madeUpFrame(1));
  const { sources } = await (await sourcesAnswer(setting.library)).json();
  assertEquals(sources.map(({ state }: { state: string }) => state), ["live", "offline"]);
  assertEquals(sources[0].lastFrameAt, "2023-11-14T22:13:20.100Z");
  assertEquals([sources[1].storedFrames, sources[1].firstStoredAt], [5, "1970-01-01T00:00:00.000Z"]);
  assertEquals(sources[1].mjpeg, "/live/van%207/a%2Fb.mjpeg");
});

Deno.test("pictureAnswer gives a picture that may be kept for ever", async () => {
  const setting = new Setting(1, () => ({ name: "é.jpg" }));
  const response = await pictureAnswer(setting.library, "1", new Headers());
  assertEquals(await response.bytes(), numberedJpeg(1));
  assertEquals(response.headers.get("cache-control"), "private, max-age=31536000, immutable");
  assertEquals(response.headers.get("x-framewire-time"), "2023-11-14T22:13:20.100Z");
  assertEquals(response.headers.get("x-framewire-name"), "%C3%A9.jpg");
  const etag = response.headers.get("etag") ?? "";
  assertEquals((await pictureAnswer(setting.library, "1", new Headers({ "if-none-match": etag }))).status, 304);
  const another = new Setting(1, () => ({ name: "é.jpg", receivedMs: 1_800_000_000_000 }));
  const anew = await pictureAnswer(another.library, "1", new Headers({ "if-none-match": etag }));
  assertEquals(anew.status, 200, "a new data directory counts its frames from 1, too");
  for (const id of ["2", "x", "1e0"]) {
    assertEquals((await pictureAnswer(setting.library, id, new Headers())).status, 404);
  }
  setting.library.jpeg = () => Promise.resolve(undefined);
  assertEquals((await pictureAnswer(setting.library, "1", new Headers())).status, 404, "its file is gone");
});
