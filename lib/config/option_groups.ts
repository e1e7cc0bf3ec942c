/**
 * Options that a command line may hold several times over, once for each thing they describe:
 * `--source left --camera a --source right --camera b`. Text only.
 */
import { FramewireError } from "../errors.ts";
import { usage } from "./values.ts";

/** Which options belong together. */
export interface GroupSpec {
  /** Key of the config file: a list of objects with the options as keys. */
  readonly key: string;
  /** The option that names one of the things. */
  readonly name: string;
  /** Those which say what it is; one for each thing. */
  readonly origins: readonly string[];
  /** The others. */
  readonly others: readonly string[];
}

/** Values by option. */
export type GroupValues = ReadonlyMap<string, string>;

/** A command line, taken apart. */
export interface SplitArguments {
  /** What belongs to no group. */
  readonly rest: readonly string[];
  /** In front of the first group: it counts for each. */
  readonly shared: GroupValues;
  readonly groups: readonly GroupValues[];
}

/** What an option takes. */
export interface OptionShape {
  readonly name: string;
  readonly kind: "text" | "flag" | "list";
}

/**
 * Whichever of the two comes first on the line, a name or an origin, begins each group: `--source a --camera x …` and
 * `--camera x --source a …` are both how people write.
 *
 * @throws {FramewireError} `USAGE` for a missing value, or a second name for one thing.
 */
export function splitGroups(spec: GroupSpec, options: readonly OptionShape[], args: readonly string[]): SplitArguments {
  const members = [spec.name, ...spec.origins, ...spec.others];
  const rest: string[] = [];
  const shared = new Map<string, string>();
  const groups: Map<string, string>[] = [];
  let isNameFirst: boolean | undefined;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "--") {
      rest.push(...args.slice(at));
      break;
    }
    const [, negated = "", bare = "", joined] = /^--(no-)?([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    const option = options.find(({ name }) => name === bare);
    const next = args[at + 1];
    // What may be taken for the value of this option.
    const value = joined ?? (next !== undefined && (next === "-" || !next.startsWith("-")) ? next : undefined);
    const takesNext = option !== undefined && option.kind !== "flag" && joined === undefined && value !== undefined;
    if (option === undefined || !members.includes(bare) || (negated !== "" && option.kind !== "flag")) {
      rest.push(arg);
      if (takesNext) rest.push(args[++at]!);
      continue;
    }
    if (takesNext) at++;
    const text = option.kind === "flag" ? String((joined ?? "true") === "true" && negated === "") : value;
    if (text === undefined || text === "") throw usage(`--${bare}`, "followed by a value", "");
    const isName = bare === spec.name;
    const isOrigin = spec.origins.includes(bare);
    if (isName || isOrigin) {
      isNameFirst ??= isName;
      const has = groups.at(-1)?.has(spec.name) ?? false;
      const hasOrigin = spec.origins.some((origin) => groups.at(-1)?.has(origin));
      if (isName && !isNameFirst && has) {
        const origins = spec.origins.map((origin) => `--${origin}`).join(" or ");
        const rule = `as each --${bare} must be behind its ${origins}, like the first`;
        throw new FramewireError("USAGE", `Cannot use --${bare} ${text} ${rule}`);
      }
      if (groups.length === 0 || (isName ? isNameFirst : hasOrigin)) groups.push(new Map());
    }
    (groups.at(-1) ?? shared).set(bare, text);
  }
  return { rest, shared, groups };
}

/** The groups of a config file. @throws {FramewireError} `USAGE`. */
export function fileGroups(spec: GroupSpec, options: readonly OptionShape[], value: unknown): GroupValues[] {
  if (value === undefined) return [];
  const members = [spec.name, ...spec.origins, ...spec.others];
  const refuse = (received: unknown, allowed: string) =>
    usage(
      `${spec.key} in the config file`,
      allowed,
      typeof received === "string" ? received : JSON.stringify(received),
    );
  if (!Array.isArray(value)) throw refuse(value, "a list of objects");
  return value.map((item: unknown) => {
    if (typeof item !== "object" || item === null || Array.isArray(item)) throw refuse(item, "a list of objects");
    return new Map(
      Object.entries(item).map(([key, one]: [string, unknown]) => {
        if (!members.includes(key)) throw refuse(key, `objects with the keys ${members.join(", ")}`);
        const isFlag = options.find(({ name }) => name === key)?.kind === "flag";
        const fits = isFlag
          ? typeof one === "boolean"
          : typeof one === "number" || (typeof one === "string" && one !== "");
        if (!fits) throw refuse(one, isFlag ? `true or false for ${key}` : `a text or number for ${key}`);
        return [key, String(one)];
      }),
    );
  });
}
