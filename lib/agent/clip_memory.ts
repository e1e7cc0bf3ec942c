/** Which files of a watched folder the server has stored already: one line each in a file, synced. */
import { messageOf } from "../errors.ts";
import type { Disk, DiskFile } from "../platform/disk.ts";
import { dirname } from "node:path";

/** What a file is known by. */
export interface FileMark {
  readonly bytes: number;
  readonly modifiedMs: number;
}

const encoder = new TextEncoder();

export class ClipMemory {
  readonly #file: DiskFile;
  readonly #marks: Map<string, FileMark>;
  #end: number;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(file: DiskFile, marks: Map<string, FileMark>, end: number) {
    this.#file = file;
    this.#marks = marks;
    this.#end = end;
  }

  /**
   * Opens the file, or makes it. Lines of files for which `isThere` is false are left out of it.
   *
   * @throws when the disk cannot be used.
   */
  static async open(disk: Disk, path: string, isThere: (name: string) => Promise<boolean>): Promise<ClipMemory> {
    await disk.makeFolder(dirname(path));
    const marks = new Map<string, FileMark>();
    for (const line of (await readWhole(disk, path)).split("\n")) {
      const mark = parseLine(line);
      if (mark !== null) marks.set(mark.name, mark);
    }
    for (const name of marks.keys()) if (!await isThere(name)) marks.delete(name);
    // A file of its own, put in the place of the old one whole: a cut in between leaves one of the two.
    const text = [...marks].map(([name, mark]) => lineOf(name, mark)).join("");
    const bytes = encoder.encode(text);
    const file = await disk.open(`${path}.new`, "create-or-update");
    try {
      await file.truncate(0);
      await file.writeAt(bytes, 0);
      await file.sync();
      await disk.rename(`${path}.new`, path);
      await disk.syncFolder(dirname(path));
    } catch (error) {
      file.close();
      throw error;
    }
    return new ClipMemory(file, marks, bytes.length);
  }

  /** Whether this very file is stored. */
  has(name: string, { bytes, modifiedMs }: FileMark): boolean {
    const mark = this.#marks.get(name);
    return mark !== undefined && mark.bytes === bytes && mark.modifiedMs === modifiedMs;
  }

  /** Durable when it resolves. */
  async add(name: string, { bytes, modifiedMs }: FileMark): Promise<void> {
    this.#marks.set(name, { bytes, modifiedMs });
    const line = encoder.encode(lineOf(name, { bytes, modifiedMs }));
    const offset = this.#end;
    this.#end += line.length;
    const written = this.#turn.then(async () => {
      await this.#file.writeAt(line, offset);
      await this.#file.sync();
    });
    this.#turn = written.catch(() => {});
    await written;
  }

  close(): void {
    this.#file.close();
  }
}

function lineOf(name: string, { bytes, modifiedMs }: FileMark): string {
  return `${JSON.stringify({ name, bytes, modifiedMs })}\n`;
}

/** Null for what is no whole line: the last before a power cut. */
function parseLine(line: string): (FileMark & { readonly name: string }) | null {
  try {
    const { name, bytes, modifiedMs } = JSON.parse(line) as Record<string, unknown>;
    if (typeof name !== "string" || typeof bytes !== "number" || typeof modifiedMs !== "number") return null;
    return { name, bytes, modifiedMs };
  } catch {
    return null;
  }
}

async function readWhole(disk: Disk, path: string): Promise<string> {
  if (await disk.info(path) === null) return "";
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
