import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import { eventOf, eventsFrom, FeedFixture } from "../helpers/feed_fixture.ts";

Deno.test("a feed is accepted with its window, and its events are stored, told and acked", async () => {
  const server = await FeedFixture.start();
  const box = await server.box();
  await box.open(1, "line1", { floor: 7 });
  assertEquals(server.recorder.openings, ["box/line1/run-1 7"]);
  assertEquals(box.of("feedAccepted"), [{
    ...{ kind: "feedAccepted", stream: 1, held: [] },
    ...{ windowEvents: LIMITS.eventWindowEvents, windowBytes: LIMITS.eventWindowBytes },
  }]);
  await box.batch(1, eventsFrom(7, 9));
  await server.settle();
  assertEquals(server.recorder.durable(1), "7-9");
  assertEquals(server.watched, ["box/line1 live 7-9 3"]);
  assertEquals(box.acks, ["1 9/9"]);
  const { received, stored, late, duplicates } = server.totals;
  assertEquals([received, stored, late, duplicates], [3, 3, 0, 0]);
  await server.stop();
});

Deno.test("what has arrived is acked within ackAfterMs, in one message, and as stored only when it is", async () => {
  const server = await FeedFixture.start();
  server.recorder.held = true;
  const box = await server.box();
  await box.open(1, "line1");
  for (let first = 1; first <= 91; first += 10) await box.batch(1, eventsFrom(first, first + 9));
  await server.clock.advance(0);
  assertEquals(box.acks, [], "nothing in a hurry");
  await server.settle();
  assertEquals(box.acks, ["1 100/0"]);
  assertEquals(server.watched, [], "what may be lost is told to nobody");
  server.recorder.commit(3);
  await server.clock.advance(0);
  assertEquals(box.acks.at(-1), "1 100/30", "what is durable is said at once");
  server.recorder.commit();
  await server.settle();
  assertEquals(box.acks.at(-1), "1 100/100");
  const stored = box.of("eventAck").map((ack) => ack.stored);
  assertEquals(stored, stored.toSorted((a, b) => a - b));
  await server.stop();
});

Deno.test("times are those of the server, and the store is told how far the box's clock is off", async () => {
  const server = await FeedFixture.start();
  const nowMs = server.clock.wallMs();
  const box = await server.box({ wallMs: nowMs + 60_000 });
  await box.open(1, "line1");
  await box.batch(1, [eventOf(1, { timeMs: nowMs + 59_900 })]);
  await server.settle();
  const [append] = server.recorder.appends;
  assertEquals([append?.offsetMs, append?.receivedMs], [60_000, nowMs]);
  assertEquals(server.watchedMs, [nowMs - 100]);
  await server.stop();
});

Deno.test("a feed has a stream for now and one for what is late, each with acks of its own", async () => {
  const server = await FeedFixture.start();
  const box = await server.box();
  await box.open(1, "line1");
  await box.open(2, "line1", { late: true });
  await box.batch(1, eventsFrom(501, 503));
  await box.batch(2, eventsFrom(1, 500));
  await box.batch(1, eventsFrom(504, 504));
  await server.settle();
  assertEquals(server.recorder.durable(1), "1-504");
  assertEquals(box.acks.filter((ack) => ack.startsWith("1")).at(-1), "1 504/504");
  assertEquals(box.acks.filter((ack) => ack.startsWith("2")).at(-1), "2 500/500");
  assertEquals(server.totals.late, 500);
  assertEquals(server.recorder.appends.map(({ late }) => late), [false, true, false]);
  await server.stop();
});

Deno.test("events which two connections bring are stored once, and a new one hears what is held", async () => {
  const server = await FeedFixture.start();
  const first = await server.box();
  await first.open(1, "line1");
  await first.batch(1, eventsFrom(1, 10));
  await server.settle();
  const second = await server.box();
  await second.open(1, "line1");
  assertEquals(second.of("feedAccepted")[0]?.held, [{ first: 1, last: 10 }]);
  await second.batch(1, eventsFrom(8, 20));
  await first.batch(1, eventsFrom(11, 15));
  await server.settle();
  assertEquals([first.errors, second.errors], [[], []], "both go on");
  assertEquals([first.acks.at(-1), second.acks.at(-1)], ["1 15/15", "1 20/20"]);
  assertEquals(server.recorder.durable(1), "1-20");
  assertEquals([server.totals.received, server.totals.stored, server.totals.duplicates], [28, 20, 8]);
  await server.stop();
});

Deno.test("the end is answered when all is stored, with how much of it was new", async () => {
  const server = await FeedFixture.start();
  const box = await server.box();
  await box.open(1, "line1");
  await box.batch(1, eventsFrom(1, 5));
  await server.settle();
  await box.open(2, "line1");
  server.recorder.held = true;
  await box.batch(2, eventsFrom(4, 9));
  await box.send({ kind: "endFeed", stream: 2, sequence: 9 });
  await server.settle();
  assertEquals(box.of("feedEnded"), []);
  server.recorder.commit();
  await server.settle();
  assertEquals(box.of("feedEnded"), [{ kind: "feedEnded", stream: 2, storedEvents: 4 }]);
  assertEquals(box.acks.at(-1), "2 9/9");
  const [ended] = server.logged.filter(({ text }) => text === "Feed ended");
  assertEquals(ended?.fields, { device: "box", feed: "line1", late: false, received: 6, stored: 4, duplicates: 2 });
  await box.open(3, "empty");
  await box.send({ kind: "endFeed", stream: 3, sequence: 0 });
  await server.settle();
  assertEquals(box.of("feedEnded").at(-1), { kind: "feedEnded", stream: 3, storedEvents: 0 });
  await server.stop();
});

Deno.test("a stream whose events cannot be stored ends, and the others go on; nothing behind it is acked", async () => {
  const server = await FeedFixture.start();
  const box = await server.box();
  await box.open(1, "bad");
  await box.open(2, "good");
  server.recorder.appendError = new FramewireError("STORAGE_FAILED", "no");
  await box.batch(1, eventsFrom(1, 2));
  await server.settle();
  server.recorder.appendError = undefined;
  await box.batch(1, eventsFrom(3, 4));
  await box.batch(2, eventsFrom(1, 2));
  await server.settle();
  assertEquals(box.errors, ["1 STORAGE_FAILED"]);
  assertEquals(box.of("eventAck").filter(({ stream, stored }) => stream === 1 && stored > 0), []);
  assertEquals(box.acks.at(-1), "2 2/2");
  await server.stop();
});

Deno.test("what arrived before a connection ended is stored, told and counted, and never acked twice", async () => {
  const server = await FeedFixture.start();
  server.recorder.held = true;
  const box = await server.box();
  await box.open(1, "line1");
  await box.batch(1, eventsFrom(1, 3));
  await server.clock.advance(0);
  box.close();
  await server.settle();
  server.recorder.commit();
  await server.settle();
  assertEquals(server.watched, ["box/line1 live 1-3 3"]);
  const [ended] = server.logged.filter(({ text }) => text === "Feed ended");
  assertEquals([ended?.fields["received"], ended?.fields["stored"]], [3, 3]);
  await server.stop();
});

Deno.test("closing a stream ends it; what is on its way to it is passed over", async () => {
  const server = await FeedFixture.start();
  const box = await server.box();
  await box.open(1, "line1");
  await box.send({ kind: "closeStream", stream: 1, discard: false, reason: "" });
  await box.batch(1, eventsFrom(1, 3));
  await box.open(2, "line1");
  await box.batch(2, eventsFrom(1, 3));
  await server.settle();
  assertEquals([box.errors, box.acks], [[], ["2 3/3"]]);
  await server.stop();
});

Deno.test("a box says how it is, and the table of devices knows", async () => {
  const server = await FeedFixture.start();
  const box = await server.box({ wallMs: server.clock.wallMs() + 1_000 });
  await box.send({
    ...{ kind: "boxStatus", spooledEvents: 5, spooledBytes: 500, oldestMs: 1_768_000_001_000, droppedEvents: 2 },
    ...{ spooledFrames: 4, spooledFrameBytes: 400, spooledClips: 2, spooledClipBytes: 200, droppedFrames: 0 },
    ...{ diskFreeBytes: 10, diskBytes: 100, troubles: ["camera left: gone"] },
  });
  await server.settle();
  const [view] = server.devices.views();
  const others = { frames: 4, frameBytes: 400, clips: 2, clipBytes: 200 };
  assertEquals(view?.backlog, { events: 5, bytes: 500, oldestMs: 1_768_000_000_000, ...others });
  assertEquals([view?.dropped, view?.disk, view?.troubles, view?.clockOffsetMs], [
    ...[2, { freeBytes: 10, bytes: 100 }, ["camera left: gone"], 1_000],
  ]);
  await server.stop();
});

Deno.test("beyond what a connection may have in memory nothing is read from it", async () => {
  const server = await FeedFixture.start();
  server.recorder.held = true;
  const box = await server.box();
  const text = "x".repeat(LIMITS.eventBytesMax - 100);
  const perStream = Math.floor(LIMITS.eventWindowBytes / LIMITS.eventBytesMax);
  const streams = LIMITS.eventsHeldBytesMax / LIMITS.eventBytesMax / perStream + 2;
  const sending = (async () => {
    for (let stream = 1; stream <= streams; stream++) {
      await box.open(stream, `feed${stream}`);
      for (let n = 1; n <= perStream; n++) await box.batch(stream, [eventOf(n, { body: { kind: "text", text } })]);
    }
  })();
  for (let i = 0; i < 200; i++) await server.clock.advance(1);
  const held = server.totals.received;
  assert(held >= LIMITS.eventsHeldBytesMax / LIMITS.eventBytesMax, `${held} came`);
  assert(held <= LIMITS.eventsHeldBytesMax / LIMITS.eventBytesMax + 1, `${held} came`);
  server.recorder.held = false;
  server.recorder.commit();
  await server.clock.runUntil(sending);
  await server.settle();
  assertEquals(server.totals.stored, streams * perStream);
  await server.stop();
});

Deno.test("what is stored makes room in the window, by count and by bytes", async () => {
  const server = await FeedFixture.start();
  const box = await server.box();
  await box.open(1, "line1");
  const perBatch = LIMITS.eventsPerBatchMax;
  for (let n = 0; n < 3 * LIMITS.eventWindowEvents / perBatch; n++) {
    await box.batch(1, eventsFrom(n * perBatch + 1, (n + 1) * perBatch));
    await server.clock.advance(0);
  }
  await box.open(2, "pictures");
  const text = "x".repeat(LIMITS.eventBytesMax - 100);
  for (let n = 1; n <= 12; n++) {
    await box.batch(2, [eventOf(n, { body: { kind: "text", text } })]);
    await server.clock.advance(0);
  }
  await server.settle();
  assertEquals([box.errors, server.totals.stored], [[], 3 * LIMITS.eventWindowEvents + 12]);
  await server.stop();
});
