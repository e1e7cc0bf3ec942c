/**
 * A file of events. The same file is the same run, and a line has always the same number: sent again, after a kill too,
 * nothing is doubled. Changed or grown, it is another file.
 */
import { createHash } from "node:crypto";
import { LIMITS } from "../config/limits.ts";
import { FramewireError, messageOf } from "../errors.ts";
import type { Disk, DiskFile } from "../platform/disk.ts";

export interface EventFile {
  /** Of its content. */
  readonly run: string;
  /** Its bytes, once; views, valid until the next. @throws {FramewireError} `SOURCE_CHANGED` at the end if it has changed. */
  chunks(): AsyncGenerator<Uint8Array>;
  close(): void;
}

/** Reads it once to know it. @throws {FramewireError} `SOURCE_UNREADABLE`. */
export async function openEventFile(disk: Disk, path: string): Promise<EventFile> {
  let file: DiskFile;
  try {
    file = await disk.open(path, "read");
  } catch (cause) {
    throw new FramewireError("SOURCE_UNREADABLE", `Cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
  try {
    const { bytes } = await file.info();
    const sha256 = await digestOf(piecesOf(file, bytes));
    const run = sha256.slice(0, 32);
    return { run, chunks: () => checked(piecesOf(file, bytes), sha256, path), close: () => file.close() };
  } catch (cause) {
    file.close();
    throw new FramewireError("SOURCE_UNREADABLE", `Cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

async function* piecesOf(file: DiskFile, bytes: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(LIMITS.readPieceBytes);
  for (let at = 0; at < bytes;) {
    const count = await file.readAt(buffer.subarray(0, Math.min(buffer.length, bytes - at)), at);
    if (count === 0) return;
    at += count;
    yield buffer.subarray(0, count);
  }
}

async function digestOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

async function* checked(pieces: AsyncIterable<Uint8Array>, sha256: string, path: string): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for await (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest("hex") === sha256) return;
  throw new FramewireError("SOURCE_CHANGED", `${path} has changed while it was being sent`);
}
