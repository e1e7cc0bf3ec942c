/** The file of `--analysis-limits`: JSON, in which comments are allowed. Every error names the place and what is allowed. */
import { parse } from "@std/jsonc";
import { usage } from "../config/values.ts";
import { FramewireError, messageOf } from "../errors.ts";
import { SOURCE_KINDS, type SourceKind } from "../protocol/message.ts";
import {
  type AnalysisLimits,
  type FrozenLimit,
  LIMITED_MEASURES,
  type MeasureLimit,
  type MeasureName,
  type SourceLimits,
} from "./analysis_limits.ts";

const MEASURES = Object.keys(LIMITED_MEASURES) as MeasureName[];
const FRAMES_MAX = 1_000_000;
const SECONDS_MAX = 86_400;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Limits out of the text of the file.
 *
 * @example `{ "default": { "brightness": { "min": 20 } }, "kinds": { "infrared": { "black": false } } }`
 * @throws {FramewireError} `USAGE`.
 */
export function parseAnalysisLimits(text: string): AnalysisLimits {
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch (cause) {
    throw new FramewireError("USAGE", `Cannot read analysis limits as they must be JSON: ${messageOf(cause)}`, {
      cause,
    });
  }
  const file = object("the file", parsed);
  onlyKeys("the file", file, ["default", "kinds", "sources"]);
  const kinds = object("kinds", file["kinds"] ?? {});
  onlyKeys("kinds", kinds, SOURCE_KINDS);
  const sources = object("sources", file["sources"] ?? {});
  for (const name of Object.keys(sources)) {
    if (!/^[^/]+\/./.test(name)) throw wrong(`the name in sources`, "DEVICE/SOURCE, such as box-1/left", name);
  }
  return {
    default: sourceLimits("default", file["default"] ?? {}),
    kinds: new Map(
      Object.entries(kinds).map(([kind, value]) => [kind as SourceKind, sourceLimits(`kinds.${kind}`, value)]),
    ),
    sources: new Map(Object.entries(sources).map(([name, value]) => [name, sourceLimits(`sources.${name}`, value)])),
  };
}

function sourceLimits(place: string, value: unknown): SourceLimits {
  const fields = object(place, value);
  onlyKeys(place, fields, [...MEASURES, "black", "frozen"]);
  const measures: Partial<Record<MeasureName, MeasureLimit>> = {};
  for (const name of MEASURES) {
    if (fields[name] !== undefined) measures[name] = measureLimit(`${place}.${name}`, fields[name], name);
  }
  const { black, frozen } = fields;
  if (black !== undefined && typeof black !== "boolean") throw wrong(`${place}.black`, "true or false", black);
  return {
    measures,
    ...(black === undefined ? {} : { black }),
    ...(frozen === undefined ? {} : { frozen: frozenLimit(`${place}.frozen`, frozen) }),
  };
}

function measureLimit(place: string, value: unknown, name: MeasureName): MeasureLimit {
  const fields = object(place, value);
  onlyKeys(place, fields, ["min", "max"]);
  const { min, max } = LIMITED_MEASURES[name];
  const limit = {
    ...(fields["min"] === undefined ? {} : { min: numberIn(`${place}.min`, fields["min"], min, max) }),
    ...(fields["max"] === undefined ? {} : { max: numberIn(`${place}.max`, fields["max"], min, max) }),
  };
  if ((limit.min ?? min) > (limit.max ?? max)) throw wrong(`${place}.min`, `<= max, which is ${limit.max}`, limit.min);
  return limit;
}

function frozenLimit(place: string, value: unknown): FrozenLimit | false {
  if (value === false) return false;
  if (typeof value !== "object") throw wrong(place, 'false or an object such as {"frames":5,"seconds":10}', value);
  const fields = object(place, value);
  onlyKeys(place, fields, ["frames", "seconds"]);
  return {
    frames: numberIn(`${place}.frames`, fields["frames"] ?? 2, 2, FRAMES_MAX),
    seconds: numberIn(`${place}.seconds`, fields["seconds"] ?? 0, 0, SECONDS_MAX),
  };
}

function numberIn(place: string, value: unknown, min: number, max: number): number {
  if (typeof value !== "number" || !(value >= min && value <= max)) {
    throw wrong(place, `a number from ${min} to ${max}`, value);
  }
  return value;
}

function object(place: string, value: unknown): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrong(place, "an object", value);
}

function onlyKeys(place: string, fields: Fields, allowed: readonly string[]): void {
  const unknown = Object.keys(fields).find((key) => !allowed.includes(key));
  if (unknown !== undefined) throw wrong(`the key in ${place}`, `one of ${allowed.join(", ")}`, unknown);
}

function wrong(place: string, allowed: string, value: unknown): FramewireError {
  const name = `${place} of the analysis limits`;
  if (typeof value === "string") return usage(name, allowed, value);
  return new FramewireError("USAGE", `Cannot use ${name} as it must be ${allowed}: received ${JSON.stringify(value)}`);
}
