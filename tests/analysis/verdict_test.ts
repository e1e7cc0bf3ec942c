import { assertEquals } from "@std/assert";
import { limitsOf } from "../../lib/analysis/analysis_limits.ts";
import { parseAnalysisLimits } from "../../lib/analysis/analysis_limits_parser.ts";
import type { PictureMeasures } from "../../lib/analysis/measures.ts";
import type { Compared } from "../../lib/analysis/picture_history.ts";
import { judge } from "../../lib/analysis/verdict.ts";

const FINE: PictureMeasures = { brightness: 100.126, contrast: 40, sharpness: 500, black: false };
const STILL: Compared = { change: { motion: 0, box: null }, sameFrames: 5, sameSeconds: 10 };
const FIRST: Compared = { change: null, sameFrames: 1, sameSeconds: 0 };

function judged(text: string, picture: Partial<PictureMeasures> = {}, compared: Compared = FIRST) {
  const limits = limitsOf(parseAnalysisLimits(text), { device: "box", source: "left" }, "visible");
  return judge({ ...FINE, ...picture }, compared, limits);
}

Deno.test("judge: without a file, everything is fine but black and frozen pictures", () => {
  assertEquals(judged("{}"), {
    result: "ok",
    reasons: [],
    boxes: [],
    measures: { brightness: 100.13, contrast: 40, sharpness: 500, black: false, frozen: false },
  });
  assertEquals(judged("{}", { brightness: 255, contrast: 0, sharpness: 0 }).result, "ok");
  assertEquals(judged("{}", { black: true }).reasons, ["Picture is black"]);
  const frozen = judged("{}", {}, STILL);
  assertEquals([frozen.result, frozen.measures["frozen"], frozen.measures["motion"]], ["defect", true, 0]);
  assertEquals(frozen.reasons, ["Picture is frozen: the same for 5 frames and 10 s"]);
  assertEquals(judged("{}", {}, { ...STILL, sameFrames: 4 }).result, "ok");
  assertEquals(judged("{}", {}, { ...STILL, sameSeconds: 9.9 }).result, "ok");
});

Deno.test("judge: every limit that is broken is a reason, with the value and what is allowed", () => {
  const limits = '{"default": {"brightness": {"min": 20, "max": 235}, "sharpness": {"min": 5}, "motion": {"max": 1}}}';
  const { result, reasons } = judged(limits, { brightness: 12, sharpness: 4.999 });
  assertEquals([result, reasons], ["defect", ["Brightness 12 must be >= 20"]]);
  assertEquals(judged(limits, { brightness: 240.5 }).reasons, ["Brightness 240.5 must be <= 235"]);
  const moved = { change: { motion: 1.5, box: null }, sameFrames: 1, sameSeconds: 0 };
  assertEquals(judged(limits, { sharpness: 1 }, moved).reasons, [
    "Sharpness 1 must be >= 5",
    "Motion 1.5 must be <= 1",
  ]);
  // Both ends are allowed.
  assertEquals(judged(limits, { brightness: 20, sharpness: 5 }).result, "ok");
});

Deno.test("limitsOf: a source comes before its kind, that before the default, measure by measure and end by end", () => {
  const limits = parseAnalysisLimits(`{
    // Comments are allowed.
    "default": { "brightness": { "min": 10, "max": 200 }, "black": false },
    "kinds": { "infrared": { "brightness": { "min": 0 }, "frozen": false } },
    "sources": { "box/left": { "brightness": { "max": 90 }, "black": true, "frozen": { "seconds": 1 } } },
  }`);
  const of = (source: string, kind: "visible" | "infrared") => limitsOf(limits, { device: "box", source }, kind);
  assertEquals(of("right", "visible"), {
    measures: { brightness: { min: 10, max: 200 } },
    black: false,
    frozen: { frames: 5, seconds: 10 },
  });
  assertEquals(of("right", "infrared"), {
    measures: { brightness: { min: 0, max: 200 } },
    black: false,
    frozen: false,
  });
  assertEquals(of("left", "infrared"), {
    measures: { brightness: { min: 0, max: 90 } },
    black: true,
    frozen: { frames: 2, seconds: 1 },
  });
});
