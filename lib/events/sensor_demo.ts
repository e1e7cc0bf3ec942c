/** A made-up sensor: a room which is warm in the afternoon and damp at night, with a little noise. */
import type { Random } from "../platform/random.ts";
import type { TempBody } from "../protocol/event.ts";

const DAY_MS = 86_400_000;
/** UTC hour of the highest temperature. */
const WARMEST_HOUR = 15;

export class SensorDemo {
  readonly #random: Random;
  /** Noise which drifts, degrees. */
  #drift = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The reading with this number at that time, ms since 1970. */
  reading(number: number, timeMs: number): TempBody {
    const noise = () => this.#random.fraction() - 0.5;
    this.#drift = 0.98 * this.#drift + 0.2 * noise();
    const day = Math.cos(2 * Math.PI * (timeMs / DAY_MS - WARMEST_HOUR / 24));
    const tempCel = 21 + 4 * day + this.#drift + 0.1 * noise();
    const humidity = 55 - 12 * day - 2 * this.#drift + 0.5 * noise();
    return {
      kind: "temp",
      deviceId: 1,
      eventId: number % 2 ** 31,
      humidity: Math.min(100, Math.max(0, rounded(humidity))),
      tempCel: rounded(tempCel),
      picture: null,
    };
  }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
