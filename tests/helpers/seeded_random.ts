import type { Random } from "../../lib/platform/random.ts";

/**
 * Randomness which a seed replays: xoshiro128** by Blackman and Vigna, its state filled by SplitMix32.
 *
 * Source: https://prng.di.unimi.it/xoshiro128starstar.c
 */
export class SeededRandom implements Random {
  /** What this generator started from; print it in a failing test. */
  readonly seed: number;
  readonly #state = new Uint32Array(4);

  /** @param seed any integer; its low 32 bits count. */
  constructor(seed: number) {
    this.seed = seed;
    let mixed = seed | 0;
    for (let i = 0; i < 4; i++) {
      mixed = (mixed + 0x9e3779b9) | 0;
      let word = mixed ^ (mixed >>> 16);
      word = Math.imul(word, 0x21f0aaad);
      word ^= word >>> 15;
      word = Math.imul(word, 0x735a2d97);
      this.#state[i] = word ^ (word >>> 15);
    }
  }

  /** The next 32 random bits, as an unsigned integer. */
  uint32(): number {
    const s = this.#state;
    const [s0, s1, s2, s3] = s as unknown as [number, number, number, number];
    const product = Math.imul(s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const mixed2 = s2 ^ s0;
    const mixed3 = s3 ^ s1;
    s[1] = s1 ^ mixed2;
    s[0] = s0 ^ mixed3;
    s[2] = mixed2 ^ (s1 << 9);
    s[3] = (mixed3 << 11) | (mixed3 >>> 21);
    return result;
  }

  bytes(count: number): Uint8Array<ArrayBuffer> {
    const words = new DataView(new ArrayBuffer(Math.ceil(count / 4) * 4));
    for (let at = 0; at < words.byteLength; at += 4) words.setUint32(at, this.uint32(), true);
    return new Uint8Array(words.buffer, 0, count);
  }

  fraction(): number {
    return this.uint32() / 2 ** 32;
  }

  /** An integer in [0, max); `max` at least 1. */
  int(max: number): number {
    return Math.floor(this.fraction() * max);
  }

  /** One of `items`, which may not be empty. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("Cannot pick as items must not be empty: received 0");
    return items[this.int(items.length)] as T;
  }

  /** True in about `probability` (0 to 1) of the calls. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }
}
