/** When the page tries again. */

const FIRST_MS = 500;
const LONGEST_MS = 10_000;
const SHORTEST_MS = 200;

/**
 * Milliseconds before try number `failures` (from 1): exponential with full jitter, so that a hundred pages do not come
 * back to a restarted server in the same instant. `fraction` is random in [0, 1).
 */
export function reconnectDelayMs(failures: number, fraction: number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return SHORTEST_MS + fraction * (longest - SHORTEST_MS);
}
