import { assertEquals } from "@std/assert";
import { type AnsweredFrame, FrameAnswers } from "../../lib/frames/frame_answers.ts";

function answers(): { board: FrameAnswers; told: AnsweredFrame[] } {
  const told: AnsweredFrame[] = [];
  return { board: new FrameAnswers((frame) => void told.push(frame)), told };
}

const frame = (sequence: number) => ({ sequence, name: null, ackMs: 5 });

Deno.test("FrameAnswers tells of a frame once, when both are there, in whichever order they came", () => {
  const { board, told } = answers();
  board.stored(frame(1));
  board.result(2, "{2}");
  assertEquals(told, []);
  board.result(1, "{1}");
  board.stored(frame(2));
  board.result(1, "again");
  board.flush();
  assertEquals(told, [{ ...frame(1), result: "{1}" }, { ...frame(2), result: "{2}" }]);
});

Deno.test("FrameAnswers with a common result waits for none, and keeps those which have come", () => {
  const { board, told } = answers();
  board.stored(frame(1));
  board.result(3, "{3}");
  board.common = "{all}";
  assertEquals(told, [{ ...frame(1), result: "{all}" }]);
  board.stored(frame(2));
  board.stored(frame(3));
  assertEquals(told.slice(1), [{ ...frame(2), result: "{all}" }, { ...frame(3), result: "{3}" }]);
  board.common = "";
  board.stored(frame(4));
  assertEquals(told.length, 3);
});

Deno.test("FrameAnswers gives up on results at the end, and when too many are missing", () => {
  const { board, told } = answers();
  for (let sequence = 1; sequence <= 1_100; sequence++) board.stored(frame(sequence));
  assertEquals(told.map(({ sequence, result }) => [sequence, result]).slice(0, 2), [[1, null], [2, null]]);
  assertEquals(told.length, 1_100 - 1_024);
  board.flush();
  assertEquals(told.length, 1_100);
});
