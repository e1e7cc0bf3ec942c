/** Flags of the command lines here. */
import { parseArgs } from "@std/cli/parse-args";

/** What was given. */
export interface Flags {
  flag(name: string): boolean;
  text(name: string): string | null;
  /** The parts of `A,B`; null when it was not given. */
  names(name: string): readonly string[] | null;
  /** A whole number. @throws {RangeError} when it is none, or below `least` */
  number(name: string, least: number, otherwise: number): number;
}

/** Reads flags. @throws {RangeError} when there is an unknown one */
export function readFlags(args: readonly string[], booleans: readonly string[], texts: readonly string[]): Flags {
  const flags = parseArgs(args, {
    boolean: [...booleans],
    string: [...texts],
    unknown(arg) {
      throw new RangeError(`Cannot run the comparison as --help lists all flags: received ${arg}`);
    },
  });
  const text = (name: string) => typeof flags[name] === "string" ? flags[name] : null;
  return {
    flag: (name) => flags[name] === true,
    text,
    names: (name) => text(name)?.split(",").filter((part) => part !== "") ?? null,
    number(name, least, otherwise) {
      const value = Number(text(name) ?? otherwise);
      if (Number.isInteger(value) && value >= least) return value;
      throw new RangeError(
        `Cannot run the comparison as --${name} must be a number from ${least} on: received ${text(name)}`,
      );
    },
  };
}

/** Those of `peers` which were asked for. @throws {RangeError} when there is a name which is none of theirs */
export function chosenPeers<P extends { readonly name: string }>(
  peers: readonly P[],
  { only, without }: { readonly only: readonly string[] | null; readonly without: readonly string[] },
): P[] {
  const names = peers.map(({ name }) => name);
  for (const name of [...(only ?? []), ...without]) {
    if (!names.includes(name)) throw new RangeError(`Cannot choose peers as they are ${names}: received ${name}`);
  }
  return peers.filter(({ name }) => (only?.includes(name) ?? true) && !without.includes(name));
}
