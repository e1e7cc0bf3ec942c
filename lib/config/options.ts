/**
 * Flags, environment and config file of a command, from one table: what is parsed is what `--help` says. A flag beats
 * the environment, which beats the file.
 */
import { parseArgs } from "@std/cli/parse-args";
import { FramewireError } from "../errors.ts";
import { fileGroups, type GroupSpec, type GroupValues, splitGroups } from "./option_groups.ts";
import { usage } from "./values.ts";

/** One option of a command. */
export interface OptionSpec {
  /** Without dashes: `retry-for`; its variable is `FRAMEWIRE_RETRY_FOR`, its key in the file `retry-for`. */
  readonly name: string;
  /** `flag` takes no value; `list` may be given more than once. */
  readonly kind: "text" | "flag" | "list";
  /** What its value is called in the help. */
  readonly value?: string;
  /** What it is when it is given without a value; else that is an error. */
  readonly bare?: string;
  readonly help: string;
  readonly default?: string;
}

/** A command. */
export interface CommandSpec {
  /** As typed: `deno task send`. */
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  /** The list option that words without an option belong to: `send clip.mp4` is `send --file clip.mp4`. */
  readonly words?: string;
  /** Options that may be given several times over, once for each thing which they describe. */
  readonly group?: GroupSpec;
  /** Lines of the help between options and examples. */
  readonly notes?: readonly string[];
  readonly examples: readonly string[];
}

/** Where the values come from. */
export interface OptionInputs {
  readonly args: readonly string[];
  /** Value of an environment variable. */
  readonly env: (name: string) => string | undefined;
  /** Content of the config file, parsed; its keys are option names. */
  readonly file: (path: string) => Readonly<Record<string, unknown>>;
}

/** The values of a command, and where each came from. */
export class Options {
  readonly #values: ReadonlyMap<string, readonly string[]>;
  /** One for each thing that the command's {@linkcode GroupSpec} describes; each has the shared values, too. */
  readonly groups: readonly Options[];

  constructor(values: ReadonlyMap<string, readonly string[]>, groups: readonly Options[] = []) {
    this.#values = values;
    this.groups = groups;
  }

  /** The value of a text option: given, or its default. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  /** All values of a list option. */
  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  flag(name: string): boolean {
    return this.text(name) === "true";
  }

  /** The value parsed by `parse`, which gets the option's name for its errors; undefined if there is none. */
  parsed<T>(name: string, parse: (name: string, text: string) => T): T | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : parse(`--${name}`, text);
  }

  /** As {@linkcode parsed}, for an option which has a default. */
  required<T>(name: string, parse: (name: string, text: string) => T): T {
    const value = this.parsed(name, parse);
    if (value === undefined) throw new FramewireError("USAGE", `Cannot run without --${name}`);
    return value;
  }
}

/** Options that every command has. */
const COMMON: readonly OptionSpec[] = [
  { name: "config", kind: "text", value: "FILE", help: "JSON file (comments allowed) with option names as keys" },
  { name: "help", kind: "flag", help: "This text" },
];

/** @throws {FramewireError} `USAGE` for an unknown option, a missing value or a word too many. */
export function parseOptions(spec: CommandSpec, inputs: OptionInputs): Options {
  const specs = [...spec.options, ...COMMON];
  const split = spec.group === undefined
    ? { rest: inputs.args, shared: new Map<string, string>(), groups: [] }
    : splitGroups(spec.group, specs, inputs.args);
  const flags = parseFlags(spec, specs, split.rest);
  for (const [name, text] of split.shared) flags.set(name, [text]);
  const values = new Map<string, readonly string[]>();
  const path = flags.get("config")?.[0] ?? inputs.env(variableOf("config"));
  const file = path === undefined ? {} : inputs.file(path);
  for (const key of Object.keys(file)) {
    if (key !== spec.group?.key && !specs.some((option) => option.name === key)) {
      throw usage(`key in ${path}`, `an option of ${spec.name}: ${specs.map(({ name }) => name).join(", ")}`, key);
    }
  }
  for (const option of specs) {
    const fromEnvironment = inputs.env(variableOf(option.name));
    const given = flags.get(option.name) ??
      (fromEnvironment === undefined ? fileTexts(option, file[option.name]) : [fromEnvironment]) ??
      (option.default === undefined ? undefined : [option.default]);
    if (given === undefined) continue;
    if (option.kind === "flag" && !["true", "false"].includes(given[0]!)) {
      throw usage(`--${option.name}`, "true or false", given[0]!);
    }
    values.set(option.name, given);
  }
  if (spec.group === undefined) return new Options(values);
  const groups = split.groups.length > 0 ? split.groups : fileGroups(spec.group, specs, file[spec.group.key]);
  return new Options(values, groupOptions(spec.group, values, groups));
}

/** Those of the groups, above what is shared; without any, what is shared is one of its own if it says what it is. */
function groupOptions(
  { name, origins }: GroupSpec,
  shared: ReadonlyMap<string, readonly string[]>,
  groups: readonly GroupValues[],
): Options[] {
  const own = [name, ...origins];
  if (groups.length === 0) return own.some((option) => shared.has(option)) ? [new Options(shared)] : [];
  const inherited = [...shared].filter(([option]) => !own.includes(option));
  return groups.map((group) => new Options(new Map([...inherited, ...[...group].map(([k, v]) => [k, [v]] as const)])));
}

/** The environment variable of an option. */
export function variableOf(name: string): string {
  return `FRAMEWIRE_${name.toUpperCase().replaceAll("-", "_")}`;
}

/** What `--help` prints. */
export function helpOf(spec: CommandSpec): string {
  const rows = [...spec.options, ...COMMON].map((option) => {
    const value = option.bare === undefined ? option.value : `[${option.value}]`;
    const left = `  --${option.name}${value === undefined ? "" : ` ${value}`}`;
    return [left, option.help + (option.default === undefined ? "" : ` [${option.default}]`)] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return [
    spec.summary,
    "",
    ...rows.map(([left, right]) => left.padEnd(width) + right),
    "",
    `Every option is also a variable (--config is ${variableOf("config")}) and a key of the config file.`,
    "A flag beats the variable, which beats the file. BYTES: 64MB, 1GiB. TIME: 30s, 10m, 7d.",
    ...spec.notes ?? [],
    "",
    ...spec.examples.map((example) => `  ${example}`),
  ].join("\n");
}

function parseFlags(spec: CommandSpec, specs: readonly OptionSpec[], args: readonly string[]): Map<string, string[]> {
  const withValue = specs.filter(({ kind }) => kind !== "flag").map(({ name }) => name);
  const switches = specs.filter(({ kind }) => kind === "flag").map(({ name }) => name);
  const refuse = (text: string): never => {
    throw new FramewireError(
      "USAGE",
      `Cannot run ${spec.name} with ${JSON.stringify(text)}; --help shows what there is`,
    );
  };
  const parsed = parseArgs(joinDash(args, withValue), {
    // Also words without an option: a file called 007 is not number 7.
    string: [...withValue, "_"],
    collect: withValue,
    boolean: switches,
    alias: { h: "help" },
    negatable: switches,
    unknown: (arg) => arg.startsWith("-") && arg !== "-" ? refuse(arg) : true,
  });
  const flags = new Map<string, string[]>();
  for (const option of specs) {
    const value = parsed[option.name];
    if (option.kind === "flag") {
      if (isGiven(args, option.name) || (option.name === "help" && value === true)) {
        flags.set(option.name, [String(value)]);
      }
    } else if (Array.isArray(value) && value.length > 0) {
      const texts = value.map((text) => text === "" ? option.bare ?? "" : String(text));
      if (texts.includes("")) throw usage(`--${option.name}`, option.value ?? "a value", "");
      flags.set(option.name, texts);
    }
  }
  // Words behind a list option are more of it: `--file a.mp4 b.mp4`, as a shell's `*.mp4` gives.
  if (parsed._.length > 0) {
    const list = spec.words ?? specs.find(({ kind, name }) => kind === "list" && flags.has(name))?.name;
    if (list === undefined) return refuse(String(parsed._[0]));
    flags.set(list, [...flags.get(list) ?? [], ...parsed._.map(String)]);
  }
  return flags;
}

/** `--file -` as `--file=-`: the parser takes a dash for a word of its own, and the option for empty. */
function joinDash(args: readonly string[], withValue: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1);
    if (arg === "-" && before?.startsWith("--") && withValue.includes(before.slice(2))) {
      joined.splice(-1, 1, `${before}=-`);
    } else joined.push(arg);
  }
  return joined;
}

function isGiven(args: readonly string[], name: string): boolean {
  return args.some((arg) => [`--${name}`, `--no-${name}`].includes(arg.split("=")[0]!));
}

function fileTexts(option: OptionSpec, value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const values = Array.isArray(value) ? value : [value];
  const fits = values.every((item) => ["string", "number", "boolean"].includes(typeof item)) &&
    (option.kind === "list" || values.length === 1);
  if (!fits) throw usage(`${option.name} in the config file`, "a text, number, true or false", JSON.stringify(value));
  return values.map(String);
}
