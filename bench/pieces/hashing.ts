/** The checks which every byte goes through. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Group } from "./piece.ts";
import { randomBytes } from "./random_bytes.ts";

const TOTAL_BYTES = 64 * 1024 * 1024;

/** SHA-256 in pieces and whole, and CRC-32; bounds for what each side can move. */
export function hashing(): Group {
  const bytes = randomBytes(TOTAL_BYTES);
  const inPieces = (pieceBytes: number, take: (piece: Uint8Array) => unknown) => {
    for (let at = 0; at < TOTAL_BYTES; at += pieceBytes) take(bytes.subarray(at, at + pieceBytes));
    return TOTAL_BYTES;
  };
  const sha256 = (pieceBytes: number) => () => {
    const hash = createHash("sha256");
    inPieces(pieceBytes, (piece) => hash.update(piece));
    hash.digest();
    return TOTAL_BYTES;
  };
  return {
    title: "Hashing and checksums",
    unit: "bytes",
    variants: [
      { name: "node:crypto SHA-256, pieces of 256 KiB", run: sha256(256 * 1024) },
      { name: "node:crypto SHA-256, pieces of 4 KiB", run: sha256(4 * 1024) },
      {
        name: "WebCrypto SHA-256, all at once",
        run: () => crypto.subtle.digest("SHA-256", bytes).then(() => TOTAL_BYTES),
      },
      { name: "node:zlib crc32, pieces of 256 KiB", run: () => inPieces(256 * 1024, (piece) => crc32(piece)) },
    ],
  };
}
