/** Randomness, passed in as a value so that a seed can replay a run. */
export interface Random {
  /** `count` random bytes, the caller's own. */
  bytes(count: number): Uint8Array<ArrayBuffer>;
  /** Uniform in [0, 1). */
  fraction(): number;
}

/** The machine's randomness. */
export const systemRandom: Random = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  fraction: () => Math.random(),
};

/** A new identifier: 128 random bits as 32 lower-case hexadecimal digits. */
export function newId(random: Random): string {
  return random.bytes(16).toHex();
}
