import { assertEquals, assertThrows } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import { encodeMessage } from "../../lib/protocol/codec.ts";
import type { Hello } from "../../lib/protocol/message.ts";
import { PingBudget } from "../../lib/session/ping_budget.ts";
import { SAMPLE_MESSAGES } from "../helpers/sample_messages.ts";
import { connectionPair, RawPeer, RunningSession } from "../helpers/session_pair.ts";

const { pingsPerIntervalMax: MAX, pingIntervalMs: INTERVAL_MS } = LIMITS;

Deno.test("PingBudget has as many pings as an interval may have, and is filled again by time", () => {
  const budget = new PingBudget(0);
  for (let count = 0; count < MAX; count++) budget.take(0);
  assertThrows(() => budget.take(0), FramewireError, `must be <= ${MAX}`);
  const later = new PingBudget(0);
  for (let nowMs = 0; nowMs < 100 * INTERVAL_MS; nowMs += INTERVAL_MS / MAX) later.take(nowMs);
  for (let count = 0; count < MAX - 1; count++) later.take(100 * INTERVAL_MS);
});

Deno.test("a flood of pings is answered with RATE_EXCEEDED, and few pongs", async () => {
  const { clock, box, server } = await connectionPair({ bufferBytes: 16 * 1024 * 1024 });
  const session = new RunningSession("server", server, clock);
  session.handle = (message) => {
    if (message.kind === "hello") session.session.open(LIMITS.messageBytesMax, INTERVAL_MS);
  };
  const peer = new RawPeer(box);
  const reading = peer.readAll();
  await peer.send(SAMPLE_MESSAGES.hello[0] as Hello);
  const ping = encodeMessage({ kind: "ping", nonce: 1n });
  for (let count = 0; count < 10_000; count++) await peer.sendBytes(ping);
  await clock.runUntil(reading);
  peer.close();
  await clock.runUntil(session.done);
  assertEquals(session.ending, "cut RATE_EXCEEDED");
  assertEquals(peer.received.filter(({ kind }) => kind === "pong").length, MAX);
  assertEquals(peer.received.flatMap((message) => message.kind === "error" ? [message.code] : []), ["RATE_EXCEEDED"]);
});
