import type { DiskFile, FileInfo } from "../../lib/platform/disk.ts";
import type { FileNode, Node } from "./memory_inode.ts";
import { closedError, osError } from "./os_errors.ts";

/** What can be done with an open file. */
export type FileCallKind = "read" | "write" | "sync" | "truncate" | "info";

/** Announces a call to the disk; rejects when it has to fail. */
type Announce = (kind: FileCallKind) => Promise<void>;

/** An open file of a `MemoryDisk`; calls take turns in the order they were made, as those of the real one. */
export class MemoryFile implements DiskFile {
  readonly #node: Node;
  readonly #writable: boolean;
  readonly #wallMs: () => number;
  readonly #announce: Announce;
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(node: Node, writable: boolean, wallMs: () => number, announce: Announce) {
    this.#node = node;
    this.#writable = writable;
    this.#wallMs = wallMs;
    this.#announce = announce;
    if (node.kind === "file") node.handles++;
  }

  readAt(into: Uint8Array, offset: number): Promise<number> {
    return this.#inTurn(async () => {
      await this.#announce("read");
      return this.#file("EISDIR").data.read(into, offset);
    });
  }

  writeAt(bytes: Uint8Array, offset: number): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#writable) throw osError("EBADF");
      await this.#announce("write");
      const node = this.#file("EBADF");
      const count = node.data.write(bytes, offset);
      node.modifiedMs = this.#wallMs();
      if (count < bytes.length) throw osError("ENOSPC");
    });
  }

  async sync(): Promise<void> {
    if (this.#closed) throw closedError();
    const node = this.#node;
    const settle = node.kind === "file" ? node.data.beginSync() : () => {};
    await settleAfter(this.#announce("sync"), settle);
  }

  async info(): Promise<FileInfo> {
    await this.#announce("info");
    if (this.#closed) throw closedError();
    return toInfo(this.#node);
  }

  truncate(bytes: number): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#writable) throw osError("EINVAL");
      await this.#announce("truncate");
      const node = this.#file("EINVAL");
      node.data.truncate(bytes);
      node.modifiedMs = this.#wallMs();
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#node.kind !== "file") return;
    this.#node.handles--;
    this.#node.freeIfUnused();
  }

  #file(otherwise: "EISDIR" | "EBADF" | "EINVAL"): FileNode {
    if (this.#closed) throw closedError();
    if (this.#node.kind !== "file") throw osError(otherwise);
    return this.#node;
  }

  #inTurn<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => {
      if (this.#closed) throw closedError();
      return job();
    });
    this.#turn = result.catch(() => {});
    return result;
  }
}

/** Settles a sync: what it should have kept is lost when the call fails. */
export async function settleAfter(call: Promise<void>, settle: (ok: boolean) => void): Promise<void> {
  try {
    await call;
  } catch (error) {
    settle(false);
    throw error;
  }
  settle(true);
}

/** What is known of a made-up file or folder. */
export function toInfo(node: Node): FileInfo {
  return {
    isFile: node.kind === "file",
    isDirectory: node.kind === "folder",
    bytes: node.kind === "file" ? node.data.bytes : PAGE_BYTES_OF_FOLDER,
    modifiedMs: node.modifiedMs,
    identity: `1:${node.number}`,
  };
}

/** What ext4 says of a small folder. */
const PAGE_BYTES_OF_FOLDER = 4096;
