/**
 * `@std/assert` with the signatures this project uses. The npm build of `@std` ships no declarations; once JSR is in
 * reach, `deno.json` maps the bare name to `jsr:@std/assert` and this file goes.
 *
 * Source: https://jsr.io/@std/assert
 */
// deno-lint-ignore-file no-explicit-any
import * as std from "npm:deno-std@1.4.0/assert/mod.js";

const untyped = std as Record<string, any>;

type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

/** Throws unless `expr` is truthy. */
export const assert: (expr: unknown, msg?: string) => asserts expr = untyped.assert;
/** Deep equality. */
export const assertEquals: <T>(actual: T, expected: T, msg?: string) => void = untyped.assertEquals;
/** Deep inequality. */
export const assertNotEquals: <T>(actual: T, expected: T, msg?: string) => void = untyped.assertNotEquals;
/** `Object.is` equality. */
export const assertStrictEquals: <T>(actual: unknown, expected: T, msg?: string) => asserts actual is T =
  untyped.assertStrictEquals;
/** Neither null nor undefined. */
export const assertExists: <T>(actual: T, msg?: string) => asserts actual is NonNullable<T> = untyped.assertExists;
/** Throws unless `actual` contains `expected`. */
export const assertStringIncludes: (actual: string, expected: string, msg?: string) => void =
  untyped.assertStringIncludes;
/** Throws unless `actual` matches `expected`. */
export const assertMatch: (actual: string, expected: RegExp, msg?: string) => void = untyped.assertMatch;
/** `actual` is greater than `expected`. */
export const assertGreater: <T>(actual: T, expected: T, msg?: string) => void = untyped.assertGreater;
/** `actual` is at least `expected`. */
export const assertGreaterOrEqual: <T>(actual: T, expected: T, msg?: string) => void = untyped.assertGreaterOrEqual;
/** `actual` is less than `expected`. */
export const assertLess: <T>(actual: T, expected: T, msg?: string) => void = untyped.assertLess;
/** `actual` is at most `expected`. */
export const assertLessOrEqual: <T>(actual: T, expected: T, msg?: string) => void = untyped.assertLessOrEqual;
/** Throws unless `fn` throws an `E`, and returns it. */
export const assertThrows: <E extends Error = Error>(
  fn: () => unknown,
  errorClass?: ErrorClass<E>,
  msgIncludes?: string,
) => E = untyped.assertThrows;
/** Rejects unless the promise of `fn` rejects with an `E`, and resolves with it. */
export const assertRejects: <E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  msgIncludes?: string,
) => Promise<E> = untyped.assertRejects;
/** Throws always. */
export const fail: (msg?: string) => never = untyped.fail;
