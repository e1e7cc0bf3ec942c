import { assert, assertEquals, assertMatch } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import type { LiveInlet } from "../../lib/live/live_hub.ts";
import { systemClock } from "../../lib/platform/clock.ts";
import { madeUpFrame, madeUpResult, numberedJpeg } from "../helpers/made_up_frame_library.ts";
import { MjpegReader } from "../helpers/mjpeg_reader.ts";
import { type ViewerFixture, withViewer } from "../helpers/viewer_fixture.ts";
import { waitFor } from "../helpers/wait_for.ts";

const CAM = { device: "press-4", source: "cam" };

function openCam(fixture: ViewerFixture): LiveInlet {
  fixture.frames.addSource(CAM.device, CAM.source);
  return fixture.hub.open(CAM, "visible");
}

async function requests({ url }: ViewerFixture): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^framewire_live_requests (\d+)$/m.exec(text)?.[1]);
}

Deno.test(".mjpeg begins with the newest picture, and then has each one whole, in order, with its headers", () =>
  withViewer(async (fixture) => {
    const inlet = openCam(fixture);
    inlet.publish(madeUpFrame(1, { name: "é 1.jpg", capturedMs: 0 }));
    const reader = new MjpegReader(await fetch(`${fixture.url}/live/press-4/cam.mjpeg`));
    const first = (await reader.next())!;
    assertEquals(first.jpeg, numberedJpeg(1));
    assertEquals(Object.fromEntries(first.headers), {
      "content-type": "image/jpeg",
      "content-length": "200",
      "x-framewire-sequence": "1",
      "x-framewire-captured": "1970-01-01T00:00:00.000Z",
      "x-framewire-time": "2023-11-14T22:13:20.100Z",
      "x-framewire-name": "%C3%A9%201.jpg",
    });
    for (let sequence = 2; sequence <= 50; sequence++) {
      const jpeg = numberedJpeg(sequence, sequence * 2_003);
      inlet.publish(madeUpFrame(sequence, { jpeg }));
      const part = (await reader.next())!;
      assertEquals([part.jpeg, part.headers.get("x-framewire-missed")], [jpeg, null], `frame ${sequence}`);
    }
    await reader.cancel();
    await waitFor(async () => await requests(fixture) === 0, { what: "the stream to end" });
    assertEquals(fixture.hub.figures(CAM)?.missed, 0);
  }));

Deno.test(".mjpeg waits while the source is offline, and goes on when it is back", () =>
  withViewer(async (fixture) => {
    const inlet = openCam(fixture);
    const reader = new MjpegReader(await fetch(`${fixture.url}/live/press-4/cam.mjpeg`));
    inlet.publish(madeUpFrame(1));
    await reader.next();
    inlet.close("offline");
    const next = reader.next();
    fixture.hub.open(CAM, "visible").publish(madeUpFrame(1, { run: "r2", jpeg: numberedJpeg(9) }));
    assertEquals((await next)?.jpeg, numberedJpeg(9));
    await reader.cancel();
  }));

Deno.test("streams end cleanly when the server stops, and names in a path may hold anything", () =>
  withViewer(async (fixture) => {
    const key = { device: "van 7/ü", source: "日本.jpg" };
    fixture.frames.addSource(key.device, key.source);
    fixture.hub.open(key, "visible").publish(madeUpFrame(1));
    const path = `${fixture.url}/live/${encodeURIComponent(key.device)}/${encodeURIComponent(key.source)}`;
    const pictures = new MjpegReader(await fetch(`${path}.mjpeg`));
    assertEquals((await pictures.next())?.jpeg, numberedJpeg(1));
    const results = await fetch(`${path}.ndjson`);
    const stopping = fixture.stop();
    assertEquals(await pictures.next(), null);
    assertEquals(await results.text(), "");
    await stopping;
  }));

Deno.test(".jpg is the newest picture with its times; 503 before the first, 404 for a stranger", () =>
  withViewer(async (fixture) => {
    const inlet = openCam(fixture);
    const path = `${fixture.url}/live/press-4/cam.jpg`;
    const early = await fetch(path);
    assertEquals([early.status, (await early.json()).error.code], [503, "NO_PICTURE_YET"]);
    inlet.publish(madeUpFrame(1));
    inlet.publish(madeUpFrame(2));
    const response = await fetch(path);
    assertEquals(await response.bytes(), numberedJpeg(2));
    const { headers } = response;
    assertEquals(["content-type", "cache-control", "x-framewire-sequence"].map((name) => headers.get(name)), [
      "image/jpeg",
      "no-store",
      "2",
    ]);
    const again = await fetch(path, { headers: { "if-none-match": headers.get("etag") ?? "" } });
    assertEquals([again.status, await again.text()], [304, ""]);
    const stranger = await fetch(`${fixture.url}/live/press-4/other.jpg`);
    assertEquals([stranger.status, (await stranger.json()).error.code], [404, "UNKNOWN_SOURCE"]);
  }));

Deno.test(".ndjson has a line for each result, also when many come at once", () =>
  withViewer(async (fixture) => {
    const inlet = openCam(fixture);
    const response = await fetch(`${fixture.url}/live/press-4/cam.ndjson`);
    assertMatch(response.headers.get("content-type") ?? "", /^application\/x-ndjson/);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    await waitFor(() => requests(fixture), { what: "the reader to be there" });
    for (let sequence = 1; sequence <= 40; sequence++) {
      inlet.publish(madeUpFrame(sequence, { name: `${sequence}.jpg` }));
      inlet.publishStored("r1", sequence, 1_000 + sequence);
      inlet.publishResult("r1", sequence, madeUpResult(sequence % 2 === 0 ? "ok" : "defect"));
    }
    let text = "";
    while (text.split("\n").length <= 40) text += (await reader.read()).value ?? "";
    await reader.cancel();
    const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(lines.map(({ sequence }) => sequence), Array.from({ length: 40 }, (_, at) => at + 1));
    const { capturedMs, timeMs, receivedMs } = madeUpFrame(3);
    assertEquals(lines[2], {
      ...{ run: "r1", sequence: 3, name: "3.jpg", capturedMs, timeMs, receivedMs, id: 1_003, missed: 0 },
      result: madeUpResult("defect"),
    });
  }));

Deno.test("so many live streams run at once, and HEAD is none of them", () =>
  withViewer(async (fixture) => {
    openCam(fixture).publish(madeUpFrame(1));
    const path = `${fixture.url}/live/press-4/cam.mjpeg`;
    const bodies = [];
    for (let i = 0; i < LIMITS.liveRequestsMax; i++) bodies.push((await fetch(path)).body);
    const refused = await fetch(path);
    assertEquals([refused.status, refused.headers.get("retry-after")], [503, "5"]);
    await refused.body?.cancel();
    const head = await fetch(path, { method: "HEAD" });
    assertEquals([head.status, head.headers.get("content-type")?.slice(0, 9)], [200, "multipart"]);
    assertEquals(await requests(fixture), LIMITS.liveRequestsMax);
    await Promise.all(bodies.map((body) => body?.cancel()));
    await waitFor(async () => await requests(fixture) === 0, { what: "all streams to end" });
  }));

Deno.test("20 viewers get every picture while 20 others take nothing and are cut; the publisher waits for none", () => {
  // A second instead of ten: what counts is that it ends.
  const clock = {
    ...systemClock,
    timer: (ms: number, fn: () => void) => systemClock.timer(ms === LIMITS.liveStallMs ? 1_000 : ms, fn),
  };
  return withViewer(async (fixture) => {
    const inlet = openCam(fixture);
    const stuck = await Promise.all(Array.from({ length: 20 }, () => neverReads(fixture)));
    await waitFor(async () => await requests(fixture) === 20, { what: "the stuck viewers" });
    const live = await Promise.all(Array.from({ length: 20 }, async () => {
      return new MjpegReader(await fetch(`${fixture.url}/live/press-4/cam.mjpeg`));
    }));
    // Far more than the kernel takes for those who do not read.
    for (let sequence = 1; sequence <= 100; sequence++) {
      const jpeg = numberedJpeg(sequence, 100_000);
      inlet.publish(madeUpFrame(sequence, { jpeg }));
      const parts = await Promise.all(live.map((reader) => reader.next()));
      for (const part of parts) {
        const { headers, jpeg: received } = part!;
        assertEquals([headers.get("x-framewire-sequence"), headers.get("x-framewire-missed")], [`${sequence}`, null]);
        assert(received.length === jpeg.length && received[1_000] === jpeg[1_000]);
      }
    }
    await waitFor(async () => await requests(fixture) === 20, { what: "the stuck viewers to be cut" });
    for (const conn of stuck) {
      assertEquals(await readToEnd(conn), "cut");
      conn.close();
    }
    inlet.publish(madeUpFrame(101));
    for (const reader of live) assertEquals((await reader.next())?.jpeg, numberedJpeg(101));
    await Promise.all(live.map((reader) => reader.cancel()));
  }, { clock });
});

/** A viewer which asks for the stream and reads nothing of it. */
async function neverReads(fixture: ViewerFixture): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: fixture.port });
  const request = `GET /live/press-4/cam.mjpeg HTTP/1.1\r\nHost: 127.0.0.1:${fixture.port}\r\n\r\n`;
  await conn.write(new TextEncoder().encode(request));
  return conn;
}

/** How a connection ends when everything is read at last: `whole` with the last chunk of an answer, else `cut`. */
async function readToEnd(conn: Deno.TcpConn): Promise<string> {
  const buffer = new Uint8Array(1024 * 1024);
  let tail = "";
  try {
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
      tail = (tail + new TextDecoder("latin1").decode(buffer.subarray(Math.max(0, count - 5), count))).slice(-5);
    }
  } catch {
    return "cut";
  }
  return tail === "0\r\n\r\n" ? "whole" : "cut";
}
