/**
 * `@std/cli/parse-args` with the signature this project uses; see `assert.ts` for why.
 *
 * Source: https://jsr.io/@std/cli/doc/parse-args
 */
import * as std from "npm:deno-std@1.4.0/cli/parse_args.js";

/** Options of {@linkcode parseArgs} in use here. */
export interface ParseOptions {
  readonly boolean?: readonly string[];
  readonly string?: readonly string[];
  readonly collect?: readonly string[];
  readonly alias?: Readonly<Record<string, string>>;
  readonly negatable?: readonly string[];
  readonly stopEarly?: boolean;
  readonly unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** What was parsed: flags by name, and the rest in `_`. */
export type ParsedArgs = { _: (string | number)[] } & Record<string, unknown>;

/** Parses command-line arguments. */
export const parseArgs: (args: readonly string[], options?: ParseOptions) => ParsedArgs =
  (std as Record<string, unknown>)["parseArgs"] as (args: readonly string[], options?: ParseOptions) => ParsedArgs;
