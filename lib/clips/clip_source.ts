/** Where the bytes of a clip come from: a file, which can be read anywhere and again, or a pipe, which cannot. */
import { basename } from "node:path";
import { FramewireError, messageOf } from "../errors.ts";
import type { Disk, DiskFile, FileInfo } from "../platform/disk.ts";
import type { ByteRange } from "../protocol/ranges.ts";
import { findMp4Index } from "./mp4_layout.ts";
import { planRanges } from "./send_plan.ts";

export interface ClipSource {
  /** Label under which it is sent. */
  readonly name: string;
  /** Null while it is not known. */
  readonly bytes: number | null;
  /** Ms since 1970; null when there is none. */
  readonly modifiedMs: number | null;
  /** The missing ranges in the order to send them in; an end of Infinity when the size is not known. */
  plan(held: readonly ByteRange[]): Promise<readonly ByteRange[]>;
  /**
   * Reads up to `into.length` bytes from `offset`, at least one; 0 at the end.
   *
   * @throws {FramewireError} `SOURCE_UNREADABLE`.
   */
  read(into: Uint8Array, offset: number): Promise<number>;
  /** Bytes before `offset` will not be read again: they are durable on the server. */
  forget(offset: number): void;
  /** @throws {FramewireError} `SOURCE_CHANGED` when it is not what it was when it was opened. */
  checkUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/** A file on this machine. */
export class FileSource implements ClipSource {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly #path: string;
  readonly #disk: Disk;
  readonly #file: DiskFile;
  readonly #identity: string;

  private constructor(path: string, name: string, disk: Disk, file: DiskFile, info: FileInfo) {
    this.#path = path;
    this.name = name;
    this.#disk = disk;
    this.#file = file;
    this.bytes = info.bytes;
    this.modifiedMs = info.modifiedMs;
    this.#identity = info.identity;
  }

  /** @throws {FramewireError} `SOURCE_UNREADABLE` when it cannot be opened or is no file. */
  static async open(disk: Disk, path: string, name = basename(path)): Promise<FileSource> {
    let file: DiskFile | undefined;
    try {
      file = await disk.open(path, "read");
      const info = await file.info();
      if (!info.isFile) throw new Error("it is not a file");
      return new FileSource(path, name, disk, file, info);
    } catch (cause) {
      file?.close();
      throw new FramewireError("SOURCE_UNREADABLE", `Cannot open ${path}: ${messageOf(cause)}`, { cause });
    }
  }

  async plan(held: readonly ByteRange[]): Promise<readonly ByteRange[]> {
    const index = await findMp4Index((into, offset) => this.read(into, offset), this.bytes);
    return planRanges({ bytes: this.bytes, index, held });
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    try {
      return await this.#file.readAt(into, offset);
    } catch (cause) {
      throw new FramewireError("SOURCE_UNREADABLE", `Cannot read ${this.#path} at ${offset}: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  forget(): void {}

  async checkUnchanged(): Promise<void> {
    const opened = await this.#file.info();
    // The name may stand for another file by now, while this one is still open; a name that is gone does no harm.
    const named = await this.#disk.info(this.#path).catch(() => null);
    const replaced = named?.isFile === true && named.identity !== this.#identity;
    if (!replaced && opened.bytes === this.bytes && opened.modifiedMs === this.modifiedMs) return;
    const what = replaced ? "it was replaced" : `it has ${opened.bytes} bytes, and had ${this.bytes}`;
    throw new FramewireError("SOURCE_CHANGED", `${this.#path} changed while it was being sent: ${what}`);
  }

  close(): Promise<void> {
    this.#file.close();
    return Promise.resolve();
  }
}
