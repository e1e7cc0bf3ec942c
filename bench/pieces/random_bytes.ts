import { randomFillSync } from "node:crypto";

/** `bytes` random bytes: zeros are kind to caches, to compression and to some processors' arithmetic. */
export function randomBytes(bytes: number): Uint8Array<ArrayBuffer> {
  const filled = new Uint8Array(bytes);
  randomFillSync(filled);
  return filled;
}
