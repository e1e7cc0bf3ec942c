/** Times of the box as times of the server. A box may say anything. Arithmetic only. */

/** The offset of the clocks is known to about half a round trip: what is in the future by less is left there, ms. */
export const FUTURE_MS_MAX = 1_000;
/** 2000-01-01: who says that something is older has no clock, ms since 1970. */
const PAST_MS = 946_684_800_000;

/** The time of the server at which it was `boxMs` at the box; `nowMs`, the server's own time, when that cannot be. */
export function toServerMs(boxMs: number, offsetMs: number, nowMs: number): number {
  const timeMs = boxMs - offsetMs;
  return timeMs >= PAST_MS && timeMs <= nowMs + FUTURE_MS_MAX ? timeMs : nowMs;
}
