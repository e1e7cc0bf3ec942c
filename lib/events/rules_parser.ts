/** The file of `--rules`: units, ranges and rules, JSON with comments. What is wrong is told with its place. */
import { parse } from "@std/jsonc";
import { parseDuration } from "../config/values.ts";
import { FramewireError, messageOf } from "../errors.ts";
import { type Condition, parseCondition } from "./condition.ts";

/** When somebody is to be told. */
export interface Rule {
  readonly name: string;
  readonly when: Condition;
  /** It must hold for so long before it is raised, ms. */
  readonly forMs: number;
  /** What must hold for the alert to end; null: that `when` does not. */
  readonly clear: Condition | null;
  /** Which devices and feeds; `*` stands for anything. */
  readonly device: string;
  readonly feed: string;
  /** Where it is posted; null: nowhere. */
  readonly webhook: string | null;
}

/** What a chart of a measure shows at least; null where it goes as far as the values do. */
export interface Range {
  readonly min: number | null;
  readonly max: number | null;
}

/** All of the file, or of none. */
export interface RulesFile {
  /** By measure. */
  readonly units: ReadonlyMap<string, string>;
  readonly ranges: ReadonlyMap<string, Range>;
  readonly rules: readonly Rule[];
}

export const NO_RULES: RulesFile = { units: new Map(), ranges: new Map(), rules: [] };

/** Rules of one file: each looks at every event. */
const RULES_MAX = 256;
const KEYS = ["units", "ranges", "rules"];
const RULE_KEYS = ["name", "when", "for", "clear", "device", "feed", "webhook"];

/** @throws {FramewireError} `USAGE`. */
export function parseRules(text: string): RulesFile {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new FramewireError("USAGE", `Cannot read --rules as it is no JSON: ${messageOf(cause)}`, { cause });
  }
  const { units = {}, ranges = {}, rules = [] } = objectOf("the file", value, KEYS);
  if (!Array.isArray(rules) || rules.length > RULES_MAX) {
    throw refuse("rules", `a list of at most ${RULES_MAX} rules`, Array.isArray(rules) ? rules.length : rules);
  }
  const parsed = rules.map((rule, index) => toRule(`rules[${index}]`, rule));
  for (const [index, { name }] of parsed.entries()) {
    const first = parsed.findIndex((other) => other.name === name);
    if (first < index) throw refuse(`rules[${index}].name`, `another than that of rules[${first}]`, name);
  }
  return {
    units: new Map(
      Object.entries(objectOf("units", units)).map(([name, unit]) => [name, textOf(`units.${name}`, unit)]),
    ),
    ranges: new Map(Object.entries(objectOf("ranges", ranges)).map(([name, range]) => [name, toRange(name, range)])),
    rules: parsed,
  };
}

function toRule(place: string, value: unknown): Rule {
  const rule = objectOf(place, value, RULE_KEYS);
  const text = (key: string) => textOf(`${place}.${key}`, rule[key]);
  const given = (key: string) => rule[key] === undefined ? null : text(key);
  const clear = given("clear");
  const duration = given("for");
  const webhook = given("webhook");
  if (webhook !== null && !["http:", "https:"].includes(URL.parse(webhook)?.protocol ?? "")) {
    throw refuse(`${place}.webhook`, "an address such as https://example.org/alert", webhook);
  }
  return {
    name: text("name"),
    when: parseCondition(`${place}.when`, text("when")),
    forMs: duration === null ? 0 : parseDuration(`${place}.for`, duration),
    clear: clear === null ? null : parseCondition(`${place}.clear`, clear),
    device: given("device") ?? "*",
    feed: given("feed") ?? "*",
    webhook,
  };
}

function toRange(name: string, value: unknown): Range {
  const place = `ranges.${name}`;
  const { min = null, max = null } = objectOf(place, value, ["min", "max"]);
  for (const [key, bound] of [["min", min], ["max", max]]) {
    if (bound !== null && typeof bound !== "number") throw refuse(`${place}.${key}`, "a number", bound);
  }
  const range = { min, max } as Range;
  if (range.min !== null && range.max !== null && range.min >= range.max) {
    throw refuse(`${place}.max`, `more than ${range.min}`, range.max);
  }
  return range;
}

function objectOf(place: string, value: unknown, keys?: readonly string[]): Record<string, unknown> {
  const allowed = keys === undefined ? "an object" : `an object with ${keys.join(", ")}`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refuse(place, allowed, value);
  const unknown = Object.keys(value).find((key) => keys !== undefined && !keys.includes(key));
  if (unknown !== undefined) throw refuse(place, allowed, unknown);
  return value as Record<string, unknown>;
}

function textOf(place: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw refuse(place, "a text which is not empty", value);
}

function refuse(place: string, allowed: string, received: unknown): FramewireError {
  const text = JSON.stringify(received) ?? "nothing";
  return new FramewireError(
    "USAGE",
    `Cannot use ${place} of --rules as it must be ${allowed}: received ${text.slice(0, 100)}`,
  );
}
