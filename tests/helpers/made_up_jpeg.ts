import type { SeededRandom } from "./seeded_random.ts";

/**
 * A stream of markers like that of a JPEG, with all that is hard on whoever looks for its end: an APP segment with a
 * whole JPEG inside, FF00 and restarts in the data, filling FFs, two scans. No decoder would take it.
 */
export function madeUpJpeg(random: SeededRandom, options: { thumbnail?: boolean } = {}): Uint8Array<ArrayBuffer> {
  const parts: number[][] = [[0xff, 0xd8]];
  const thumbnail = options.thumbnail === false ? [] : [...madeUpJpeg(random, { thumbnail: false })];
  parts.push(segment(0xe1, [...thumbnail, ...anyBytes(random, random.int(20)), 0xff, 0xd9]));
  if (random.int(2) === 0) parts.push([0xff], segment(0xfe, []));
  parts.push(segment(0xdb, anyBytes(random, 9)), segment(0xc0, anyBytes(random, 12)));
  for (let scans = 1 + random.int(2); scans > 0; scans--) parts.push(segment(0xda, anyBytes(random, 6)), data(random));
  parts.push([0xff, 0xd9]);
  return new Uint8Array(parts.flat());
}

function segment(code: number, content: readonly number[]): number[] {
  const length = content.length + 2;
  return [0xff, code, length >> 8, length & 0xff, ...content];
}

function anyBytes(random: SeededRandom, count: number): number[] {
  return [...random.bytes(count)];
}

/** Entropy-coded data. */
function data(random: SeededRandom): number[] {
  const bytes: number[] = [];
  for (let left = random.int(60); left > 0; left--) {
    const byte = random.int(4) === 0 ? 0xff : random.int(256);
    bytes.push(byte);
    if (byte === 0xff) bytes.push(random.int(3) === 0 ? 0xd0 + random.int(8) : 0);
  }
  return bytes;
}
