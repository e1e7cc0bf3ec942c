/** Conditions of rules: `temp_cel > 60 and (humidity < 20 or humidity > 80)`. Parsed once, with exact errors; pure. */
import { FramewireError } from "../errors.ts";

/** What a condition is asked about: the newest value of a measure; undefined while there is none. */
export type Values = (measure: string) => number | undefined;

export interface Condition {
  /** As it was written. */
  readonly text: string;
  /** Measures in it, in the order in which they come. */
  readonly measures: readonly string[];
  /** Whether it holds; null when that cannot be told, as a value is missing. */
  holds(values: Values): boolean | null;
}

type Test = (values: Values) => boolean | null;

const OPERATORS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  "==": (left, right) => left === right,
  "!=": (left, right) => left !== right,
};

/** Parentheses within parentheses. */
const DEPTH_MAX = 32;
const TOKEN = /\s*(?:([A-Za-z_][A-Za-z0-9_.-]*)|"([^"]*)"|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([<>]=?|[=!]=)|([()]))/y;

interface Token {
  readonly kind: "word" | "measure" | "number" | "operator" | "parenthesis" | "unknown" | "end";
  readonly text: string;
  /** Character of the condition at which it begins, from 1. */
  readonly column: number;
}

/**
 * A condition from its text: comparisons of a measure with a number, `and` binding tighter than `or`. A name which is no
 * plain word is written in quotes.
 *
 * @throws {FramewireError} `USAGE`, with the place and what may be there. `name`: what is being read, for people.
 */
export function parseCondition(name: string, text: string): Condition {
  const parser = new Parser(name, text);
  const test = parser.parse();
  return { text, measures: [...new Set(parser.measures)], holds: test };
}

class Parser {
  readonly measures: string[] = [];
  readonly #name: string;
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #token: Token;

  constructor(name: string, text: string) {
    this.#name = name;
    this.#text = text;
    this.#token = this.#next();
  }

  parse(): Test {
    const test = this.#any();
    if (this.#token.kind !== "end") throw this.#refuse("`and`, `or` or the end");
    return test;
  }

  #any(): Test {
    const tests = [this.#all()];
    while (this.#takeWord("or")) tests.push(this.#all());
    return tests.length === 1 ? tests[0]! : (values) => combine(tests, values, true);
  }

  #all(): Test {
    const tests = [this.#one()];
    while (this.#takeWord("and")) tests.push(this.#one());
    return tests.length === 1 ? tests[0]! : (values) => combine(tests, values, false);
  }

  #one(): Test {
    const { kind, text } = this.#token;
    if (kind === "parenthesis" && text === "(") {
      if (++this.#depth > DEPTH_MAX) throw this.#refuse(`at most ${DEPTH_MAX} parentheses within each other`);
      this.#token = this.#next();
      const test = this.#any();
      if (this.#token.text !== ")") throw this.#refuse("`and`, `or` or `)`");
      this.#depth--;
      this.#token = this.#next();
      return test;
    }
    const isMeasure = kind === "measure" || (kind === "word" && text !== "and" && text !== "or");
    if (!isMeasure) throw this.#refuse("the name of a measure, such as temp_cel, or `(`");
    this.#token = this.#next();
    return this.#comparison(text);
  }

  #comparison(measure: string): Test {
    const compare = this.#token.kind === "operator" ? OPERATORS[this.#token.text] : undefined;
    if (compare === undefined) throw this.#refuse(`one of ${Object.keys(OPERATORS).join(" ")}`);
    this.#token = this.#next();
    const bound = Number(this.#token.text);
    if (this.#token.kind !== "number" || !Number.isFinite(bound)) throw this.#refuse("a number, such as 60 or -1.5");
    this.#token = this.#next();
    this.measures.push(measure);
    return (values) => {
      const value = values(measure);
      return value === undefined ? null : compare(value, bound);
    };
  }

  #takeWord(word: string): boolean {
    if (this.#token.kind !== "word" || this.#token.text !== word) return false;
    this.#token = this.#next();
    return true;
  }

  #next(): Token {
    const rest = /\s*/y;
    rest.lastIndex = this.#at;
    const column = this.#at + rest.exec(this.#text)![0].length + 1;
    if (column > this.#text.length) return { kind: "end", text: "the end", column };
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    // Refused where it is met, with what may be there.
    if (match === null) return { kind: "unknown", text: this.#text[column - 1]!, column };
    this.#at = TOKEN.lastIndex;
    const [, word, quoted, number, operator, parenthesis] = match;
    if (word !== undefined) return { kind: "word", text: word, column };
    if (quoted !== undefined) return { kind: "measure", text: quoted, column };
    if (number !== undefined) return { kind: "number", text: number, column };
    if (operator !== undefined) return { kind: "operator", text: operator, column };
    return { kind: "parenthesis", text: parenthesis!, column };
  }

  #refuse(allowed: string): FramewireError {
    const { kind, text, column } = this.#token;
    const received = kind === "end" ? text : JSON.stringify(text);
    return new FramewireError(
      "USAGE",
      `Cannot read ${this.#name} as there must be ${allowed} at character ${column} of ${
        JSON.stringify(this.#text)
      }: ` +
        `received ${received}`,
    );
  }
}

/** Whether any (or all) hold, as far as that can be told. */
function combine(tests: readonly Test[], values: Values, isAny: boolean): boolean | null {
  let isUnknown = false;
  for (const test of tests) {
    const holds = test(values);
    if (holds === isAny) return isAny;
    isUnknown ||= holds === null;
  }
  return isUnknown ? null : !isAny;
}
