/** The JSON which an analyser of one's own answers with, checked: every field is what the page and the catalog take it for. */
import { LIMITS } from "../config/limits.ts";
import type { AnalysisBox, AnalysisResult } from "../protocol/frame.ts";

/** What the analyser says. */
export type AnalyzerAnswer = Omit<AnalysisResult, "tookMs">;

type Fields = Readonly<Record<string, unknown>>;

const REASONS_MAX = 100;
const BOXES_MAX = 500;
/** Corners of boxes at the border come out a little beyond it. */
const ROUNDING = 1e-6;

/** @throws {Error} which says what is wrong, and what is allowed. */
export function parseAnalyzerAnswer(json: string): AnalyzerAnswer {
  const bytes = new TextEncoder().encode(json).length;
  if (bytes > LIMITS.resultBytesMax) throw wrong("its JSON", `<= ${LIMITS.resultBytesMax} bytes`, bytes);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw wrong("its answer", "JSON", json.slice(0, 100));
  }
  const { result, reasons, boxes, measures, ...others } = object("its answer", value);
  if (result !== "ok" && result !== "defect") throw wrong("result", '"ok" or "defect"', result);
  return {
    result,
    reasons: list("reasons", reasons, REASONS_MAX).map((reason, at) => {
      if (typeof reason !== "string") throw wrong(`reasons[${at}]`, "a text", reason);
      return reason;
    }),
    boxes: list("boxes", boxes, BOXES_MAX).map(box),
    measures: { ...checkedMeasures(object("measures", measures ?? {})), ...checkedMeasures(others) },
  };
}

function box(value: unknown, at: number): AnalysisBox {
  const place = `boxes[${at}]`;
  const fields = object(place, value);
  const { label = "", score = null } = fields;
  if (typeof label !== "string") throw wrong(`${place}.label`, "a text", label);
  const [x, y] = [fraction(`${place}.x`, fields["x"]), fraction(`${place}.y`, fields["y"])];
  const width = fraction(`${place}.width`, fields["width"], 1 - x);
  const height = fraction(`${place}.height`, fields["height"], 1 - y);
  return { x, y, width, height, label, score: score === null ? null : fraction(`${place}.score`, score) };
}

function fraction(place: string, value: unknown, max = 1): number {
  if (typeof value === "number" && value >= -ROUNDING && value <= max + ROUNDING) {
    return Math.min(max, Math.max(0, value));
  }
  throw wrong(place, `a number from 0 to ${max}`, value);
}

function checkedMeasures(fields: Fields): Record<string, number | boolean | string> {
  for (const [name, value] of Object.entries(fields)) {
    if (!["number", "boolean", "string"].includes(typeof value)) {
      throw wrong(name.slice(0, 100), "a number, text, true or false", value);
    }
  }
  return fields as Record<string, number | boolean | string>;
}

function list(place: string, value: unknown, max: number): unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrong(place, "a list", value);
  if (value.length > max) throw wrong(place, `a list of <= ${max}`, `${value.length} of them`);
  return value;
}

function object(place: string, value: unknown): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrong(place, "an object", value);
}

function wrong(what: string, allowed: string, received: unknown): Error {
  const text = JSON.stringify(received) ?? "nothing";
  return new Error(`Cannot take the analyser's answer as ${what} must be ${allowed}: received ${text.slice(0, 200)}`);
}
