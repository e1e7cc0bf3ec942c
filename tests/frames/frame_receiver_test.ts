import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import { FrameFixture, jpegOf, resultOf } from "../helpers/frame_fixture.ts";

const WINDOW = LIMITS.frameWindowFrames;

Deno.test("a source is accepted with the window's credit, and its frames are shown, stored, answered and acked", async () => {
  const server = await FrameFixture.start();
  const box = await server.box();
  await box.open(1, "cam");
  assertEquals(box.of("sourceAccepted"), [
    {
      ...{ kind: "sourceAccepted", stream: 1, stored: 0, credit: WINDOW, frameBytesMax: LIMITS.frameBytesMax },
      holdsNamed: false,
      commonResult: "",
    },
  ]);
  await box.framesUpTo(1, 1, 3);
  assertEquals(server.recorder.sequences("cam"), [1, 2, 3]);
  assertEquals({ ...box.lastAck!, results: [] }, {
    ...{ kind: "frameAck", stream: 1, received: 3, stored: 3, unrecorded: 0, credit: 3 + WINDOW, results: [] },
  });
  assertEquals(box.results, ["1 ok", "2 ok", "3 ok"]);
  assertEquals(server.live.filter((line) => line.startsWith("cam 3")), ["cam 3", "cam 3 #3", "cam 3 ok"].sort());
  assertEquals(server.recorder.rows.map(({ result }) => result?.result), ["ok", "ok", "ok"]);
  const { received, stored, analysed, skipped } = server.totals;
  assertEquals([received, stored, analysed, skipped], [3, 3, 3, 0]);
  await server.stop();
});

Deno.test("a frame is one copy, which the next message does not change", async () => {
  const server = await FrameFixture.start();
  const box = await server.box();
  await box.open(1, "cam");
  for (let sequence = 1; sequence <= 5; sequence++) {
    await box.frame(1, sequence, { jpeg: jpegOf(1_000 + sequence, sequence) });
  }
  await server.settle();
  assertEquals(server.recorder.rows.map(({ frame }) => frame.jpeg), [1, 2, 3, 4, 5].map((n) => jpegOf(1_000 + n, n)));
  assert(server.frames.every((frame, index) => frame === server.recorder.rows[index]!.frame));
  await server.stop();
});

Deno.test("the newer stream of a source takes over, on this connection and from another", async () => {
  const server = await FrameFixture.start();
  const first = await server.box();
  await first.open(1, "cam");
  await first.framesUpTo(1, 1, 2);
  await first.open(2, "cam");
  assertEquals(first.errors, ["1 SUPERSEDED"]);
  assertEquals(first.of("sourceAccepted").at(-1)?.stored, 2);
  await first.frame(1, 3);
  await first.framesUpTo(2, 3, 4);
  const second = await server.box();
  await second.open(1, "cam");
  await second.framesUpTo(1, 5, 6);
  await server.settle();
  assertEquals(first.errors, ["1 SUPERSEDED", "2 SUPERSEDED"]);
  assertEquals(second.of("sourceAccepted").at(-1)?.stored, 4);
  assertEquals(server.recorder.sequences("cam"), [1, 2, 3, 4, 5, 6]);
  // The same name of another device is another source.
  const other = await server.box({ device: "other" });
  await other.open(1, "cam");
  assertEquals([second.errors, other.errors], [[], []]);
  await server.stop();
});

Deno.test("acks are joined, and what they say never goes back", async () => {
  const server = await FrameFixture.start();
  server.recorder.held = true;
  const box = await server.box();
  await box.open(1, "cam");
  for (let sequence = 1; sequence <= 40; sequence++) await box.frame(1, sequence);
  await server.clock.advance(0);
  assertEquals(box.acks.length, 0, "nothing in a hurry");
  await server.settle();
  assertEquals(box.acks.map(({ received, stored, credit }) => [received, stored, credit]), [[40, 0, WINDOW]]);
  server.recorder.commit();
  await server.clock.advance(0);
  assertEquals(box.acks.length, 2, "what is durable is said at once");
  server.recorder.held = false;
  await box.framesUpTo(1, 41, 100);
  const numbers = box.acks.map(({ received, stored, credit }) => [received, stored, credit] as const);
  assertEquals(numbers.at(-1), [100, 100, 100 + WINDOW]);
  for (const [index, now] of numbers.entries()) {
    const before = numbers[index - 1] ?? [0, 0, 0];
    assert(now.every((value, field) => value >= before[field]!), `ack ${index} goes back`);
  }
  await server.stop();
});

Deno.test("a frame is acked as received at once when nothing more of the box has come, else with the others", async () => {
  for (const sendsAtOnce of [true, false]) {
    const server = await FrameFixture.start();
    server.sendsAtOnce = sendsAtOnce;
    server.recorder.held = true;
    const box = await server.box();
    await box.open(1, "cam");
    await box.frame(1, 1);
    await server.clock.advance(0);
    assertEquals(box.acks.map(({ received, stored }) => [received, stored]), sendsAtOnce ? [[1, 0]] : []);
    await box.frames(1, 2, 4);
    await server.clock.advance(0);
    assertEquals(box.acks.map(({ received }) => received), sendsAtOnce ? [1, 4] : []);
    await server.settle();
    assertEquals(box.lastAck?.received, 4);
    await server.stop();
  }
});

Deno.test("credit of policy latest is what is stored, whatever the analysis does", async () => {
  const server = await FrameFixture.start();
  server.answer = undefined;
  const box = await server.box();
  await box.open(1, "cam");
  await box.framesUpTo(1, 1, WINDOW);
  assertEquals(box.lastAck?.credit, 2 * WINDOW);
  assertEquals(server.questions.map(({ patient }) => patient), Array(WINDOW).fill(false));
  await server.stop();
});

Deno.test("credit of policy all waits for the results, too", async () => {
  const server = await FrameFixture.start();
  server.answer = undefined;
  const box = await server.box();
  await box.open(1, "dir", { policy: "all" });
  await box.framesUpTo(1, 1, 10);
  assertEquals([box.lastAck?.stored, box.lastAck?.credit], [10, WINDOW]);
  assert(server.questions.every(({ patient }) => patient));
  for (const index of [1, 0, 7]) server.questions[index]!.answer(resultOf("defect"));
  await server.settle();
  assertEquals(box.results, ["2 defect", "1 defect", "8 defect"]);
  assertEquals(box.lastAck?.credit, WINDOW + 2, "frame 3 has no answer yet");
  for (const index of [2, 3, 4, 5, 6, 8, 9]) server.questions[index]!.answer(resultOf());
  await server.settle();
  assertEquals(box.lastAck?.credit, WINDOW + 10);
  // Answered, and not stored.
  server.recorder.held = true;
  await box.framesUpTo(1, 11, 11);
  server.questions.at(-1)!.answer(resultOf());
  await server.settle();
  assertEquals([box.lastAck?.credit, box.lastAck?.stored], [WINDOW + 10, 10]);
  server.recorder.commit();
  await server.settle();
  assertEquals([box.lastAck?.credit, box.lastAck?.stored], [WINDOW + 11, 11]);
  await server.stop();
});

Deno.test("the end is answered when all frames are stored and answered", async () => {
  const server = await FrameFixture.start();
  server.recorder.held = true;
  server.answer = undefined;
  const box = await server.box();
  await box.open(1, "cam");
  await box.framesUpTo(1, 1, 2);
  await box.send({ kind: "endSource", stream: 1, sequence: 2 });
  server.questions[0]!.answer(resultOf());
  server.recorder.held = false;
  server.recorder.commit();
  await server.settle();
  assertEquals(box.of("sourceEnded"), []);
  server.questions[1]!.answer(resultOf("not analysed"));
  await server.settle();
  const ended = { kind: "sourceEnded", stream: 1, storedFrames: 2, analysedFrames: 1 } as const;
  assertEquals(box.received.at(-1), ended);
  assertEquals(box.results, ["1 ok", "2 not analysed"]);
  assertEquals(server.recorder.closed, ["cam: stopped"]);
  assertEquals(server.live.at(-1), "cam stopped");
  await box.frame(1, 3);
  await server.settle();
  assertEquals(box.errors, [], "what was on its way is ignored");
  const { text, fields } = server.logged.find(({ text }) => text === "Source ended")!;
  assertEquals([text, fields["received"], fields["stored"], fields["analysed"]], ["Source ended", 2, 2, 1]);
  await server.stop();
  assertEquals(server.logged.filter(({ text }) => text === "Source ended").length, 1);
});

Deno.test("the end waits for the disk although all is answered", async () => {
  const server = await FrameFixture.start();
  server.recorder.held = true;
  const box = await server.box();
  await box.open(1, "cam");
  await box.framesUpTo(1, 1, 2);
  await box.send({ kind: "endSource", stream: 1, sequence: 2 });
  await server.settle();
  assertEquals([box.results.length, box.of("sourceEnded").length], [2, 0]);
  server.recorder.held = false;
  server.recorder.commit();
  await server.settle();
  assertEquals(box.of("sourceEnded").length, 1);
  await server.stop();
});

Deno.test("a source of nothing ends, too", async () => {
  const server = await FrameFixture.start();
  const box = await server.box();
  await box.open(1, "dir", { policy: "all" });
  await box.send({ kind: "endSource", stream: 1, sequence: 0 });
  await server.settle();
  assertEquals(box.of("sourceEnded"), [{ kind: "sourceEnded", stream: 1, storedFrames: 0, analysedFrames: 0 }]);
  await server.stop();
});

Deno.test("a source is offline when its connection is gone, and stopped when the box closes it", async () => {
  const server = await FrameFixture.start();
  const box = await server.box();
  await box.open(1, "left");
  await box.open(2, "right");
  await box.framesUpTo(1, 1, 1);
  await box.send({ kind: "closeStream", stream: 2, discard: false, reason: "" });
  await server.settle();
  assertEquals(server.recorder.closed, ["right: stopped"]);
  box.close();
  await server.settle();
  assertEquals(server.recorder.closed, ["right: stopped", "left: offline"]);
  assertEquals(server.live.filter((line) => line.includes("offline") || line.includes("stopped")), [
    "right stopped",
    "left offline",
  ]);
  await server.stop();
});

Deno.test("a source which was closed while it was opened is let go of", async () => {
  const server = await FrameFixture.start();
  const opening = Promise.withResolvers<void>();
  server.recorder.opening = opening.promise;
  const box = await server.box();
  await box.open(1, "cam");
  await box.send({ kind: "closeStream", stream: 1, discard: false, reason: "" });
  await server.settle();
  opening.resolve();
  await server.settle();
  assertEquals([server.recorder.closed, box.of("sourceAccepted"), server.live], [["cam: stopped"], [], []]);
  await server.stop();
});

Deno.test("what a resume sends of what is stored is passed over; it goes on behind it", async () => {
  const server = await FrameFixture.start();
  const first = await server.box();
  await first.open(1, "cam");
  await first.framesUpTo(1, 1, 5);
  first.close();
  await server.settle();
  const second = await server.box();
  await second.open(1, "cam");
  assertEquals(second.of("sourceAccepted").at(-1)?.stored, 5);
  await second.framesUpTo(1, 4, 8);
  assertEquals(server.recorder.sequences("cam"), [1, 2, 3, 4, 5, 6, 7, 8]);
  assertEquals(server.frames.length, 8);
  assertEquals([second.lastAck?.stored, second.lastAck?.credit], [8, WINDOW + 5]);
  // Another run has numbers of its own.
  await second.open(2, "cam", { run: "run-2" });
  assertEquals(second.of("sourceAccepted").at(-1)?.stored, 0);
  await second.framesUpTo(2, 1, 2);
  assertEquals(server.recorder.rows.length, 10);
  await server.stop();
});

Deno.test("of policy all, results that a cut took away come with the next connection", async () => {
  const server = await FrameFixture.start();
  server.answer = undefined;
  const first = await server.box();
  await first.open(1, "dir", { policy: "all", run: "other" });
  await first.framesUpTo(1, 1, 3);
  await first.open(2, "dir", { policy: "all" });
  await first.framesUpTo(2, 1, 3);
  server.questions[3]!.answer(resultOf("defect"));
  await server.clock.advance(0);
  first.close();
  await server.settle();
  // The answers to the others are lost, as when the server was killed.
  server.questions.length = 0;
  const second = await server.box();
  await second.open(1, "dir", { policy: "all" });
  await second.send({ kind: "endSource", stream: 1, sequence: 3 });
  await server.settle();
  assertEquals(server.questions.map(({ frame }) => [frame.run, frame.sequence]), [["run-1", 2]], "one at a time");
  server.questions[0]!.answer(resultOf());
  await server.settle();
  assertEquals(second.of("sourceEnded").length, 0);
  server.questions[1]!.answer(resultOf());
  await server.settle();
  assertEquals(second.results, ["1 defect", "2 ok", "3 ok"]);
  const answered = server.recorder.rows.filter(({ frame }) => frame.run === "run-1");
  assertEquals(answered.map(({ result }) => result?.result), ["defect", "ok", "ok"]);
  // Those of another run are analysed behind them, and not told: that run is over.
  assertEquals(second.of("sourceEnded").length, 0);
  for (const at of [2, 3, 4]) {
    assertEquals([server.questions[at]!.frame.run, server.questions[at]!.frame.sequence], ["other", at - 1]);
    server.questions[at]!.answer(resultOf());
    await server.settle();
  }
  assertEquals(second.results.length, 3);
  assertEquals(second.of("sourceEnded").length, 1);
  await server.stop();
});

Deno.test("nothing more is read while too many bytes wait for the disk, and then it goes on", async () => {
  const server = await FrameFixture.start();
  server.recorder.held = true;
  const box = await server.box();
  await box.open(1, "cam");
  const count = 20;
  const jpeg = jpegOf(LIMITS.frameBytesMax);
  const sending = (async () => {
    for (let sequence = 1; sequence <= count; sequence++) await box.frame(1, sequence, { jpeg });
  })();
  await server.settle();
  assertEquals(server.frames.length, LIMITS.framesHeldBytesMax / LIMITS.frameBytesMax);
  server.recorder.held = false;
  server.recorder.commit();
  await server.clock.runUntil(sending);
  await server.settle();
  assertEquals(server.recorder.sequences("cam").length, count);
  await server.stop();
});

Deno.test("a result which comes after its connection has gone is stored all the same", async () => {
  const server = await FrameFixture.start();
  server.answer = undefined;
  const box = await server.box();
  await box.open(1, "cam");
  await box.framesUpTo(1, 1, 1);
  box.close();
  await server.settle();
  server.questions[0]!.answer(resultOf("defect"));
  await server.settle();
  assertEquals(server.recorder.rows[0]!.result?.result, "defect");
  await server.stop();
});

Deno.test("pictures that are held need not be sent", async () => {
  const server = await FrameFixture.start();
  const box = await server.box();
  await box.open(1, "dir", { named: true, policy: "all" });
  assertEquals(box.of("sourceAccepted")[0]!.holdsNamed, true);
  await box.frame(1, 1, { name: "1.jpg" });
  await server.settle();
  const frames = ["1.jpg", "2.jpg"].map((name, index) => ({ sequence: index + 2, name, bytes: 100, crc32: 0 }));
  await box.send({ kind: "frameOffer", stream: 1, frames });
  await server.settle();
  assertEquals(box.of("framesHeld"), [{ kind: "framesHeld", stream: 1, sequences: [2] }]);
  await server.stop();
});

Deno.test("of policy all what the disk does not take ends the stream, and only that", async () => {
  const server = await FrameFixture.start();
  const box = await server.box();
  await box.open(1, "left", { policy: "all" });
  await box.open(2, "right");
  server.recorder.writers[0]!.fail(new FramewireError("NO_SPACE", "full", { retryAfterMs: 30_000 }));
  await box.frame(1, 1);
  await box.framesUpTo(2, 1, 1);
  assertEquals(box.of("error").map(({ stream, code, retryAfterMs }) => [stream, code, retryAfterMs]), [
    [1, "NO_SPACE", 30_000],
  ]);
  server.recorder.openError = new FramewireError("NO_SPACE", "full", { retryAfterMs: 30_000 });
  await box.open(3, "left", { policy: "all" });
  await server.settle();
  assertEquals(box.errors, ["1 NO_SPACE", "3 NO_SPACE"]);
  assertEquals(server.recorder.sequences("right"), [1]);
  await server.stop();
});

Deno.test("a box whose clock says 1970 has usable times in the right order", async () => {
  const server = await FrameFixture.start();
  const boxMs = 5_000;
  const box = await server.box({ wallMs: boxMs });
  await box.open(1, "cam");
  await server.clock.advance(1_000);
  const startMs = server.clock.wallMs();
  for (let sequence = 1; sequence <= 3; sequence++) {
    await box.frame(1, sequence, { capturedMs: boxMs + 1_000 - 300 + sequence * 50 });
  }
  await server.settle();
  const times = server.frames.map(({ timeMs }) => Math.round(timeMs - startMs));
  assertEquals(times, [-250, -200, -150]);
  assertEquals(server.frames.map(({ capturedMs }) => capturedMs), [5_750, 5_800, 5_850]);
  await server.stop();
});

Deno.test("the offset of the clocks comes from the heartbeats once there are some", async () => {
  const server = await FrameFixture.start();
  // It says now what it said an hour ago: its Hello was on its way for that long, or its clock was set meanwhile.
  const box = await server.box({ wallMs: server.clock.wallMs() - 3_600_000 });
  await server.clock.advance(LIMITS.pingIntervalMs / 4);
  await box.send({ kind: "pong", nonce: box.of("ping")[0]!.nonce, unixMs: server.clock.wallMs() });
  await box.open(1, "cam");
  await box.frame(1, 1, { capturedMs: server.clock.wallMs() - 100 });
  await server.settle();
  const { timeMs, receivedMs } = server.frames[0]!;
  assertEquals(Math.round(timeMs - receivedMs), -100);
  await server.stop();
});
