import { assertEquals, assertThrows } from "@std/assert";
import { parseAnalyzerAnswer } from "../../lib/analysis/analyzer_answer.ts";
import { LIMITS } from "../../lib/config/limits.ts";

const BOX = { x: 0.1, y: 0.2, width: 0.9, height: 0.8 };
const answer = (more: object) => parseAnalyzerAnswer(JSON.stringify({ result: "ok", ...more }));

Deno.test("parseAnalyzerAnswer takes what is asked for, and other fields as measures", () => {
  assertEquals(answer({ boxes: [{ ...BOX, label: "a", score: 1 }], scratches: 2, measures: { dark: true } }), {
    result: "ok",
    reasons: [],
    boxes: [{ ...BOX, label: "a", score: 1 }],
    measures: { dark: true, scratches: 2 },
  });
});

Deno.test("parseAnalyzerAnswer forgives a box what rounding does at its border, and no more", () => {
  const [box] = answer({ boxes: [{ ...BOX, x: -1e-9, width: 1 + 1e-9 }] }).boxes;
  assertEquals([box!.x, box!.width], [0, 1]);
  for (const wrong of [{ x: -0.01 }, { width: 0.91 }, { height: 0.81 }, { y: "0" }, { score: 2 }, { label: 1 }]) {
    assertThrows(() => answer({ boxes: [{ ...BOX, ...wrong }] }), Error, "boxes[0].");
  }
});

Deno.test("parseAnalyzerAnswer refuses what is no answer, too long or too much, with what may be there", () => {
  const json = (length: number) => JSON.stringify({ result: "ok", text: "ü".repeat(length) });
  const room = Math.floor((LIMITS.resultBytesMax - json(0).length) / 2);
  parseAnalyzerAnswer(json(room));
  assertThrows(() => parseAnalyzerAnswer(json(room + 1)), Error, `<= ${LIMITS.resultBytesMax} bytes`);
  assertThrows(() => parseAnalyzerAnswer("{"), Error, "must be JSON");
  assertThrows(() => parseAnalyzerAnswer("[]"), Error, "must be an object");
  assertThrows(() => answer({ result: "fine" }), Error, 'result must be "ok" or "defect"');
  assertThrows(() => answer({ reasons: [1] }), Error, "reasons[0] must be a text");
  assertThrows(() => answer({ reasons: Array(101).fill("") }), Error, "a list of <= 100");
  assertThrows(() => answer({ boxes: Array(501).fill(BOX) }), Error, "a list of <= 500");
  assertThrows(() => answer({ depth: null }), Error, "depth must be a number, text, true or false");
});
