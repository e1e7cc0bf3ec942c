/** JSON with comments and trailing commas, which knows the line of everything in it: so that a mistake has a place. */
import { FramewireError } from "../errors.ts";

/** A value, and the line on which it begins; from 1. */
export type JsonNode = JsonScalar | JsonList | JsonObject;

export interface JsonScalar {
  readonly kind: "scalar";
  readonly line: number;
  readonly value: string | number | boolean | null;
}

export interface JsonList {
  readonly kind: "list";
  readonly line: number;
  readonly items: readonly JsonNode[];
}

export interface JsonObject {
  readonly kind: "object";
  readonly line: number;
  readonly entries: readonly JsonEntry[];
}

export interface JsonEntry {
  readonly key: string;
  /** Of the key. */
  readonly line: number;
  readonly node: JsonNode;
}

/** A text that is no JSON. */
export class JsonError extends FramewireError {
  readonly line: number;

  constructor(line: number, text: string) {
    super("USAGE", text);
    this.line = line;
  }
}

/** Blanks and comments, then what stands behind them: a text, a number or word, or a sign. */
const TOKEN = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*("(?:[^"\\\n]|\\.)*"|[-+\w.]+|[\s\S])?/y;
const SCALAR = /^("|-?\d|true$|false$|null$)/;
/** Deeper is no config. */
const DEPTH_MAX = 32;

/** @throws {JsonError} when it is not JSON. */
export function parseJsonPlaces(text: string): JsonNode {
  // Some editors put a mark of the byte order in front.
  const reader = new Reader(text.replace(/^\uFEFF/, ""));
  const node = readNode(reader, 0);
  const after = reader.take();
  if (after !== "") throw reader.refuse("the end of the file", after);
  return node;
}

/** The value without its places, as `JSON.parse` gives it. */
export function plainOf(node: JsonNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plainOf);
  return Object.fromEntries(node.entries.map(({ key, node }) => [key, plainOf(node)]));
}

class Reader {
  readonly #text: string;
  #at = 0;
  /** Line of the token which was taken last. */
  line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next token; empty at the end. */
  take(): string {
    TOKEN.lastIndex = this.#at;
    const [all = "", token = ""] = TOKEN.exec(this.#text) ?? [];
    this.line += countLines(this.#text.slice(this.#at, this.#at + all.length - token.length));
    this.#at += all.length;
    return token;
  }

  peek(): string {
    const [at, line] = [this.#at, this.line];
    const token = this.take();
    [this.#at, this.line] = [at, line];
    return token;
  }

  refuse(allowed: string, token: string): JsonError {
    const received = token === "" ? "the end of the file" : JSON.stringify(token);
    return new JsonError(this.line, `Cannot read JSON as there must be ${allowed}: received ${received}`);
  }
}

function readNode(reader: Reader, depth: number): JsonNode {
  const token = reader.take();
  const { line } = reader;
  if (depth > DEPTH_MAX) throw reader.refuse(`at most ${DEPTH_MAX} levels`, token);
  if (token === "{") return { kind: "object", line, entries: readEntries(reader, depth) };
  if (token === "[") return { kind: "list", line, items: readList(reader, "]", () => readNode(reader, depth + 1)) };
  return { kind: "scalar", line, value: readScalar(reader, token) };
}

function readEntries(reader: Reader, depth: number): JsonEntry[] {
  return readList(reader, "}", () => {
    const token = reader.take();
    const { line } = reader;
    if (!/^".*"$/.test(token)) throw reader.refuse('a key in quotes (")', token);
    const key = String(readScalar(reader, token));
    const colon = reader.take();
    if (colon !== ":") throw reader.refuse(`a colon behind the key ${JSON.stringify(key)}`, colon);
    return { key, line, node: readNode(reader, depth + 1) };
  });
}

function readList<T>(reader: Reader, end: string, readItem: () => T): T[] {
  const items: T[] = [];
  for (;;) {
    if (reader.peek() === end) break;
    items.push(readItem());
    const next = reader.peek();
    if (next === end) break;
    if (next !== ",") {
      reader.take();
      throw reader.refuse(`a comma or ${end}`, next);
    }
    reader.take();
  }
  reader.take();
  return items;
}

function readScalar(reader: Reader, token: string): JsonScalar["value"] {
  try {
    if (SCALAR.test(token)) return JSON.parse(token) as JsonScalar["value"];
  } catch {
    // Such as 01, or an escape which there is not.
  }
  throw reader.refuse('a value: a text in quotes ("), a number, true, false, a list or an object', token);
}

function countLines(text: string): number {
  return text.split("\n").length - 1;
}
