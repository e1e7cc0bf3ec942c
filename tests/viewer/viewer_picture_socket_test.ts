/** Pictures over real WebSockets. */
import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { systemClock } from "../../lib/platform/clock.ts";
import { systemHttp } from "../../lib/platform/http.ts";
import { madeUpFrame, madeUpResult, numberedJpeg } from "../helpers/made_up_frame_library.ts";
import { type ViewerFixture, withViewer } from "../helpers/viewer_fixture.ts";
import { readPicture } from "../helpers/viewer_hub_setting.ts";
import { waitFor } from "../helpers/wait_for.ts";

const WATCH_1 = JSON.stringify({ type: "watch", sources: [{ id: 1, fpsMax: null }] });

/** A page which watches source 1 as soon as it has its snapshot. */
function page({ url }: ViewerFixture, watch: string = WATCH_1) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
  socket.binaryType = "arraybuffer";
  const pictures: ReturnType<typeof readPicture>[] = [];
  const results: number[] = [];
  const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  socket.onmessage = ({ data }) => {
    if (typeof data !== "string") return void pictures.push(readPicture(new Uint8Array(data)));
    const message = JSON.parse(data);
    if (message.type === "snapshot") socket.send(watch);
    if (message.type === "result") results.push(message.sequence);
  };
  const close = () => {
    socket.close();
    return closed;
  };
  return { pictures, results, closed, close };
}

/** A page which watches source 1, and reads nothing. */
async function stuckPage(fixture: ViewerFixture): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: fixture.port });
  const lines = [
    "GET /ws HTTP/1.1",
    `Host: 127.0.0.1:${fixture.port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  await conn.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
  // A text frame, masked with zeros. RFC 6455, section 5.2.
  const text = new TextEncoder().encode(WATCH_1);
  await conn.write(new Uint8Array([0x81, 0x80 | text.length, 0, 0, 0, 0, ...text]));
  return conn;
}

function openCam(fixture: ViewerFixture) {
  fixture.frames.addSource("press-4", "cam");
  return fixture.hub.open({ device: "press-4", source: "cam" }, "visible");
}

Deno.test("/ws sends the newest picture at once, then each, and results", () =>
  withViewer(async (fixture) => {
    const inlet = openCam(fixture);
    inlet.publish(madeUpFrame(1));
    const { pictures, results, close } = page(fixture);
    await waitFor(() => pictures.length === 1, { what: "the first picture" });
    for (let sequence = 2; sequence <= 20; sequence++) {
      const jpeg = numberedJpeg(sequence, sequence * 5_000);
      inlet.publish(madeUpFrame(sequence, { jpeg }));
      inlet.publishResult("r1", sequence, madeUpResult("ok"));
      await waitFor(() => pictures.length === sequence && results.length === sequence - 1, { what: `${sequence}` });
      assertEquals([pictures.at(-1)?.sequence, pictures.at(-1)?.missed], [sequence, 0]);
      assertEquals(pictures.at(-1)?.jpeg, jpeg);
    }
    await close();
  }));

Deno.test("/ws ends with a reason when a page says what no page says", () =>
  withViewer(async (fixture) => {
    openCam(fixture);
    const wrong: [message: string, code: number, reason: RegExp][] = [
      ['{"type":"watch","sources":[{"id":"1","fpsMax":null}]}', 1008, /^sources must have an id/],
      ["hello", 1008, /JSON/],
      ["x".repeat(LIMITS.viewerMessageBytesMax + 1), 1009, /so long/],
    ];
    for (const [message, code, reason] of wrong) {
      const event = await page(fixture, message).closed;
      assertEquals(event.code, code);
      assert(reason.test(event.reason), event.reason);
    }
  }));

Deno.test("20 pages get every picture while 20 others take nothing; those hold a bounded queue, and are cut", () => {
  const queued: (() => number)[] = [];
  const cut: number[] = [];
  const http = {
    ...systemHttp,
    upgrade: (...args: Parameters<typeof systemHttp.upgrade>) => {
      const upgraded = systemHttp.upgrade(...args);
      queued.push(() => upgraded.socket.bufferedBytes());
      const close = (code: number, reason: string) => {
        cut.push(code);
        upgraded.socket.close(code, reason);
      };
      return { ...upgraded, socket: { ...upgraded.socket, close } };
    },
  };
  let offsetMs = 0;
  const clock = { ...systemClock, now: () => performance.now() + offsetMs };
  return withViewer(async (fixture) => {
    const inlet = openCam(fixture);
    const stuck = await Promise.all(Array.from({ length: 20 }, () => stuckPage(fixture)));
    const live = Array.from({ length: 20 }, () => page(fixture));
    inlet.publish(madeUpFrame(1));
    let sequence = 1;
    const everywhere = () => live.every(({ pictures }) => pictures.at(-1)?.sequence === sequence);
    await waitFor(everywhere, { what: "the first picture everywhere" });
    while (sequence < 100) {
      sequence++;
      inlet.publish(madeUpFrame(sequence, { jpeg: numberedJpeg(sequence, 100_000) }));
      await waitFor(everywhere, { what: `picture ${sequence} everywhere` });
      for (const bytes of queued) assert(bytes() < LIMITS.viewerPictureQueueBytesMax + 150_000, String(bytes()));
    }
    for (const { pictures } of live) {
      assertEquals(pictures.map(({ missed }) => missed).filter((missed) => missed > 0), []);
      assertEquals(pictures.length, 100);
    }
    const full = queued.filter((bytes) => bytes() > LIMITS.viewerPictureQueueBytesMax).length;
    assertEquals(full, 20, "the stuck ones wait with a full queue");
    assertEquals(cut, []);
    offsetMs = LIMITS.viewerStallMs + 1;
    await waitFor(() => cut.length === 20, { what: "the stuck ones to be cut" });
    assertEquals(new Set(cut), new Set([1013]));
    for (const conn of stuck) conn.close();
    assertEquals(
      (await Promise.all(live.map(({ close }) => close()))).map(({ code }) => code),
      new Array(20).fill(1005),
    );
  }, { http, clock });
});
