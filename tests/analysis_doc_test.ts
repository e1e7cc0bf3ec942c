/** Holds docs/ANALYSIS.md against what the code does. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { limitsOf } from "../lib/analysis/analysis_limits.ts";
import { parseAnalysisLimits } from "../lib/analysis/analysis_limits_parser.ts";
import { parseAnalyzerAnswer } from "../lib/analysis/analyzer_answer.ts";
import { judge } from "../lib/analysis/verdict.ts";
import { LIMITS } from "../lib/config/limits.ts";

const page = await Deno.readTextFile(new URL("../docs/ANALYSIS.md", import.meta.url));

function block(language: string): string {
  return page.split(`\n\`\`\`${language}\n`)[1]?.split("\n```\n")[0] ?? "";
}

Deno.test("docs/ANALYSIS.md: the limits are such, and mean what they say", () => {
  const limits = parseAnalysisLimits(block("jsonc"));
  const left = limitsOf(limits, { device: "box-1", source: "left" }, "infrared");
  assertEquals(left.black, false);
  assertEquals(left.measures["brightness"], { min: 20, max: 235 });
  assertEquals(left.frozen, { frames: 10, seconds: 5 });
});

Deno.test("docs/ANALYSIS.md: the result has the keys and measures of a result, and the table has them all", () => {
  const example = JSON.parse(block("json"));
  const { tookMs, ...answer } = example;
  assertEquals([typeof tookMs, parseAnalyzerAnswer(JSON.stringify(answer))], ["number", answer]);
  const picture = { brightness: 1, contrast: 1, sharpness: 1, black: false };
  const compared = { change: { motion: 1, box: null }, sameFrames: 1, sameSeconds: 0 };
  const { measures } = judge(picture, compared, { measures: {}, black: true, frozen: false });
  assertEquals(Object.keys(example.measures), Object.keys(measures));
  for (const name of [...Object.keys(measures), ...Object.keys(example)]) assertStringIncludes(page, `\n| \`${name}\``);
});

Deno.test("docs/ANALYSIS.md: the analyser is the one which is tested", async () => {
  const script = await Deno.readTextFile(new URL("../examples/python/analyzer_minimal.py", import.meta.url));
  assertEquals(block("python"), script.slice(script.indexOf("import json")).trimEnd());
});

Deno.test("docs/ANALYSIS.md: its limits are those of the code", () => {
  assertStringIncludes(page, `up to ${LIMITS.frameWindowFrames} frames`);
  assertStringIncludes(page, `${LIMITS.analysisQueueBytesMax / 2 ** 20} MiB wait`);
  assertStringIncludes(page, `${LIMITS.analysisPixelsMax / 1e6} million pixels or ${LIMITS.analysisScansMax} scans`);
  assertStringIncludes(page, `at most ${LIMITS.resultBytesMax / 1024} KiB`);
  const [first, next] = [LIMITS.analysisStartTimeoutMs / 1000, LIMITS.analysisTimeoutMs / 1000];
  assertStringIncludes(page, `no answer for ${next} s (${first} s for its first`);
});
