/** Pauses between attempts: exponential with full jitter, so that a hundred boxes do not come back at the same moment. */
import type { Random } from "../platform/random.ts";

/** First and longest pause, ms. */
const BASE_MS = 500;
const CAP_MS = 30_000;

/**
 * A pause before attempt number `failures + 1`, ms: uniform between 0 and the doubled base, at least a little.
 *
 * Source: "Exponential Backoff And Jitter", M. Brooker, AWS Architecture Blog, 2015.
 */
export function backoffMs(failures: number, random: Random): number {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(failures, 10));
  return Math.max(50, Math.round(random.fraction() * ceiling));
}
