/** Holds the nodes of a config file against its tables: every key and every value by itself. */
import { FramewireError } from "../errors.ts";
import { checkKey, type KeySpec, type SectionSpec } from "./config_table.ts";
import type { JsonEntry, JsonNode, JsonObject } from "./json_places.ts";
import { nearest } from "./nearest.ts";

/** What is wrong, and on which line. */
export interface Mistake {
  readonly line: number;
  readonly text: string;
}

/** An object of the file, its values as texts: a list as its JSON. */
export class CheckedItem {
  /** Such as `sources[0]`. */
  readonly path: string;
  readonly line: number;
  readonly values: ReadonlyMap<string, string>;
  /** Whether there is no mistake in it. */
  readonly isRight: boolean;

  constructor(path: string, line: number, values: ReadonlyMap<string, string>, isRight: boolean) {
    this.path = path;
    this.line = line;
    this.values = values;
    this.isRight = isRight;
  }

  text(key: string): string | undefined {
    return this.values.get(key);
  }

  texts(key: string): readonly string[] | undefined {
    const text = this.text(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  flag(key: string): boolean {
    return this.text(key) === "true";
  }
}

/** The whole file. */
export interface CheckedSection {
  readonly item: CheckedItem;
  readonly lists: Readonly<Record<string, readonly CheckedItem[]>>;
  readonly spool: CheckedItem | null;
}

/** The object at `path` with the sections below it; what is wrong goes to `mistakes`. */
export function checkObject(
  spec: SectionSpec,
  sections: Readonly<Record<string, SectionSpec>>,
  root: JsonNode,
  path: string,
  mistakes: Mistake[],
): CheckedSection {
  const lists: Record<string, readonly CheckedItem[]> = {};
  let spool: CheckedItem | null = null;
  const item = checkItem(spec, root, path, mistakes, Object.keys(sections));
  for (const { key, node } of root.kind === "object" ? root.entries : []) {
    const section = Object.hasOwn(sections, key) ? sections[key]! : undefined;
    if (section === undefined) continue;
    if (!section.isList) spool = checkItem(section, node, key, mistakes);
    else if (node.kind === "list") {
      lists[key] = node.items.map((one, at) => checkItem(section, one, `${key}[${at}]`, mistakes));
    } else mistakes.push(wrong(node, key, "a list of objects: [{ … }, …]"));
  }
  return { item, lists, spool };
}

function checkItem(
  spec: SectionSpec,
  node: JsonNode,
  path: string,
  mistakes: Mistake[],
  sections: readonly string[] = [],
): CheckedItem {
  const before = mistakes.length;
  const values = new Map<string, string>();
  if (node.kind !== "object") mistakes.push(wrong(node, path === "" ? "the file" : path, "an object: { … }"));
  else {
    const known = [...spec.keys.map(({ name }) => name), ...sections];
    mistakes.push(...twice(node, path), ...missing(spec, node, path));
    for (const entry of node.entries) {
      const key = spec.keys.find(({ name }) => name === entry.key);
      const place = path === "" ? entry.key : `${path}.${entry.key}`;
      if (key !== undefined) mistakes.push(...checkValue(key, entry, place, values));
      else if (!sections.includes(entry.key)) mistakes.push(unknown(entry, place, known));
    }
  }
  return new CheckedItem(path, node.line, values, mistakes.length === before);
}

function checkValue(spec: KeySpec, { line, node }: JsonEntry, place: string, values: Map<string, string>): Mistake[] {
  if (spec.types[0] === "texts") return checkTexts(spec, node, place, values);
  const isFit = node.kind === "scalar" && (spec.types as readonly string[]).includes(typeof node.value);
  if (!isFit) return [wrong(node, place, spec.types.map((type) => typeText(type)).join(" or "))];
  const text = String(node.value);
  try {
    if (text === "") throw new FramewireError("USAGE", `Cannot use ${place} as it must not be empty`);
    checkKey(spec, place, text);
    values.set(spec.name, text);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof FramewireError)) throw thrown;
    return [{ line, text: thrown.message }];
  }
}

function checkTexts(spec: KeySpec, node: JsonNode, place: string, values: Map<string, string>): Mistake[] {
  if (node.kind !== "list" || node.items.length === 0) return [wrong(node, place, 'a list of texts: ["…", …]')];
  const mistakes: Mistake[] = [];
  const texts = node.items.map((item, at) => {
    // Each by itself, as a key with one value.
    const own = new Map<string, string>();
    const one = { ...spec, types: ["string"] } as const;
    mistakes.push(...checkValue(one, { key: spec.name, line: item.line, node: item }, `${place}[${at}]`, own));
    return own.get(spec.name);
  });
  values.set(spec.name, JSON.stringify(texts));
  return mistakes;
}

function unknown({ key, line }: JsonEntry, place: string, known: readonly string[]): Mistake {
  const near = nearest(key, known);
  const hint = near === undefined ? `the keys here are ${known.join(", ")}` : `did you mean ${JSON.stringify(near)}?`;
  return { line, text: `Cannot use ${place} as there is no such key: ${hint}` };
}

function twice({ entries }: JsonObject, path: string): Mistake[] {
  return entries.filter(({ key }, at) => entries.findIndex((one) => one.key === key) < at).map(({ key, line }) => {
    const first = entries.find((one) => one.key === key)!.line;
    return { line, text: `Cannot use ${path === "" ? key : `${path}.${key}`} as line ${first} has it already` };
  });
}

function missing({ keys, oneOf = [] }: SectionSpec, { entries, line }: JsonObject, path: string): Mistake[] {
  const has = (name: string) => entries.some(({ key }) => key === name);
  const subject = path === "" ? "the file" : path;
  const mistakes = keys.filter(({ name, required }) => required && !has(name))
    .map(({ name, help }) => ({
      line,
      text: `Cannot use ${subject} as it must have ${JSON.stringify(name)}: ${help}`,
    }));
  const given = oneOf.filter(has);
  if (oneOf.length > 0 && given.length !== 1) {
    const received = given.length === 0 ? "none" : given.join(" and ");
    mistakes.push({
      line,
      text: `Cannot use ${subject} as it must have one of ${oneOf.join(", ")}: received ${received}`,
    });
  }
  return mistakes;
}

function wrong(node: JsonNode, place: string, allowed: string): Mistake {
  return { line: node.line, text: `Cannot use ${place} as it must be ${allowed}: received ${wordsOf(node)}` };
}

function wordsOf(node: JsonNode): string {
  if (node.kind === "scalar") return JSON.stringify(node.value);
  if (node.kind === "object") return "an object";
  return node.items.length === 0 ? "an empty list" : "a list";
}

function typeText(type: KeySpec["types"][number]): string {
  return {
    string: 'a text in quotes (")',
    number: "a number",
    boolean: "true or false",
    texts: "a list of texts",
  }[type];
}
