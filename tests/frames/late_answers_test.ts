import { assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import type { FrameRecorder } from "../../lib/frames/frame_recorder.ts";
import { answerUnanswered } from "../../lib/frames/late_answers.ts";
import type { Frame } from "../../lib/protocol/frame.ts";
import type { FrameRow } from "../../lib/store/frame_catalog.ts";
import { jpegOf, resultOf } from "../helpers/frame_fixture.ts";
import { MadeUpRecorder } from "../helpers/made_up_recorder.ts";

const SOURCE = { device: "box", source: "dir", sourceKind: "visible", run: "run-1" } as const;

/** What is answered of `count` stored frames of which some have no result, or that of nobody. */
async function answersOf(count: number, without: readonly number[], notAnalysed: readonly number[] = []) {
  const store = new MadeUpRecorder();
  const writer = await store.openSource({ ...SOURCE, kind: "visible", named: false });
  const times = { name: null, capturedMs: 0, timeMs: 0, receivedMs: 0 };
  for (let sequence = 1; sequence <= count; sequence++) {
    await writer.write({ ...SOURCE, ...times, sequence, jpeg: jpegOf(10) });
    const verdict = notAnalysed.includes(sequence) ? "not analysed" : "ok";
    if (!without.includes(sequence)) writer.result(sequence, resultOf(verdict));
  }
  await writer.flush();
  const again: number[] = [];
  const late: number[] = [];
  const stream = {
    isClosed: false,
    answerAgain: (sequence: number) => void again.push(sequence),
    answerLate: ({ sequence }: Frame) => {
      late.push(sequence);
      return Promise.resolve();
    },
  };
  const run = (recorder: FrameRecorder = store, name: string = SOURCE.run) =>
    answerUnanswered({ ...SOURCE, run: name }, writer, recorder, stream);
  return { again, late, run };
}

Deno.test("answerUnanswered tells the last window again, and analyses what is without an answer further back, too", async () => {
  const count = 3 * LIMITS.frameWindowFrames;
  const { again, late, run } = await answersOf(count, [5, count - 1]);
  await run();
  assertEquals(late, [5, count - 1]);
  assertEquals([again[0], again.length], [count - LIMITS.frameWindowFrames + 1, LIMITS.frameWindowFrames - 1]);
});

Deno.test("answerUnanswered asks again for what was not analysed: the server may have been stopping", async () => {
  const { late, run } = await answersOf(3, [], [2]);
  await run();
  assertEquals(late, [2]);
});

Deno.test("answerUnanswered analyses what an earlier run has left without an answer, and does not tell its answers again", async () => {
  const { again, late, run } = await answersOf(3, [2]);
  await run(undefined, "run-2");
  assertEquals([again, late], [[], [2]]);
});

Deno.test("answerUnanswered passes over pictures which are gone", async () => {
  const { again, late, run } = await answersOf(3, [2]);
  await run({
    openSource: () => Promise.reject(new Error("not asked for")),
    frames: () => Promise.resolve([{ ...ROW, sequence: 1 }, { ...ROW, sequence: 2 }]),
    checkSpace: () => Promise.resolve(),
    jpeg: () => Promise.resolve(undefined),
  });
  assertEquals([again, late], [[], []]);
});

const ROW: FrameRow = {
  ...{ id: 1, sourceId: 1, run: "run-1", sequence: 1, capturedMs: 0, timeMs: 0, receivedMs: 0, name: null, file: "" },
  ...{ position: 0, bytes: 1, crc32: 0, verdict: null, result: null },
};
