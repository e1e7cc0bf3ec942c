/** The values of a command line from the real process. */
import { parse } from "@std/jsonc";
import { FramewireError, messageOf } from "../errors.ts";
import type { Process } from "../platform/process.ts";
import type { OptionInputs } from "./options.ts";

/** Flags in `args`, the environment, and config files, which are JSON with comments. */
export function processInputs(process: Process, args: readonly string[]): OptionInputs {
  return { args, env: (name) => process.env(name), file: (path) => readConfig(process, path) };
}

function readConfig(process: Process, path: string): Readonly<Record<string, unknown>> {
  try {
    const value = parse(process.readText(path));
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("it is no JSON object");
    return value as Record<string, unknown>;
  } catch (cause) {
    throw new FramewireError("USAGE", `Cannot read config file ${path}: ${messageOf(cause)}`, { cause });
  }
}
