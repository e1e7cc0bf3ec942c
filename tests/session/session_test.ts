import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import { encodeMessage } from "../../lib/protocol/codec.ts";
import type { Hello, Message } from "../../lib/protocol/message.ts";
import { SAMPLE_MESSAGES } from "../helpers/sample_messages.ts";
import { type ConnectionPair, connectionPair, RawPeer, RunningSession } from "../helpers/session_pair.ts";

const PING_MS = LIMITS.pingIntervalMs;
const HELLO = SAMPLE_MESSAGES.hello[0] as Hello;
const ACK = SAMPLE_MESSAGES.ack[0]!;

/** A server's session and a peer by hand. */
async function withPeer(options: Parameters<typeof connectionPair>[0] = {}): Promise<
  ConnectionPair & { session: RunningSession; peer: RawPeer; reading: Promise<void> }
> {
  const pair = await connectionPair(options);
  const session = new RunningSession("server", pair.server, pair.clock);
  const peer = new RawPeer(pair.box);
  return { ...pair, session, peer, reading: peer.readAll() };
}

/** The same, behind the handshake. */
async function opened(options: Parameters<typeof connectionPair>[0] = {}) {
  const all = await withPeer(options);
  all.session.handle = (message) => {
    if (message.kind === "hello") all.session.session.open(LIMITS.messageBytesMax, PING_MS);
  };
  await all.peer.send(HELLO);
  await all.clock.advance(0);
  return all;
}

function codesOf(messages: readonly Message[]): string[] {
  return messages.flatMap((message) => message.kind === "error" ? [message.code] : []);
}

Deno.test("Session ends a connection on which nobody says Hello, and says so", async () => {
  const { clock, session, peer, reading } = await withPeer();
  await clock.advance(LIMITS.handshakeTimeoutMs - 1);
  assertEquals(session.ending, "running");
  await clock.advance(PING_MS);
  await clock.runUntil(reading);
  assertEquals(codesOf(peer.received), ["HANDSHAKE_TIMEOUT"]);
  peer.close();
  await clock.runUntil(session.done);
  assertEquals(session.ending, "lost HANDSHAKE_TIMEOUT");
});

Deno.test("Session ends a stranger who sends a byte a second within the time of the handshake", async () => {
  const { clock, session, peer } = await withPeer();
  const hello = encodeMessage(HELLO);
  for (let second = 0; second < 20 && session.reason === undefined; second++) {
    await peer.sendBytes(hello.subarray(second, second + 1)).catch(() => {});
    await clock.advance(1_000);
  }
  assertEquals(session.ending, "lost HANDSHAKE_TIMEOUT");
  assertLessOrEqual(clock.now(), LIMITS.handshakeTimeoutMs + PING_MS);
  peer.close();
});

Deno.test("Session refuses to a stranger what is no Hello, before it is read", async () => {
  const cases: [string, Uint8Array][] = [
    ["MESSAGE_TOO_LARGE", Uint8Array.of(255, 255, 255, 255)],
    ["MESSAGE_TOO_LARGE", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")],
    ["MESSAGE_EMPTY", Uint8Array.of(0, 0, 0, 0)],
    ["MALFORMED", Uint8Array.of(0, 0, 0, 2, 0xff, 0xff)],
    ["UNEXPECTED_MESSAGE", encodeMessage({ kind: "ping", nonce: 1n })],
    ["UNEXPECTED_MESSAGE", encodeMessage(ACK)],
  ];
  for (const [code, bytes] of cases) {
    const { clock, session, peer, reading } = await withPeer();
    await peer.sendBytes(bytes);
    await clock.runUntil(reading);
    peer.close();
    await clock.runUntil(session.done);
    assertEquals(session.ending, `cut ${code}`);
    assertEquals(codesOf(peer.received), [code]);
    assertEquals(session.received, []);
    assertEquals(clock.pendingTimers, 0, "nothing is left behind");
  }
});

Deno.test("Session takes large messages only behind the handshake", async () => {
  const { clock, session, peer } = await opened();
  await peer.send({ ...SAMPLE_MESSAGES.closeStream[0]!, reason: "x".repeat(100_000) });
  await clock.advance(0);
  assertEquals(session.received.map(({ kind }) => kind), ["hello", "closeStream"]);
  peer.close();
  await clock.runUntil(session.done);
});

Deno.test("Session finds a silent peer within two intervals", async () => {
  const { clock, session, link, peer } = await opened();
  await clock.advance(PING_MS * 10);
  assertEquals(session.ending, "lost PEER_SILENT", "a peer which never answers is silent, too");
  peer.close();

  const pair = await connectionPair();
  const [server, box] = [
    new RunningSession("server", pair.server, pair.clock),
    new RunningSession("box", pair.box, pair.clock),
  ];
  for (const { session } of [server, box]) session.open(LIMITS.messageBytesMax, PING_MS);
  await pair.clock.advance(PING_MS * 10);
  assertEquals([server.ending, box.ending], ["running", "running"], "who answers is heard");
  pair.link.blackHole();
  await pair.clock.advance(PING_MS * 2.6);
  assertEquals([server.ending, box.ending], ["lost PEER_SILENT", "lost PEER_SILENT"]);
  link.reset();
});

Deno.test("Session measures the round trip by its pings", async () => {
  const { clock, box, server } = await connectionPair({ latencyMs: 30 });
  const sessions = [new RunningSession("server", server, clock), new RunningSession("box", box, clock)];
  for (const { session } of sessions) session.open(LIMITS.messageBytesMax, PING_MS);
  await clock.advance(PING_MS * 2);
  for (const { session } of sessions) assertEquals(session.roundTripMs, 60);
  for (const { session } of sessions) session.finish("");
  await clock.runUntil(Promise.all(sessions.map(({ done }) => done)));
  assertEquals(sessions.map(({ ending }) => ending), ["done", "done"]);
});

Deno.test("Session is awaited when nothing more of the peer has come, not even a byte, and small messages go out at once", async () => {
  for (const sendsAtOnce of [true, false]) {
    const pair = await connectionPair();
    const server = new RunningSession("server", Object.assign(pair.server, { sendsAtOnce }), pair.clock);
    const peer = new RawPeer(pair.box);
    const awaited: boolean[] = [];
    server.handle = () => void awaited.push(server.session.isAwaited);
    const status = encodeMessage(SAMPLE_MESSAGES.boxStatus[0]!);
    await peer.send(HELLO);
    await pair.clock.advance(0);
    server.session.open(LIMITS.messageBytesMax, LIMITS.pingIntervalMs);
    await peer.sendBytes(Uint8Array.of(...status, ...status, ...status, 0));
    await pair.clock.advance(0);
    await peer.sendBytes(status.subarray(1));
    await pair.clock.advance(0);
    assertEquals(awaited, [sendsAtOnce, false, false, false, sendsAtOnce]);
    server.session.finish("enough");
    peer.close();
    await pair.clock.runUntil(server.done);
  }
});

Deno.test("Session forgives the silence when the program itself stood still", async () => {
  const { clock, session, peer } = await opened();
  // The process is stopped for a minute: all timers are late, and what has come is still to be read.
  const answer = () => peer.send({ kind: "pong", nonce: 0n, unixMs: 0 });
  const now = clock.now.bind(clock);
  clock.now = () => now() + 60_000;
  await clock.advance(PING_MS);
  assertEquals(session.ending, "running");
  await answer();
  await clock.advance(PING_MS);
  assertEquals(session.ending, "running");
  await clock.advance(PING_MS * 3);
  assertEquals(session.ending, "lost PEER_SILENT");
  peer.close();
});

Deno.test("Session does not take its own slow handler for a silent peer", async () => {
  const { clock, session, peer } = await opened();
  const slow = Promise.withResolvers<void>();
  session.handle = () => slow.promise;
  await peer.send({ kind: "closeStream", stream: 1, discard: false, reason: "" });
  await clock.advance(PING_MS * 10);
  assertEquals(session.ending, "running");
  slow.resolve();
  await clock.advance(PING_MS);
  assertEquals(session.ending, "running");
  peer.close();
  await clock.runUntil(session.done);
});

Deno.test("Session cuts a message which comes a byte a second", async () => {
  const { clock, session, peer } = await opened();
  const bytes = encodeMessage({ kind: "closeStream", stream: 1, discard: false, reason: "x".repeat(1000) });
  for (let second = 0; second < 60 && session.reason === undefined; second++) {
    await peer.sendBytes(bytes.subarray(second, second + 1)).catch(() => {});
    await clock.advance(1_000);
  }
  assertEquals(session.ending, "lost PEER_TOO_SLOW");
  assertLessOrEqual(clock.now(), LIMITS.messageRateGraceMs + 2 * PING_MS);
  peer.close();
});

Deno.test("Session lets a slow but honest link be", async () => {
  const { clock, session, peer } = await opened();
  const bytes = encodeMessage({ kind: "closeStream", stream: 1, discard: false, reason: "x".repeat(60_000) });
  for (let at = 0; at < bytes.length; at += 1_500) {
    await peer.sendBytes(bytes.subarray(at, at + 1_500));
    await clock.advance(1_000);
  }
  assertEquals(session.received.at(-1)?.kind, "closeStream");
  assertEquals(session.ending, "running");
  peer.close();
  await clock.runUntil(session.done);
});

Deno.test("Session cuts a peer which does not read its acks", async () => {
  const { clock, box, server } = await connectionPair({ bufferBytes: 1024 });
  const session = new RunningSession("server", server, clock);
  session.session.open(LIMITS.messageBytesMax, PING_MS);
  const peer = new RawPeer(box);
  let sent = 0;
  while (session.reason === undefined && sent < 1_000_000) {
    for (let i = 0; i < 1_000; i++, sent++) session.session.send(ACK);
    await peer.send({ kind: "pong", nonce: 0n, unixMs: 0 }).catch(() => {});
    await clock.advance(100);
  }
  assertLessOrEqual(sent * encodeMessage(ACK).length, LIMITS.controlQueueBytesMax * 1.2);
  await clock.runUntil(session.done);
  assertEquals(session.ending, "lost PEER_TOO_SLOW");
  peer.close();
});

Deno.test("Session cuts a peer which reads nothing for too long, although it sends", async () => {
  const { clock, box, server } = await connectionPair({ bufferBytes: 64 });
  const session = new RunningSession("server", server, clock);
  session.session.open(LIMITS.messageBytesMax, PING_MS);
  const peer = new RawPeer(box);
  for (let i = 0; i < 50; i++) session.session.send(ACK);
  for (let second = 0; second < 60 && session.reason === undefined; second++) {
    await peer.send({ kind: "pong", nonce: 0n, unixMs: 0 }).catch(() => {});
    await clock.advance(1_000);
  }
  assertEquals(session.ending, "lost PEER_TOO_SLOW");
  assertLessOrEqual(clock.now(), LIMITS.writeTimeoutMs + 2 * PING_MS);
  peer.close();
});

Deno.test("Session ends done after a goodbye of either side", async () => {
  for (const first of [0, 1]) {
    const { clock, box, server } = await connectionPair();
    const sessions = [new RunningSession("server", server, clock), new RunningSession("box", box, clock)];
    for (const running of sessions) {
      running.session.open(LIMITS.messageBytesMax, PING_MS);
      running.handle = (message) => message.kind === "goodbye" ? running.session.finish("You, too") : undefined;
    }
    sessions[first]!.session.finish("Done");
    await clock.runUntil(Promise.all(sessions.map(({ done }) => done)));
    assertEquals(sessions.map(({ ending }) => ending), ["done", "done"]);
    assertEquals(clock.pendingTimers, 0, "nothing is left behind");
  }
});

Deno.test("Session takes the end of the bytes without a goodbye for a loss", async () => {
  const { clock, session, peer } = await opened();
  await peer.closeWrite();
  await clock.runUntil(session.done);
  assertEquals(session.ending, "lost CONNECTION_LOST");
  peer.close();
});

Deno.test("Session takes the end inside a message for a truncation, also right behind a prefix", async () => {
  const bytes = encodeMessage(ACK);
  for (const cut of [1, 3, 4, 5, bytes.length - 1]) {
    const { clock, session, peer } = await opened();
    await peer.sendBytes(bytes.subarray(0, cut));
    await peer.closeWrite();
    await clock.runUntil(session.done);
    assertEquals(session.ending, "lost TRUNCATED", `cut at byte ${cut}`);
    peer.close();
  }
});

Deno.test("Session takes a reset for a loss, also when it has nothing to write", async () => {
  const { clock, session, link, peer } = await opened();
  link.reset();
  await clock.runUntil(session.done, { msMax: 1_000 });
  assertEquals(session.ending, "lost CONNECTION_LOST");
  peer.close();
});

Deno.test("Session ends refused by what the peer says, and keeps when to come back", async () => {
  const { clock, session, peer } = await opened();
  const error = { code: "SERVER_BUSY", text: "Full house", retryable: true, retryAfterMs: 7_000, stream: 0 };
  await peer.send({ kind: "error", ...error });
  await peer.closeWrite();
  await clock.runUntil(session.done);
  assertEquals(session.ending, "refused SERVER_BUSY");
  assertEquals([session.reason?.error?.message, session.reason?.error?.retryAfterMs], ["Full house", 7_000]);
  peer.close();
});

Deno.test("Session hands errors of a stream to its handler, and goes on", async () => {
  const { clock, session, peer } = await opened();
  const error = { code: "NO_SPACE", text: "Full", retryable: true, retryAfterMs: 0, stream: 3 };
  await peer.send({ kind: "error", ...error });
  await clock.advance(0);
  assertEquals(session.received.at(-1)?.kind, "error");
  assertEquals(session.ending, "running");
  peer.close();
  await clock.runUntil(session.done);
});

Deno.test("Session tells the peer why it cuts, although the peer is still sending", async () => {
  const { clock, session, peer, reading } = await opened({ bufferBytes: 1024 });
  const flood = (async () => {
    const bytes = encodeMessage({ kind: "closeStream", stream: 1, discard: false, reason: "x".repeat(5000) });
    for (let broken = false; !broken;) {
      await peer.sendBytes(bytes).catch(() => broken = true);
      // Both sides live in this process: let the other have a turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  await clock.advance(0);
  session.session.cut(new FramewireError("SHUTTING_DOWN", "Stopping", { retryAfterMs: 1_000 }));
  await clock.runUntil(reading);
  assertEquals(codesOf(peer.received), ["SHUTTING_DOWN"]);
  await clock.runUntil(session.done);
  assertEquals(session.ending, "stopped SHUTTING_DOWN");
  await flood;
  peer.close();
});

Deno.test("Session ends by what was wrong before it ran", async () => {
  const { clock, server, box } = await connectionPair();
  const { Session } = await import("../../lib/session/session.ts");
  const session = new Session("server", server, clock);
  session.cut(new FramewireError("SHUTTING_DOWN", "Stopping"));
  const reason = await clock.runUntil(session.run({ receive: () => {} }));
  assertEquals(reason.word, "stopped");
  box.close();
});

Deno.test("Session cuts when its handler fails, as INTERNAL unless it says otherwise", async () => {
  for (
    const [thrown, ending] of [
      [new TypeError("Oops"), "cut INTERNAL"],
      [new FramewireError("WINDOW_EXCEEDED", "Too much"), "cut WINDOW_EXCEEDED"],
    ] as const
  ) {
    const { clock, session, peer, reading } = await opened();
    session.handle = () => Promise.reject(thrown);
    await peer.send({ kind: "goodbye", reason: "" });
    await clock.runUntil(reading);
    peer.close();
    await clock.runUntil(session.done);
    assertEquals(session.ending, ending);
    assert(codesOf(peer.received).length === 1);
  }
});
