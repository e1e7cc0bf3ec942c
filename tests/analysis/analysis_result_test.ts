import { assertEquals, assertStringIncludes } from "@std/assert";
import { merge } from "../../lib/analysis/analysis_result.ts";
import { LIMITS } from "../../lib/config/limits.ts";

const OWN = { result: "defect", reasons: ["Scratch"], boxes: [], measures: { width: 3 } } as const;
const BUILT_IN = { result: "ok", reasons: [], boxes: [], measures: { width: 1, brightness: 2 } } as const;

Deno.test("merge: one's own analyser has the last word, and its measures come first", () => {
  assertEquals(merge(BUILT_IN, OWN, 1.26), { ...OWN, measures: { width: 3, brightness: 2 }, tookMs: 1.3 });
  assertEquals(merge(BUILT_IN, null, 1), { ...BUILT_IN, tookMs: 1 });
});

Deno.test("merge: who failed has judged nothing, whatever the other says", () => {
  const result = merge(BUILT_IN, { reason: "It crashed" }, 1);
  assertEquals([result.result, result.reasons, result.measures], ["not analysed", ["It crashed"], BUILT_IN.measures]);
});

Deno.test("merge: a result of a byte too many is none", () => {
  const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;
  const withText = (count: number) => merge(BUILT_IN, { ...OWN, measures: { text: "ü".repeat(count) } }, 1);
  const room = LIMITS.resultBytesMax - bytesOf(withText(0));
  const largest = withText(Math.floor(room / 2));
  assertEquals([largest.result, bytesOf(largest) <= LIMITS.resultBytesMax], ["defect", true]);
  const tooLarge = withText(Math.floor(room / 2) + 1);
  assertEquals([tooLarge.result, tooLarge.measures], ["not analysed", BUILT_IN.measures]);
  assertStringIncludes(tooLarge.reasons[0]!, `<= ${LIMITS.resultBytesMax} bytes`);
});
