import { posix } from "node:path";
import type { Disk, DiskFile, DiskLock, FileInfo, OpenMode } from "../../lib/platform/disk.ts";
import { type CrashKeeps, FileNode, FolderNode, type Node, PAGE_BYTES, type PageBudget } from "./memory_inode.ts";
import { MemoryJournal } from "./memory_journal.ts";
import { type FileCallKind, MemoryFile, settleAfter, toInfo } from "./memory_file.ts";
import { osError, type OsErrorCode } from "./os_errors.ts";
import { SeededRandom } from "./seeded_random.ts";

/** What is about to be done to a {@linkcode MemoryDisk}. */
export interface DiskCall {
  readonly kind:
    | FileCallKind
    | "open"
    | "list"
    | "rename"
    | "remove"
    | "make-folder"
    | "sync-folder"
    | "free-bytes";
  /** Absolute; of an open file the one it was opened by. */
  readonly path: string;
}

/** How a {@linkcode MemoryDisk} starts. */
export interface MemoryDiskOptions {
  /** Of what a power cut keeps; default 1. */
  readonly seed?: number;
  /** Bytes which files may take, in whole pages of 4096; default without bound. */
  readonly capacityBytes?: number;
  /** Wall clock of modification times; default always 1,000,000. */
  readonly wallMs?: () => number;
}

/** A failure which waits for its call. */
interface PlannedFailure {
  readonly kind: DiskCall["kind"];
  callsLeft: number;
  readonly error: Error;
}

/**
 * A disk in memory which forgets at a power cut what was not synced: data of files, and names in folders. Paths are
 * POSIX; there are no symbolic links.
 *
 * @example
 * ```ts
 * const disk = new MemoryDisk({ seed: 7 });
 * // … the code under test …
 * const found = disk.crash("random");
 * ```
 */
export class MemoryDisk implements Disk {
  /** Called before each call is done: the place to count, to throw, to wait (a slow disk) or to cut the power. */
  onCall: (call: DiskCall) => void | Promise<void> = () => {};
  /** Bytes which files may take; may be changed at any time. */
  capacityBytes: number;
  readonly #random: SeededRandom;
  readonly #wallMs: () => number;
  readonly #journal = new MemoryJournal();
  readonly #locked = new Set<FileNode>();
  readonly #failures: PlannedFailure[] = [];
  readonly #budget: PageBudget;
  #root: FolderNode;
  #pages = 0;
  #lastNumber = 1;
  #off = false;

  constructor(options: MemoryDiskOptions = {}) {
    this.capacityBytes = options.capacityBytes ?? Infinity;
    this.#random = new SeededRandom(options.seed ?? 1);
    this.#wallMs = options.wallMs ?? (() => 1_000_000);
    this.#root = new FolderNode(this.#lastNumber++, this.#wallMs());
    this.#budget = {
      take: () => (this.#pages + 1) * PAGE_BYTES <= this.capacityBytes && ++this.#pages > 0,
      give: () => void this.#pages--,
    };
  }

  /** Bytes which files take. */
  get usedBytes(): number {
    return this.#pages * PAGE_BYTES;
  }

  /** Lets the `nth` call of a kind from now on (1 is the next) fail; a failed sync loses what it should have kept. */
  failCall(kind: DiskCall["kind"], nth = 1, code: OsErrorCode = "EIO"): void {
    this.#failures.push({ kind, callsLeft: nth, error: osError(code) });
  }

  /**
   * Cuts the power: every call of this disk and of its open files rejects from now on. Gives the disk as it is found
   * afterwards; "random" keeps a seeded part of what was not synced, page by page and name by name.
   */
  crash(keeps: CrashKeeps = "random"): MemoryDisk {
    this.#off = true;
    this.#journal.crash(keeps, this.#random);
    const found = new MemoryDisk({ seed: this.#random.uint32(), capacityBytes: Infinity, wallMs: this.#wallMs });
    const copies = new Map<Node, Node>();
    const copy = (node: Node): Node => {
      const known = copies.get(node);
      if (known) return known;
      if (node.kind === "file") {
        const file = new FileNode(node.number, node.modifiedMs, found.#budget);
        copies.set(node, file);
        node.data.crashInto(file.data, keeps, this.#random);
        return file;
      }
      const folder = new FolderNode(node.number, node.modifiedMs);
      copies.set(node, folder);
      for (const [name, child] of node.durable) {
        const there = copy(child);
        folder.live.set(name, there);
        folder.durable.set(name, there);
        if (there.kind === "file") there.links++;
      }
      return folder;
    };
    found.#root = copy(this.#root) as FolderNode;
    found.#lastNumber = this.#lastNumber;
    found.capacityBytes = this.capacityBytes;
    return found;
  }

  /** All paths of files, sorted. */
  paths(): string[] {
    const walk = (folder: FolderNode, path: string): string[] =>
      [...folder.live].flatMap(([name, node]) =>
        node.kind === "file" ? [`${path}/${name}`] : walk(node, `${path}/${name}`)
      );
    return walk(this.#root, "").sort();
  }

  /** The content of a file. @throws {Deno.errors.NotFound} */
  contentOf(path: string): Uint8Array<ArrayBuffer> {
    const node = this.#find(path, "read");
    if (node?.kind !== "file") throw osError("ENOENT", `read '${path}'`);
    const bytes = new Uint8Array(node.data.bytes);
    node.data.read(bytes, 0);
    return bytes;
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    await this.#call("open", path);
    const about = `open '${path}'`;
    const { folder, name } = this.#parent(path, about);
    const found = name === "" ? folder : folder.live.get(name);
    if (found === undefined && (mode === "read" || mode === "update")) throw osError("ENOENT", about);
    if (found !== undefined && mode === "create-new") throw osError("EEXIST", about);
    if (found?.kind === "folder" && mode !== "read") throw osError("EISDIR", about);
    let node = found;
    if (node === undefined) {
      node = new FileNode(this.#lastNumber++, this.#wallMs(), this.#budget);
      node.links++;
      this.#journal.record(folder, [{ folder, name, node }]);
    }
    return new MemoryFile(node, mode !== "read", this.#wallMs, (kind) => this.#call(kind, path));
  }

  async info(path: string): Promise<FileInfo | null> {
    await this.#call("info", path);
    const node = this.#find(path, "lstat");
    return node ? toInfo(node) : null;
  }

  async makeFolder(path: string): Promise<void> {
    const above = posix.dirname(path);
    if (await this.info(path) !== null) return;
    if (above !== path) await this.makeFolder(above);
    await this.#call("make-folder", path);
    const { folder, name } = this.#parent(path, `mkdir '${path}'`);
    if (folder.live.has(name)) return;
    const node = new FolderNode(this.#lastNumber++, this.#wallMs());
    this.#journal.record(folder, [{ folder, name, node }]);
    try {
      await this.syncFolder(above);
    } catch (error) {
      await this.remove(path).catch(() => {});
      throw error;
    }
  }

  async list(path: string): Promise<{ name: string; isFile: boolean; isDirectory: boolean }[]> {
    await this.#call("list", path);
    const node = this.#find(path, "readdir");
    if (node === undefined) return [];
    if (node.kind === "file") throw osError("ENOTDIR", `readdir '${path}'`);
    return [...node.live].map(([name, { kind }]) => ({
      name,
      isFile: kind === "file",
      isDirectory: kind === "folder",
    }));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call("rename", from);
    const about = `rename '${from}' -> '${to}'`;
    const source = this.#parent(from, about);
    const target = this.#parent(to, about);
    const node = source.folder.live.get(source.name);
    const replaced = target.folder.live.get(target.name);
    if (node === undefined) throw osError("ENOENT", about);
    if (node === replaced) return;
    if (node.kind === "folder" && `${posix.resolve("/", to)}/`.startsWith(`${posix.resolve("/", from)}/`)) {
      throw osError("EINVAL", about);
    }
    if (replaced?.kind === "folder" && node.kind === "file") throw osError("EISDIR", about);
    if (replaced?.kind === "file" && node.kind === "folder") throw osError("ENOTDIR", about);
    if (replaced?.kind === "folder" && replaced.live.size > 0) throw osError("ENOTEMPTY", about);
    this.#journal.record(target.folder, [{ ...source, node: null }, { ...target, node }]);
    this.#unlink(replaced);
  }

  async remove(path: string): Promise<void> {
    await this.#call("remove", path);
    const about = `remove '${path}'`;
    const node = this.#find(path, "remove");
    if (node === undefined) return;
    if (node.kind === "folder" && node.live.size > 0) throw osError("ENOTEMPTY", about);
    const { folder, name } = this.#parent(path, about);
    this.#journal.record(folder, [{ folder, name, node: null }]);
    this.#unlink(node);
  }

  async syncFolder(path: string): Promise<void> {
    const node = this.#find(path, "open");
    if (node === undefined) throw osError("ENOENT", `open '${path}'`);
    const settle = node.kind === "folder" ? this.#journal.beginSync(node) : node.data.beginSync();
    await settleAfter(this.#call("sync-folder", path), settle);
  }

  async freeBytes(path: string): Promise<number> {
    await this.#call("free-bytes", path);
    if (this.#find(path, "statfs") === undefined) throw osError("ENOENT", `statfs '${path}'`);
    return Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, this.capacityBytes - this.usedBytes));
  }

  async totalBytes(path: string): Promise<number> {
    await this.#call("free-bytes", path);
    if (this.#find(path, "statfs") === undefined) throw osError("ENOENT", `statfs '${path}'`);
    return Math.min(Number.MAX_SAFE_INTEGER, this.capacityBytes);
  }

  async lock(path: string): Promise<DiskLock | null> {
    const file = await this.open(path, "create-or-update");
    const node = this.#find(path, "open") as FileNode;
    if (this.#locked.has(node)) {
      file.close();
      return null;
    }
    this.#locked.add(node);
    return {
      release: () => {
        this.#locked.delete(node);
        file.close();
      },
    };
  }

  #unlink(node: Node | undefined): void {
    if (node?.kind !== "file") return;
    node.links--;
    node.freeIfUnused();
  }

  /** What is at the path; undefined when nothing is. */
  #find(path: string, about: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of partsOf(path)) {
      if (node === undefined) return undefined;
      if (node.kind === "file") throw osError("ENOTDIR", `${about} '${path}'`);
      checkName(name, `${about} '${path}'`);
      node = node.live.get(name);
    }
    return node;
  }

  /** The folder which holds, or will hold, the last name of the path. */
  #parent(path: string, about: string): { folder: FolderNode; name: string } {
    const parts = partsOf(path);
    const name = parts.pop() ?? "";
    checkName(name, about);
    const folder = this.#find(`/${parts.join("/")}`, "open");
    if (folder === undefined) throw osError("ENOENT", about);
    if (folder.kind === "file") throw osError("ENOTDIR", about);
    return { folder, name };
  }

  async #call(kind: DiskCall["kind"], path: string): Promise<void> {
    // A real disk never answers before its caller goes on.
    await Promise.resolve();
    this.#checkPower();
    await this.onCall({ kind, path });
    this.#checkPower();
    for (const failure of [...this.#failures]) {
      if (failure.kind !== kind || --failure.callsLeft > 0) continue;
      this.#failures.splice(this.#failures.indexOf(failure), 1);
      throw failure.error;
    }
  }

  #checkPower(): void {
    if (this.#off) throw new Error("Cannot use disk as its power was cut");
  }
}

function partsOf(path: string): string[] {
  return posix.resolve("/", path).split("/").filter((part) => part !== "");
}

function checkName(name: string, about: string): void {
  if (new TextEncoder().encode(name).length > 255) throw osError("ENAMETOOLONG", about);
}
