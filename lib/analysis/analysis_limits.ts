/** What a picture must be like to be `ok`: limits of measures, for all sources, for a kind of them, and for one. */
import type { SourceKey } from "../protocol/frame.ts";
import type { SourceKind } from "../protocol/message.ts";

/** Measures which may have limits, with the range of their values. */
export const LIMITED_MEASURES = {
  brightness: { min: 0, max: 255 },
  contrast: { min: 0, max: 127.5 },
  sharpness: { min: 0, max: 1_000_000 },
  motion: { min: 0, max: 255 },
} as const;

/** Name of a measure which may have limits. */
export type MeasureName = keyof typeof LIMITED_MEASURES;

/** A measure must lie within these, both included. */
export interface MeasureLimit {
  readonly min?: number;
  readonly max?: number;
}

/** When a picture counts as frozen: both must hold. */
export interface FrozenLimit {
  /** Same pictures in a row. */
  readonly frames: number;
  /** Time from the first of them to the last. */
  readonly seconds: number;
}

/** Limits of the pictures of a source; what is not named is as in the next wider limits. */
export interface SourceLimits {
  readonly measures: Readonly<Partial<Record<MeasureName, MeasureLimit>>>;
  /** Whether a black picture is a defect. */
  readonly black?: boolean;
  /** From when on a frozen picture is a defect; false: never. */
  readonly frozen?: FrozenLimit | false;
}

/** Limits of all sources: a kind's come before the default, a source's before those. */
export interface AnalysisLimits {
  readonly default: SourceLimits;
  readonly kinds: ReadonlyMap<SourceKind, SourceLimits>;
  /** By `device/source`. */
  readonly sources: ReadonlyMap<string, SourceLimits>;
}

/** When a picture is called frozen where nothing else is said: a still scene has noise. */
export const FROZEN_DEFAULT: FrozenLimit = { frames: 5, seconds: 10 };

/** Where no file says anything: black and frozen pictures are defects, every other one is ok. */
export const DEFAULT_LIMITS: AnalysisLimits = {
  default: { measures: {}, black: true, frozen: FROZEN_DEFAULT },
  kinds: new Map(),
  sources: new Map(),
};

/** The limits of one source, with nothing left open. */
export function limitsOf(limits: AnalysisLimits, key: SourceKey, kind: SourceKind): Required<SourceLimits> {
  const layers = [
    DEFAULT_LIMITS.default,
    limits.default,
    limits.kinds.get(kind),
    limits.sources.get(`${key.device}/${key.source}`),
  ];
  const defined = layers.filter((layer) => layer !== undefined);
  const measures: Partial<Record<MeasureName, MeasureLimit>> = {};
  for (const name of Object.keys(LIMITED_MEASURES) as MeasureName[]) {
    const limit = Object.assign({}, ...defined.map((layer) => layer.measures[name]));
    if (Object.keys(limit).length > 0) measures[name] = limit;
  }
  return {
    measures,
    black: defined.findLast(({ black }) => black !== undefined)!.black!,
    frozen: defined.findLast(({ frozen }) => frozen !== undefined)!.frozen!,
  };
}
