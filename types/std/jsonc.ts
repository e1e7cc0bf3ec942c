/**
 * `@std/jsonc` with the signature this project uses; see `assert.ts` for why.
 *
 * Source: https://jsr.io/@std/jsonc
 */
import * as std from "npm:deno-std@1.4.0/jsonc/mod.js";

/** Parses JSON with comments. */
export const parse: (text: string) => unknown = (std as Record<string, unknown>)["parse"] as (text: string) => unknown;
