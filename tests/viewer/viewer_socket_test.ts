import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { systemClock } from "../../lib/platform/clock.ts";
import { systemHttp } from "../../lib/platform/http.ts";
import type { PageMessage } from "../../lib/viewer/page_messages.ts";
import { madeUpClip } from "../helpers/made_up_library.ts";
import { type ViewerFixture, withViewer } from "../helpers/viewer_fixture.ts";
import { waitFor } from "../helpers/wait_for.ts";

/** A viewer which keeps what it hears. */
function open(fixture: ViewerFixture) {
  const socket = new WebSocket(`${fixture.url.replace("http", "ws")}/ws`);
  const messages: PageMessage[] = [];
  const closed = new Promise<number>((resolve) => socket.onclose = ({ code }) => resolve(code));
  socket.onmessage = ({ data }) => messages.push(JSON.parse(data));
  return { socket, messages, closed };
}

function upgradeRequest(fixture: ViewerFixture, origin: string): string {
  return [
    "GET /ws HTTP/1.1",
    `Host: 127.0.0.1:${fixture.port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    `Origin: ${origin}`,
    "",
    "",
  ].join("\r\n");
}

/** Opens a WebSocket by hand; the caller closes the connection. */
async function handshake(fixture: ViewerFixture, origin: string): Promise<{ conn: Deno.TcpConn; answer: string }> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: fixture.port });
  await conn.write(new TextEncoder().encode(upgradeRequest(fixture, origin)));
  const buffer = new Uint8Array(200);
  const count = await conn.read(buffer) ?? 0;
  return { conn, answer: new TextDecoder().decode(buffer.subarray(0, count)) };
}

Deno.test("/ws sends a snapshot and then what changes", () =>
  withViewer(async (fixture) => {
    fixture.library.add(madeUpClip("a", { size: 100 }));
    const { socket, messages, closed } = open(fixture);
    await waitFor(() => messages.length === 1, { what: "the snapshot" });
    assertEquals(messages[0]?.type, "snapshot");
    fixture.library.change("a", { held: [{ start: 0, end: 50 }] });
    await waitFor(() => messages.length === 2, { what: "the update" });
    assert(messages[1]?.type === "update");
    assertEquals(messages[1].clips[0]?.held, [{ start: 0, end: 50 }]);
    socket.close();
    await closed;
    await waitFor(() => fixture.library.subscribers === 0, { what: "no subscriber left" });
  }));

Deno.test("/ws is opened by a page of this very host and port only", () =>
  withViewer(async (fixture) => {
    const origins: [origin: string, status: string][] = [
      [`http://127.0.0.1:${fixture.port}`, "101"],
      [`http://127.0.0.1:${fixture.port + 1}`, "403"],
      ["http://evil.com", "403"],
      ["null", "403"],
    ];
    for (const [origin, status] of origins) {
      const { conn, answer } = await handshake(fixture, origin);
      conn.close();
      assertEquals(answer.split(" ")[1], status, origin);
    }
    await waitFor(() => fixture.library.subscribers === 0, { what: "no subscriber left" });
  }));

Deno.test("/ws closes on a message longer than a page has to say", () =>
  withViewer(async (fixture) => {
    const { socket, messages, closed } = open(fixture);
    await waitFor(() => messages.length === 1, { what: "the snapshot" });
    socket.send("x".repeat(LIMITS.viewerMessageBytesMax + 1));
    assertEquals(await closed, 1009);
  }));

Deno.test("a viewer which reads nothing is cut, while another goes on", () => {
  // A stuck peer takes a while to fill the kernel's buffers; here they count as full from the start.
  let stuck = false;
  const http = {
    ...systemHttp,
    upgrade: (...args: Parameters<typeof systemHttp.upgrade>) => {
      const upgraded = systemHttp.upgrade(...args);
      const isFirst = !stuck;
      stuck = true;
      const bufferedBytes = () => isFirst ? 1 : upgraded.socket.bufferedBytes();
      return { ...upgraded, socket: { ...upgraded.socket, bufferedBytes } };
    },
  };
  let offsetMs = 0;
  const clock = { ...systemClock, now: () => performance.now() + offsetMs };
  return withViewer(async (fixture) => {
    const first = open(fixture);
    await waitFor(() => first.messages.length > 0, { what: "the first snapshot" });
    const second = open(fixture);
    await waitFor(() => second.messages.length > 0, { what: "the second snapshot" });
    offsetMs = LIMITS.viewerStallMs + 1;
    assertEquals(await first.closed, 1013);
    fixture.library.add(madeUpClip("a"));
    await waitFor(() => second.messages.some(({ type }) => type === "update"), { what: "an update of the other" });
    second.socket.close();
    await second.closed;
  }, { http, clock });
});

Deno.test("stop ends viewers and bodies, and the same port serves again", () =>
  withViewer(async (fixture) => {
    fixture.library.add(madeUpClip("a", { size: 100, held: [{ start: 0, end: 10 }] }), new Uint8Array(100));
    const viewer = open(fixture);
    await waitFor(() => viewer.messages.length === 1, { what: "the snapshot" });
    const response = await fetch(`${fixture.url}/clips/a/content`);
    const body = response.bytes().then(() => "whole", () => "broken");
    await fixture.stop();
    assertEquals(await viewer.closed, 1001);
    assertEquals(await body, "broken");
    assertEquals(fixture.library.openReaders, 0);
    const { url } = fixture;
    await fixture.start();
    assertEquals(fixture.url, url);
    assertEquals(await (await fetch(`${url}/healthz`)).text(), "ok\n");
  }));

Deno.test("a listener which ended by itself is started anew on the same port", () => {
  const listeners: { shutdown(): Promise<void> }[] = [];
  const http = {
    ...systemHttp,
    serve: (...args: Parameters<typeof systemHttp.serve>) => {
      const listener = systemHttp.serve(...args);
      listeners.push(listener);
      return listener;
    },
  };
  return withViewer(async (fixture) => {
    await listeners[0]?.shutdown();
    await waitFor(() => listeners.length === 2, { what: "a new listener" });
    assertEquals(await (await fetch(`${fixture.url}/healthz`)).text(), "ok\n");
    assertEquals(fixture.logged.length, 1);
  }, { http });
});
