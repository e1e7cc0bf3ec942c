/** Numbers as protobuf writes them, for safe integers >= 0 (https://protobuf.dev/programming-guides/encoding/). */

const INT32_MAX = 2 ** 31 - 1;

/** Bytes that {@linkcode writeVarint} needs. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Writes `value` at `at`; returns the place behind it. */
export function writeVarint(into: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest > INT32_MAX) {
    into[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  // Whole numbers of the processor from here on: twice as fast.
  while (rest > 127) {
    into[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  into[at++] = rest;
  return at;
}
