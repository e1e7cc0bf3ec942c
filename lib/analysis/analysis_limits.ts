/** What a picture must be like to be `ok`: limits of measures, per source. */

/** A measure must lie within these, both included. */
export interface MeasureLimit {
  readonly min?: number;
  readonly max?: number;
}

/** Limits of the pictures of a source. */
export interface SourceLimits {
  /** By the name of the measure. */
  readonly measures: Readonly<Record<string, MeasureLimit>>;
  /** Whether a black picture is a defect. */
  readonly black: boolean;
  /** Whether a frozen picture is a defect. */
  readonly frozen: boolean;
}

/** Limits of all sources. */
export interface AnalysisLimits {
  readonly default: SourceLimits;
  /** By `device/source`. */
  readonly sources: ReadonlyMap<string, SourceLimits>;
}

/** Black and frozen pictures are defects, every other one is ok. */
export const DEFAULT_LIMITS: AnalysisLimits = {
  default: { measures: {}, black: true, frozen: true },
  sources: new Map(),
};
