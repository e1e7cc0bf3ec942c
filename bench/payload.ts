/** The file which everybody sends, and its hash. */
import { Buffer } from "node:buffer";
import { createHash, randomFillSync } from "node:crypto";

const PIECE_BYTES = 1024 * 1024;

/** Writes `bytes` random bytes to `path`: nothing can compress them or find them again. Returns their SHA-256, hex. */
export function writeRandomFile(path: string, bytes: number): string {
  const hash = createHash("sha256");
  const piece = new Uint8Array(PIECE_BYTES);
  using file = Deno.openSync(path, { write: true, createNew: true });
  for (let offset = 0; offset < bytes; offset += PIECE_BYTES) {
    const part = piece.subarray(0, Math.min(PIECE_BYTES, bytes - offset));
    randomFillSync(Buffer.from(part.buffer, part.byteOffset, part.byteLength));
    hash.update(part);
    for (let done = 0; done < part.length;) done += file.writeSync(part.subarray(done));
  }
  file.syncSync();
  return hash.digest("hex");
}

/** SHA-256 of a file, hex. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  const piece = new Uint8Array(PIECE_BYTES);
  using file = await Deno.open(path);
  while (true) {
    const read = file.readSync(piece);
    if (read === null) return hash.digest("hex");
    hash.update(piece.subarray(0, read));
  }
}
