/** What earlier versions knew of a watched folder: a line in a file for each of its files that the server has. */
import { messageOf } from "../errors.ts";
import type { Disk } from "../platform/disk.ts";
import type { NamedFile } from "../store/spool_clips.ts";

/** The files of which the file at `path` says that they are stored; null when there is no such file. Rejects when it cannot be read. */
export async function readClipMemory(disk: Disk, path: string): Promise<NamedFile[] | null> {
  if (await disk.info(path) === null) return null;
  const files = new Map<string, NamedFile>();
  for (const line of (await readWhole(disk, path)).split("\n")) {
    const file = parseLine(line);
    if (file !== null) files.set(file.name, file);
  }
  return [...files.values()];
}

/** Null for what is no whole line: the last before a power cut. */
function parseLine(line: string): NamedFile | null {
  try {
    const { name, bytes, modifiedMs } = JSON.parse(line) as Record<string, unknown>;
    if (typeof name !== "string" || typeof bytes !== "number" || typeof modifiedMs !== "number") return null;
    return { name, bytes, modifiedMs };
  } catch {
    return null;
  }
}

async function readWhole(disk: Disk, path: string): Promise<string> {
  const file = await disk.open(path, "read");
  try {
    const bytes = new Uint8Array((await file.info()).bytes);
    return new TextDecoder().decode(bytes.subarray(0, await file.readAt(bytes, 0)));
  } catch (cause) {
    throw new Error(`Cannot read ${path}: ${messageOf(cause)}`, { cause });
  } finally {
    file.close();
  }
}
