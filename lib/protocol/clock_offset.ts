/**
 * How far the peer's clock is from ours, from pings and pongs (as NTP does, RFC 5905 section 8, with one stamp instead of
 * two). Arithmetic only.
 */

/** Samples looked back on: forty seconds of heartbeats, in which clocks drift by a millisecond at most. */
const SAMPLES = 8;

export class ClockOffset {
  #samples: { offsetMs: number; roundTripMs: number }[] = [];

  /** Theirs less ours, ms: that of the shortest round trip lately, which is wrong by half of it at most; null without any. */
  get offsetMs(): number | null {
    if (this.#samples.length === 0) return null;
    return this.#samples.reduce((best, sample) => sample.roundTripMs < best.roundTripMs ? sample : best).offsetMs;
  }

  /** A ping went out at `sentMs` by our clock, and was answered at `theirMs` by theirs, after `roundTripMs` in all. */
  add(sentMs: number, theirMs: number, roundTripMs: number): void {
    this.#samples.push({ offsetMs: theirMs - (sentMs + roundTripMs / 2), roundTripMs });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
    // The peer's clock was set: older samples speak of another one.
    const last = this.#samples.at(-1)!;
    const jumped = (other: typeof last) =>
      Math.abs(other.offsetMs - last.offsetMs) > (other.roundTripMs + last.roundTripMs) / 2 + 50;
    this.#samples = this.#samples.filter((other) => !jumped(other));
  }
}
