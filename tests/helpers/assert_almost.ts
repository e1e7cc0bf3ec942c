import { fail } from "@std/assert";

/** Throws unless `actual` is `expected` up to a share of `tolerance` (0.05: 5 %). */
export function assertAlmost(actual: number, expected: number, tolerance: number): void {
  if (Math.abs(actual - expected) > tolerance * Math.abs(expected)) fail(`Expected about ${expected}, got ${actual}`);
}
