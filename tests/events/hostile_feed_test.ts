import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { batchChecksum, encodeBatch } from "../../lib/protocol/event_batch.ts";
import type { OpenFeed } from "../../lib/protocol/message.ts";
import { eventOf, eventsFrom, FeedFixture } from "../helpers/feed_fixture.ts";

/** What a box is told after `attack` on a feed that is open as stream 1. */
async function afterwards(attack: (box: Awaited<ReturnType<FeedFixture["box"]>>) => Promise<void>): Promise<string[]> {
  const server = await FeedFixture.start();
  const box = await server.box();
  await box.open(1, "line1");
  await attack(box);
  for (let i = 0; i < 5; i++) await server.settle();
  const { errors } = box;
  await server.stop();
  return errors;
}

Deno.test("a damaged batch ends the connection, also one for a stream that has ended", async () => {
  assertEquals(await afterwards((box) => box.batch(1, eventsFrom(1, 3), true)), ["0 BAD_CHECKSUM"]);
  const late = async (box: Awaited<ReturnType<FeedFixture["box"]>>) => {
    await box.send({ kind: "closeStream", stream: 1, discard: false, reason: "" });
    await box.batch(1, eventsFrom(1, 3), true);
  };
  assertEquals(await afterwards(late), ["0 BAD_CHECKSUM"]);
});

Deno.test("a batch of another stream is a damaged one", async () => {
  const batch = encodeBatch(eventsFrom(1, 1));
  const other = { kind: "eventData", stream: 1, crc32: batchChecksum(2, batch), batch } as const;
  assertEquals(await afterwards((box) => box.send(other)), ["0 BAD_CHECKSUM"]);
});

Deno.test("bytes which are no batch, none or too many events, and numbers that do not rise end the connection", async () => {
  const no = ["0 MALFORMED"];
  assertEquals(await afterwards((box) => box.bytes(1, new Uint8Array([0xff, 0xff, 0xff]))), no, "no batch");
  assertEquals(await afterwards((box) => box.batch(1, [])), no, "empty");
  assertEquals(await afterwards((box) => box.batch(1, eventsFrom(1, LIMITS.eventsPerBatchMax + 1))), no, "too many");
  assertEquals(await afterwards((box) => box.batch(1, [eventOf(2), eventOf(2)])), no, "the same number");
  assertEquals(await afterwards((box) => box.batch(1, [eventOf(0)])), no, "0 is no number");
  const back = async (box: Awaited<ReturnType<FeedFixture["box"]>>) => {
    await box.batch(1, eventsFrom(5, 6));
    await box.batch(1, eventsFrom(6, 7));
  };
  assertEquals(await afterwards(back), no, "goes back");
  const end = async (box: Awaited<ReturnType<FeedFixture["box"]>>) => {
    await box.batch(1, eventsFrom(5, 6));
    await box.send({ kind: "endFeed", stream: 1, sequence: 5 });
  };
  assertEquals(await afterwards(end), no, "an end before its last event");
  const text = "x".repeat(LIMITS.eventBatchBytesMax);
  assertEquals(
    await afterwards((box) => box.batch(1, [eventOf(1, { body: { kind: "text", text } })])),
    no,
    "too large",
  );
});

Deno.test("a batch of as many events as there may be is taken", async () => {
  assertEquals(await afterwards((box) => box.batch(1, eventsFrom(1, LIMITS.eventsPerBatchMax))), []);
});

Deno.test("more unacked events, or bytes, than the window ends the connection", async () => {
  for (const size of ["count", "bytes"] as const) {
    const server = await FeedFixture.start();
    server.recorder.held = true;
    const box = await server.box();
    await box.open(1, "line1");
    const perBatch = LIMITS.eventsPerBatchMax;
    const text = "x".repeat(LIMITS.eventWindowBytes / 4 - 100);
    const batches = size === "count" ? LIMITS.eventWindowEvents / perBatch : 4;
    for (let n = 0; n < batches; n++) {
      if (size === "count") await box.batch(1, eventsFrom(n * perBatch + 1, (n + 1) * perBatch));
      else await box.batch(1, [eventOf(n + 1, { body: { kind: "text", text } })]);
    }
    await server.settle();
    assertEquals(box.errors, [], `${size}: the window may be full`);
    const more = size === "count" ? "" : text;
    await box.batch(1, [eventOf(1_000_000, { body: { kind: "text", text: more } })]);
    await server.settle();
    assertEquals(box.errors, ["0 WINDOW_EXCEEDED"], size);
    await server.stop();
  }
});

Deno.test("names and runs which are none are refused, and the connection goes on where it may", async () => {
  const refused: [Partial<OpenFeed>, string][] = [
    [{ feed: "" }, "2 INVALID_NAME"],
    [{ feed: "x".repeat(LIMITS.feedNameBytesMax + 1) }, "2 INVALID_NAME"],
    [{ feed: "ü".repeat(LIMITS.feedNameBytesMax / 2 + 1) }, "2 INVALID_NAME"],
    [{ feed: "a\0b" }, "2 INVALID_NAME"],
    [{ run: "" }, "0 MALFORMED"],
    [{ run: "a b" }, "0 MALFORMED"],
    [{ run: "r".repeat(65) }, "0 MALFORMED"],
  ];
  for (const [opening, error] of refused) {
    assertEquals(await afterwards((box) => box.open(2, "b", opening)), [error], JSON.stringify(opening));
  }
  const longest = "ü".repeat(LIMITS.feedNameBytesMax / 2);
  assertEquals(await afterwards((box) => box.open(2, longest)), []);
  const source = "s".repeat(LIMITS.sourceNameBytesMax + 1);
  assertEquals(await afterwards((box) => box.batch(1, [eventOf(1, { source })])), ["1 INVALID_NAME"]);
});

Deno.test("as many feeds may be open as the limit says, each with its two streams", async () => {
  const server = await FeedFixture.start();
  const box = await server.box();
  let stream = 0;
  for (let feed = 0; feed < LIMITS.streamsPerConnectionMax; feed++) {
    for (const late of [false, true]) await box.open(++stream, `feed${feed}`, { late });
  }
  await server.settle();
  assertEquals([box.of("feedAccepted").length, box.errors], [2 * LIMITS.streamsPerConnectionMax, []]);
  await box.open(++stream, "one more");
  await box.open(++stream, "feed0");
  await server.settle();
  assertEquals(box.errors, [`${stream - 1} STREAMS_EXHAUSTED`, `${stream} STREAMS_EXHAUSTED`]);
  await server.stop();
});

Deno.test("messages for streams which are not open, or of another kind, end the connection", async () => {
  assertEquals(await afterwards((box) => box.batch(9, eventsFrom(1, 1))), ["0 UNEXPECTED_MESSAGE"]);
  assertEquals(await afterwards((box) => box.open(1, "again")), ["0 UNEXPECTED_MESSAGE"]);
  const frames = (box: Awaited<ReturnType<FeedFixture["box"]>>) =>
    box.send({ kind: "endSource", stream: 1, sequence: 0 });
  assertEquals(await afterwards(frames), ["0 UNEXPECTED_MESSAGE"]);
});

Deno.test("events behind the end of a feed end the connection", async () => {
  const server = await FeedFixture.start();
  server.recorder.held = true;
  const box = await server.box();
  await box.open(1, "line1");
  await box.batch(1, eventsFrom(1, 1));
  await box.send({ kind: "endFeed", stream: 1, sequence: 1 });
  await box.batch(1, eventsFrom(2, 2));
  await server.settle();
  assertEquals(box.errors, ["0 UNEXPECTED_MESSAGE"]);
  server.recorder.commit();
  await server.stop();
});

Deno.test("events before the feed is accepted end the connection, and openings are not taken without end", async () => {
  const server = await FeedFixture.start();
  const opened = Promise.withResolvers<void>();
  server.recorder.opening = opened.promise;
  const box = await server.box();
  await box.open(1, "line1");
  await box.batch(1, eventsFrom(1, 1));
  await server.settle();
  assertEquals(box.errors, ["0 UNEXPECTED_MESSAGE"]);
  const flood = await server.box();
  for (let stream = 1; stream <= 500; stream++) {
    await flood.open(stream, `f${stream}`);
    await flood.send({ kind: "closeStream", stream, discard: false, reason: "" });
  }
  await server.settle();
  assert(server.recorder.openings.length <= 2 * LIMITS.streamsPerConnectionMax, `${server.recorder.openings.length}`);
  opened.resolve();
  await server.settle();
  await server.stop();
});

Deno.test("of batches of one event few wait for the disk, as it has most to do with them", async () => {
  const server = await FeedFixture.start();
  const box = await server.box();
  await box.open(1, "line1");
  server.recorder.held = true;
  for (let sequence = 1; sequence <= 2_000; sequence++) await box.batch(1, eventsFrom(sequence, sequence));
  for (let turn = 0; turn < 20; turn++) await server.settle();
  assertEquals(server.totals.received, LIMITS.eventsHeldBytesMax / (64 * 1024));
  server.recorder.held = false;
  server.recorder.commit();
  for (let turn = 0; turn < 40; turn++) {
    await server.settle();
    server.recorder.commit();
  }
  assertEquals([server.totals.stored, box.errors], [2_000, []]);
  await server.stop();
});
