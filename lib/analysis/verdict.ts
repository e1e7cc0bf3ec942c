/** Measures and limits → a verdict with its reasons. */
import type { AnalysisBox } from "../protocol/frame.ts";
import { LIMITED_MEASURES, type MeasureName, type SourceLimits } from "./analysis_limits.ts";
import type { PictureMeasures } from "./measures.ts";
import type { Compared } from "./picture_history.ts";

/** What the built-in analysis says about a picture. */
export interface BuiltInResult {
  readonly result: "ok" | "defect";
  readonly reasons: readonly string[];
  readonly boxes: readonly AnalysisBox[];
  readonly measures: Readonly<Record<string, number | boolean>>;
}

/** Judges a picture. */
export function judge(picture: PictureMeasures, compared: Compared, limits: Required<SourceLimits>): BuiltInResult {
  const { change } = compared;
  const frozen = isFrozen(compared, limits.frozen);
  const measures = {
    brightness: rounded(picture.brightness),
    contrast: rounded(picture.contrast),
    sharpness: rounded(picture.sharpness),
    ...(change === null ? {} : { motion: rounded(change.motion) }),
    black: picture.black,
    frozen,
  };
  const reasons = [
    ...(picture.black && limits.black ? ["Picture is black"] : []),
    ...(frozen
      ? [`Picture is frozen: the same for ${compared.sameFrames} frames and ${rounded(compared.sameSeconds)} s`]
      : []),
    ...(Object.keys(LIMITED_MEASURES) as MeasureName[]).flatMap((name) => beyond(name, measures[name], limits)),
  ];
  const boxes = change === null || change.box === null ? [] : [change.box];
  return { result: reasons.length === 0 ? "ok" : "defect", reasons, boxes, measures };
}

function isFrozen({ sameFrames, sameSeconds }: Compared, limit: SourceLimits["frozen"]): boolean {
  return !!limit && sameFrames >= limit.frames && sameSeconds >= limit.seconds;
}

function beyond(name: MeasureName, value: number | undefined, { measures }: SourceLimits): string[] {
  const { min = -Infinity, max = Infinity } = measures[name] ?? {};
  // The first picture of a source has no motion.
  if (value === undefined || (value >= min && value <= max)) return [];
  const word = name[0]!.toUpperCase() + name.slice(1);
  return [`${word} ${value} must be ${value < min ? `>= ${min}` : `<= ${max}`}`];
}

/** Two digits behind the point are more than a camera can tell. */
function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
