import { assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { FrameAcks } from "../../lib/frames/frame_acks.ts";
import type { FrameAck, Message } from "../../lib/protocol/message.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

const WINDOW = LIMITS.frameWindowFrames;

function acksOf(hasRoom: () => boolean = () => true) {
  const clock = new MadeUpClock();
  const sent: FrameAck[] = [];
  const send = (message: Message) => void (message.kind === "frameAck" && sent.push(message));
  return { clock, sent, acks: new FrameAcks({ stream: 1, clock, send, hasRoom }, 0) };
}

Deno.test("FrameAcks says within its time what was received, once", async () => {
  const { clock, sent, acks } = acksOf();
  for (let sequence = 1; sequence <= 10; sequence++) acks.received(sequence);
  await clock.advance(LIMITS.ackAfterMs - 1);
  assertEquals(sent.length, 0);
  await clock.advance(1);
  assertEquals(sent, [{
    kind: "frameAck",
    stream: 1,
    received: 10,
    stored: 0,
    unrecorded: 0,
    credit: WINDOW,
    results: [],
  }]);
  await clock.advance(1_000);
  assertEquals([sent.length, clock.pendingTimers], [1, 0]);
});

Deno.test("FrameAcks says at once what the box may be waiting for", async () => {
  const { clock, sent, acks } = acksOf();
  acks.received(1, true);
  acks.received(2, false);
  assertEquals(sent.map(({ received }) => received), [1]);
  await clock.advance(LIMITS.ackAfterMs).then(() => acks.stop());
  assertEquals(sent.at(-1)!.received, 2);
});

Deno.test("FrameAcks says at once what is durable, with all that waited", async () => {
  const { clock, sent, acks } = acksOf();
  acks.received(3);
  acks.result(1, "{}");
  acks.stored(2, 2);
  const results = [{ sequence: 1, json: "{}" }];
  assertEquals(sent, [{
    kind: "frameAck",
    stream: 1,
    received: 3,
    stored: 2,
    unrecorded: 0,
    credit: WINDOW + 2,
    results,
  }]);
  await clock.advance(1_000);
  assertEquals(sent.length, 1);
});

Deno.test("FrameAcks never goes back", () => {
  const { sent, acks } = acksOf();
  acks.received(9);
  acks.stored(9, 9);
  acks.received(4);
  acks.stored(4, 4);
  const { received, stored, credit } = sent.at(-1)!;
  assertEquals([received, stored, credit], [9, 9, WINDOW + 9]);
});

Deno.test("FrameAcks says many large results in several acks, none above its bound", () => {
  const { sent, acks } = acksOf();
  for (let sequence = 1; sequence <= 20; sequence++) acks.result(sequence, "x".repeat(20_000));
  acks.stored(1, 1);
  assertEquals(sent.flatMap(({ results }) => results).map(({ sequence }) => sequence).length, 20);
  assertEquals(sent.map(({ results }) => results.length), [3, 3, 3, 3, 3, 3, 2]);
});

Deno.test("FrameAcks keeps results for a box which takes nothing, and its credit goes on", async () => {
  let hasRoom = false;
  const { clock, sent, acks } = acksOf(() => hasRoom);
  acks.result(1, "{}");
  await clock.advance(100);
  assertEquals(sent.length, 0);
  acks.stored(1, 1);
  assertEquals(sent.map(({ stored, results }) => [stored, results.length]), [[1, 0]]);
  hasRoom = true;
  await clock.advance(LIMITS.ackAfterMs);
  assertEquals(sent.map(({ results }) => results.length), [0, 1]);
});

Deno.test("FrameAcks keeps no more results than a window has: the box is to be cut then", () => {
  const { sent, acks } = acksOf(() => false);
  const json = "x".repeat(LIMITS.resultBytesMax);
  for (let sequence = 1; sequence <= 2 * WINDOW; sequence++) acks.result(sequence, json);
  acks.stored(1, 1);
  assertEquals(sent.flatMap(({ results }) => results).length >= WINDOW, true);
});

Deno.test("FrameAcks says nothing when it is stopped, and everything at the end", () => {
  const stopped = acksOf();
  stopped.acks.received(1);
  stopped.acks.stop();
  stopped.acks.stored(1, 1);
  assertEquals([stopped.sent.length, stopped.clock.pendingTimers], [0, 0]);
  const ended = acksOf(() => false);
  for (let sequence = 1; sequence <= 3; sequence++) ended.acks.result(sequence, "x".repeat(50_000));
  ended.acks.finish();
  assertEquals(ended.sent.flatMap(({ results }) => results).length, 3);
  assertEquals(ended.clock.pendingTimers, 0);
});
