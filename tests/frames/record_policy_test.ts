import { assertEquals, assertThrows } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import { parseRecordPolicy } from "../../lib/frames/record_policy.ts";
import { FrameFixture, resultOf } from "../helpers/frame_fixture.ts";

Deno.test("parseRecordPolicy takes what --record may be, and says what else it must be", () => {
  assertEquals(parseRecordPolicy("--record", "all"), { kind: "all" });
  assertEquals(parseRecordPolicy("--record", "none"), { kind: "none" });
  assertEquals(parseRecordPolicy("--record", "every:10"), { kind: "every", count: 10 });
  assertEquals(parseRecordPolicy("--record", "on:defect"), { kind: "on", verdict: "defect" });
  assertEquals(parseRecordPolicy("--record", "on:ok"), { kind: "on", verdict: "ok" });
  for (const text of ["", "some", "all:1", "none:", "every", "every:0", "every:-1", "every:1.5", "on:", "on:bad"]) {
    const error = assertThrows(() => parseRecordPolicy("--record", text), FramewireError, "--record");
    assertEquals(error.code, "USAGE", text);
  }
});

Deno.test("record none: everything is shown and acked, nothing is kept", async () => {
  const server = await FrameFixture.start({ kind: "none" });
  const box = await server.box();
  await box.open(1, "cam");
  await box.framesUpTo(1, 1, 5);
  assertEquals([server.frames.length, server.recorder.rows.length], [5, 0]);
  assertEquals([box.lastAck?.stored, box.lastAck?.credit, box.results.length], [5, 5 + LIMITS.frameWindowFrames, 5]);
  await box.send({ kind: "endSource", stream: 1, sequence: 5 });
  await server.settle();
  assertEquals(box.of("sourceEnded"), [{ kind: "sourceEnded", stream: 1, storedFrames: 0, analysedFrames: 5 }]);
  await server.stop();
});

Deno.test("record every:3 keeps the first and each third behind it, for each source", async () => {
  const server = await FrameFixture.start({ kind: "every", count: 3 });
  const box = await server.box();
  await box.open(1, "left");
  await box.open(2, "right");
  await box.framesUpTo(1, 1, 7);
  await box.framesUpTo(2, 11, 14);
  assertEquals([server.recorder.sequences("left"), server.recorder.sequences("right")], [[1, 4, 7], [11, 14]]);
  assertEquals(box.lastAck?.stored, 14);
  await server.stop();
});

Deno.test("record on:defect waits for the results, and keeps the order of the frames", async () => {
  const server = await FrameFixture.start({ kind: "on", verdict: "defect" });
  server.answer = undefined;
  const box = await server.box();
  await box.open(1, "cam");
  await box.framesUpTo(1, 1, 5);
  assertEquals([box.lastAck?.received, box.lastAck?.stored], [5, 0]);
  const verdicts = ["defect", "ok", "not analysed", "defect", "defect"] as const;
  for (const index of [4, 3]) server.questions[index]!.answer(resultOf(verdicts[index]!));
  await server.settle();
  assertEquals([server.recorder.rows.length, box.lastAck?.stored], [0, 0], "the first is not decided");
  assertEquals(box.lastAck?.credit, LIMITS.frameWindowFrames, "so no more may come");
  for (const index of [0, 1, 2]) server.questions[index]!.answer(resultOf(verdicts[index]!));
  await server.settle();
  assertEquals(server.recorder.sequences("cam"), [1, 4, 5]);
  assertEquals(server.recorder.rows.map(({ result }) => result?.result), ["defect", "defect", "defect"]);
  assertEquals([box.lastAck?.stored, box.lastAck?.credit], [5, 5 + LIMITS.frameWindowFrames]);
  await server.stop();
});
