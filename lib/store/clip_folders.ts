/** Where the files of clips lie under the data directory, and what can be learned from them. */
import { join } from "node:path";
import { hashRange } from "../bytes/prefix_hasher.ts";
import type { Disk } from "../platform/disk.ts";
import type { ClipRow } from "./catalog.ts";
import { SNIFF_BYTES, sniffMediaType } from "./media_type.ts";

/** What a whole file says of itself. */
export interface FileFacts {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly mediaType: string;
}

export class ClipFolders {
  readonly #disk: Disk;
  /** Folders of devices which this run has synced, or is making: one attempt at a time, as one that fails is undone. */
  readonly #made = new Map<string, Promise<void>>();
  /** Files which are not whole: `<id>.part`. */
  readonly incoming: string;
  /** Whole files: `<device>/<name>`. */
  readonly clips: string;

  constructor(disk: Disk, data: string) {
    this.#disk = disk;
    this.incoming = join(data, "incoming");
    this.clips = join(data, "clips");
  }

  /** Makes the folder of a device, durably. One that is there may be of a run which was killed before it was synced. */
  makeForDevice(folder: string): Promise<void> {
    const known = this.#made.get(folder);
    if (known !== undefined) return known;
    const made = this.#disk.makeFolder(join(this.clips, folder)).then(() => this.#disk.syncFolder(this.clips));
    this.#made.set(folder, made);
    made.catch(() => this.#made.delete(folder));
    return made;
  }

  /** Where the bytes of a clip lie while it arrives. */
  partPath(id: string): string {
    return join(this.incoming, `${id}.part`);
  }

  /** Where a whole clip lies. */
  storedPath(row: Pick<ClipRow, "folder" | "storedName">): string {
    return join(this.clips, row.folder, row.storedName);
  }

  /** Whether the file of a whole clip is there and has its length. */
  async isPresent(row: ClipRow): Promise<boolean> {
    const info = await this.#disk.info(this.storedPath(row)).catch(() => null);
    return info?.isFile === true && info.bytes === row.bytes;
  }

  /** Reads a whole file. */
  async readFacts(path: string, bytes: number): Promise<FileFacts> {
    const file = await this.#disk.open(path, "read");
    try {
      const head = new Uint8Array(SNIFF_BYTES);
      const headBytes = await file.readAt(head, 0);
      const sha256 = (await hashRange((into, offset) => file.readAt(into, offset), 0, bytes))!;
      return { sha256, mediaType: sniffMediaType(head.subarray(0, headBytes)) };
    } finally {
      file.close();
    }
  }
}
