/** The values of a command line from the real process. */
import { parse } from "@std/jsonc";
import { FramewireError, messageOf } from "../errors.ts";
import type { Program } from "../platform/program.ts";
import type { OptionInputs } from "./options.ts";

/** Flags in `args`, the environment, and config files, which are JSON with comments. */
export function programInputs(program: Program, args: readonly string[]): OptionInputs {
  return { args, env: (name) => program.env(name), file: (path) => readConfig(program, path) };
}

function readConfig(program: Program, path: string): Readonly<Record<string, unknown>> {
  try {
    const value = parse(program.readText(path));
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("it is no JSON object");
    return value as Record<string, unknown>;
  } catch (cause) {
    throw new FramewireError("USAGE", `Cannot read config file ${path}: ${messageOf(cause)}`, { cause });
  }
}
