/**
 * Pictures with names, each in a file of its own: written in `incoming/`, synced, renamed, the folder synced. Many go
 * together and share the sync of the folder; their rows are committed afterwards.
 */
import { crc32 } from "node:zlib";
import type { Disk } from "../platform/disk.ts";
import { newId, type Random } from "../platform/random.ts";
import type { Frame } from "../protocol/frame.ts";
import type { FrameCatalog, NamedPicture, PictureContent, SourceRow } from "./frame_catalog.ts";
import type { FrameFolders } from "./frame_folders.ts";
import { nameKey, numberedName, safeFileName } from "./safe_name.ts";

/** Files which are written at once: enough for the thread pool. */
const WRITERS_MAX = 16;
/** What segments are called; their names are not given to pictures. */
const SEGMENT_NAME = /\.mjpeg$/i;

/** Where a picture is: known before (`id`), in a file that is durable now, or the same as another of its batch. */
export interface PlacedPicture {
  readonly crc32: number;
  readonly id?: number;
  readonly file?: string;
  readonly sameAs?: number;
}

export interface FramePicturesOptions {
  readonly source: SourceRow;
  readonly catalog: FrameCatalog;
  readonly disk: Disk;
  readonly random: Random;
  readonly folders: FrameFolders;
}

const keyOf = ({ name, bytes, crc32 }: PictureContent) => JSON.stringify([name, bytes, crc32]);

export class FramePictures {
  readonly #options: FramePicturesOptions;

  constructor(options: FramePicturesOptions) {
    this.#options = options;
  }

  /** Those which are stored and whose files are there, by index. */
  async held(offered: readonly PictureContent[]): Promise<boolean[]> {
    const { catalog, source } = this.#options;
    const stored = Map.groupBy(await catalog.samePictures(source.id, onceEach(offered)), keyOf);
    const found = await Promise.all(offered.map((picture) => this.#present(stored.get(keyOf(picture)))));
    return found.map((picture) => picture !== undefined);
  }

  /** Puts the pictures into files, durably; one that is there already is not written again. */
  async place(frames: readonly Frame[]): Promise<PlacedPicture[]> {
    const { catalog, source, disk, folders } = this.#options;
    const pictures = frames.map((frame) => ({
      frame,
      known: { name: frame.name!, bytes: frame.jpeg.length, crc32: crc32(frame.jpeg) },
    }));
    const same = await catalog.samePictures(source.id, onceEach(pictures.map(({ known }) => known)));
    const stored = Map.groupBy(same, keyOf);
    const placed: PlacedPicture[] = [];
    const first = new Map<string, number>();
    const writes: { frame: Frame; file: string }[] = [];
    const taken = new Set<string>();
    for (const [index, { frame, known }] of pictures.entries()) {
      const key = keyOf(known);
      const sameAs = first.get(key);
      first.set(key, sameAs ?? index);
      if (sameAs !== undefined) {
        placed.push({ crc32: known.crc32, sameAs });
        continue;
      }
      const row = stored.get(key)?.[0];
      const isThere = await this.#present(stored.get(key)) !== undefined;
      const file = row?.file ?? await this.#freeName(known, taken);
      taken.add(nameKey(file));
      // A file that somebody took away comes back.
      if (!isThere) writes.push({ frame, file });
      placed.push({ crc32: known.crc32, ...(row === undefined ? { file } : { id: row.id }) });
    }
    if (writes.length > 0) {
      await folders.makeForSource(source.folder);
      await eachOf(writes, ({ frame, file }) => this.#write(frame.jpeg, file));
      await disk.syncFolder(folders.path(source.folder));
    }
    return placed;
  }

  /** The first of them whose file is there. */
  async #present(rows: readonly NamedPicture[] | undefined): Promise<NamedPicture | undefined> {
    const { disk, folders, source } = this.#options;
    for (const row of rows ?? []) {
      const info = await disk.info(folders.path(source.folder, row.file)).catch(() => null);
      if (info?.isFile && info.bytes === row.bytes) return row;
    }
    return undefined;
  }

  async #write(jpeg: Uint8Array, fileName: string): Promise<void> {
    const { disk, folders, source, random } = this.#options;
    const path = folders.arriving(newId(random));
    try {
      const file = await disk.open(path, "create-new");
      try {
        await file.writeAt(jpeg, 0);
        await file.sync();
      } finally {
        file.close();
      }
      await disk.rename(path, folders.path(source.folder, fileName));
    } catch (error) {
      await disk.remove(path).catch(() => {});
      throw error;
    }
  }

  /** A file name for a picture, which no other has: in the catalog, in this batch, or put there by hand. */
  async #freeName(known: PictureContent, taken: ReadonlySet<string>): Promise<string> {
    const { catalog, source } = this.#options;
    const safe = safeFileName(known.name);
    const wanted = SEGMENT_NAME.test(safe) ? `${safe}.jpg` : safe;
    const isTaken = async (number: number) => {
      const key = nameKey(numberedName(wanted, number));
      return taken.has(key) || (await catalog.takenFiles(source.id, [key])).length > 0;
    };
    let number = await firstFree(isTaken);
    while (!await this.#isFree(numberedName(wanted, number), known)) {
      do number++; while (await isTaken(number));
    }
    return numberedName(wanted, number);
  }

  /** Whether there is no such file; or it is this very picture, from a run which was killed before its commit. */
  async #isFree(name: string, known: PictureContent): Promise<boolean> {
    const { disk, folders, source } = this.#options;
    const path = folders.path(source.folder, name);
    const info = await disk.info(path);
    if (info === null) return true;
    if (!info.isFile || info.bytes !== known.bytes) return false;
    const file = await disk.open(path, "read");
    try {
      const bytes = new Uint8Array(known.bytes);
      return await file.readAt(bytes, 0) === known.bytes && crc32(bytes) === known.crc32;
    } finally {
      file.close();
    }
  }
}

/**
 * The ids of those which were there already. `sequences` are those of `placed`, `ids` those which were given to the new
 * ones of them.
 */
export function knownIds(
  placed: readonly PlacedPicture[],
  sequences: readonly number[],
  ids: readonly { readonly sequence: number; readonly id: number }[],
): { sequence: number; id: number }[] {
  if (placed.length === 0) return [];
  const idOf = new Map(ids.map(({ sequence, id }) => [sequence, id]));
  return placed.flatMap(({ file, sameAs }, index) => {
    const first = sameAs ?? index;
    const id = placed[first]!.id ?? idOf.get(sequences[first]!);
    return file !== undefined || id === undefined ? [] : [{ sequence: sequences[index]!, id }];
  });
}

/**
 * A number from 1 which is free; behind 1, the one below it is taken. A camera may give all its pictures one name, so it
 * takes a few questions, however many are taken.
 */
async function firstFree(isTaken: (number: number) => Promise<boolean>): Promise<number> {
  let [below, free] = [0, 1];
  while (await isTaken(free)) [below, free] = [free, 2 * free];
  while (free - below > 1) {
    const middle = Math.floor((below + free) / 2);
    if (await isTaken(middle)) below = middle;
    else free = middle;
  }
  return free;
}

/** Each of them once. */
function onceEach(pictures: readonly PictureContent[]): PictureContent[] {
  return [...new Map(pictures.map((picture) => [keyOf(picture), picture])).values()];
}

/** Runs `job` for all items, a few at a time. When one fails, no other is begun, and those under way are waited for. */
async function eachOf<T>(items: readonly T[], job: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const item = items[next++]!;
      await job(item).catch((error) => {
        next = items.length;
        throw error;
      });
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: WRITERS_MAX }, worker));
  for (const end of ended) if (end.status === "rejected") throw end.reason;
}
