/** What the built-in analysis and one's own say, together. */
import { LIMITS } from "../config/limits.ts";
import type { AnalysisResult } from "../protocol/frame.ts";
import type { AnalyzerAnswer } from "./analyzer_answer.ts";
import type { Failure } from "./measuring_thread.ts";
import type { BuiltInResult } from "./verdict.ts";

/** The result of a frame which nobody looked at. */
export function notAnalysed(reasons: readonly string[], rest: Partial<AnalysisResult> = {}): AnalysisResult {
  return { boxes: [], measures: {}, tookMs: 0, ...rest, result: "not analysed", reasons };
}

/**
 * One result; null for an analysis which there is not. One's own has the last word: verdict, reasons and boxes are its
 * alone, its measures come before those built in. If it failed, nobody has judged the frame.
 */
export function merge(
  builtIn: BuiltInResult | Failure | null,
  own: AnalyzerAnswer | Failure | null,
  durationMs: number,
): AnalysisResult {
  const tookMs = Math.round(durationMs * 10) / 10;
  const measures = builtIn !== null && "measures" in builtIn ? builtIn.measures : {};
  const judge = own ?? builtIn!;
  if (!("result" in judge)) return notAnalysed([judge.reason], { measures, tookMs });
  const result = { ...judge, measures: { ...measures, ...judge.measures }, tookMs };
  const bytes = new TextEncoder().encode(JSON.stringify(result)).length;
  if (bytes <= LIMITS.resultBytesMax) return result;
  return notAnalysed([`Result must have <= ${LIMITS.resultBytesMax} bytes: received ${bytes}`], { measures, tookMs });
}
