/** Numbers as protobuf writes them, for safe integers >= 0 (https://protobuf.dev/programming-guides/encoding/). */

/** Bytes that {@linkcode writeVarint} needs. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Writes `value` at `at`; returns the place behind it. */
export function writeVarint(into: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest >= 128) {
    into[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  into[at++] = rest;
  return at;
}
