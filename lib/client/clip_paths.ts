/** Which files are meant by the paths of a command line. */
import { basename, join } from "node:path";
import { FramewireError, messageOf } from "../errors.ts";
import type { Disk } from "../platform/disk.ts";

/** A file to send, and its label. */
export interface ClipPath {
  /** `-` is standard input. */
  readonly path: string;
  readonly name: string;
}

/**
 * Files by their own name; the files of a folder, and of those in it, by their path from the folder's name on, with `/`.
 * Hidden files (a leading dot) and symbolic links inside of folders are passed over.
 *
 * @throws {FramewireError} `SOURCE_UNREADABLE` when there is nothing at a path, or nothing in a folder.
 */
export async function findClipPaths(disk: Disk, paths: readonly string[], stdinName: string): Promise<ClipPath[]> {
  const found: ClipPath[] = [];
  for (const path of paths) {
    if (path === "-") {
      found.push({ path, name: stdinName });
      continue;
    }
    const info = await disk.info(path);
    if (info === null) {
      throw new FramewireError("SOURCE_UNREADABLE", `Cannot open ${path}: there is no such file or folder`);
    }
    if (!info.isDirectory) {
      found.push({ path, name: basename(path) });
      continue;
    }
    const before = found.length;
    await walk(disk, path, basename(path) || "folder", found);
    if (found.length === before) {
      throw new FramewireError("SOURCE_UNREADABLE", `Cannot send ${path}: there are no files in it`);
    }
  }
  return found;
}

async function walk(disk: Disk, folder: string, label: string, found: ClipPath[]): Promise<void> {
  const listed = await disk.list(folder).catch((cause) => {
    throw new FramewireError("SOURCE_UNREADABLE", `Cannot read folder ${folder}: ${messageOf(cause)}`, { cause });
  });
  const entries = listed.filter(({ name }) => !name.startsWith("."));
  entries.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  for (const { name, isFile, isDirectory } of entries) {
    if (isFile) found.push({ path: join(folder, name), name: `${label}/${name}` });
    else if (isDirectory) await walk(disk, join(folder, name), `${label}/${name}`, found);
  }
}
