/**
 * The clips on disk: `incoming/` while they arrive, `clips/<device>/` once they are whole, the catalog for what is
 * durable. Files appear in `clips/` only whole: data synced, renamed, folder synced, row committed, in this order.
 */
import { join } from "node:path";
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import { errorFields, type Log } from "../log.ts";
import type { Clock } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";
import { newId, type Random } from "../platform/random.ts";
import { totalBytes } from "../protocol/ranges.ts";
import type { Catalog, ClipRow } from "./catalog.ts";
import { ClipFolders } from "./clip_folders.ts";
import { recoverClips } from "./clip_recovery.ts";
import { DiskSpace } from "./disk_space.ts";
import { IncomingClip } from "./incoming_clip.ts";
import { nameKey, numberedName, safeFileName } from "./safe_name.ts";
import { NO_SPACE_RETRY_MS, storageError } from "./storage_error.ts";
import { Turns } from "./turns.ts";

export interface ClipStoreOptions {
  readonly catalog: Catalog;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The data directory. */
  readonly folder: string;
  /** Bytes of the disk which are never given to clips. */
  readonly reserveBytes: number;
  /** Unfinished clips which nobody continues are removed after this long, ms. */
  readonly keepUnfinishedMs: number;
}

/** What a box says of a clip that it wants to send. */
export interface ClipOpening {
  readonly name: string;
  readonly bytes: number | null;
  readonly modifiedMs: number | null;
}

/** Called with the id of a clip whenever something of it has changed. */
export type ClipListener = (id: string) => void;

/** Expiry needs this long without use too, on the monotonic clock, ms. */
const EXPIRE_REST_MS = 10 * 60_000;

/** An unfinished clip. */
interface Entry {
  readonly row: ClipRow;
  clip: Promise<IncomingClip> | undefined;
  open?: IncomingClip;
  /** Monotonic, ms. */
  readonly lastUsedMs: number;
  /** While it becomes visible: whoever asks for it meanwhile is told what came of that. */
  publishing?: Promise<ClipRow>;
}

export class ClipStore {
  readonly #options: ClipStoreOptions;
  readonly space: DiskSpace;
  readonly #folders: ClipFolders;
  /** Unfinished clips by id; the object is made when somebody fills or reads it. */
  readonly #unfinished = new Map<string, Entry>();
  readonly #listeners = new Set<ClipListener>();
  /** Space checks and names are decided one after the other, so that two openings never get the same. */
  readonly #naming = new Turns();
  /** By device and name: two connections which ask for the same clip at the same time must not get one each. */
  readonly #decisions = new Turns();

  constructor(options: ClipStoreOptions) {
    this.#options = options;
    this.space = new DiskSpace(options.disk, options.folder, options.reserveBytes);
    this.#folders = new ClipFolders(options.disk, options.folder);
  }

  /** Where the files lie. */
  get folders(): ClipFolders {
    return this.#folders;
  }

  /** Makes the folders and mends what a crash left behind. May be repeated after a crash of itself. */
  async start(): Promise<void> {
    const { disk } = this.#options;
    await disk.makeFolder(this.#folders.incoming);
    await disk.makeFolder(this.#folders.clips);
    await disk.syncFolder(this.#options.folder);
    for (const row of await recoverClips(this.#folders, this.#options)) {
      this.#unfinished.set(row.id, this.#entry(row));
    }
  }

  /** Makes everything that was taken durable, and lets go of the files. */
  async stop(): Promise<void> {
    for (const entry of this.#unfinished.values()) {
      await entry.publishing?.catch(() => {});
      const clip = entry.open;
      if (clip === undefined) continue;
      await clip.flush().catch((error) => this.#options.log("warn", "Last sync failed", errorFields(error)));
      await clip.close();
    }
  }

  /** Calls `listener` at each change; the returned function ends that. */
  subscribe(listener: ClipListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Makes a new unfinished clip.
   *
   * @throws {FramewireError} `NO_SPACE`, `STORAGE_FAILED`.
   */
  create(device: string, opening: ClipOpening): Promise<IncomingClip> {
    return this.#naming.run("", async () => {
      const { catalog, clock, disk, random } = this.#options;
      await this.checkSpace(opening.bytes ?? 0);
      this.#checkCount(device);
      const folder = safeFileName(device);
      const nowMs = clock.wallMs();
      const row: ClipRow = {
        id: newId(random),
        device,
        folder,
        name: opening.name,
        storedName: await this.#freeName(folder, safeFileName(opening.name)),
        bytes: opening.bytes,
        held: [],
        sha256: null,
        createdMs: nowMs,
        updatedMs: nowMs,
        storedMs: null,
        modifiedMs: opening.modifiedMs,
        mediaType: "application/octet-stream",
      };
      try {
        const file = await disk.open(this.#folders.partPath(row.id), "create-new");
        file.close();
        await disk.syncFolder(this.#folders.incoming);
        await catalog.insertClip(row);
      } catch (cause) {
        await disk.remove(this.#folders.partPath(row.id)).catch(() => {});
        throw storageError("create", cause);
      }
      this.#unfinished.set(row.id, this.#entry(row));
      return await this.#load(row.id);
    });
  }

  /** Runs what decides on a clip of this device and name, when no other such decision is under way. */
  decide<T>(device: string, name: string, job: () => Promise<T>): Promise<T> {
    return this.#decisions.run(JSON.stringify([device, name]), job);
  }

  /**
   * The unfinished clip of this device, name and size which is furthest; undefined when there is none. Those for which
   * `isTaken` says so are passed over.
   */
  async findUnfinished(
    device: string,
    name: string,
    bytes: number | null,
    isTaken: (id: string) => boolean = () => false,
  ): Promise<IncomingClip | undefined> {
    const rows = this.unfinishedOf(device)
      .filter((row) => row.name === name && row.bytes === bytes && !isTaken(row.id));
    rows.sort((a, b) => totalBytes(b.held) - totalBytes(a.held));
    return rows[0] === undefined ? undefined : await this.unfinished(device, rows[0].id);
  }

  /** An unfinished clip by its id; undefined when there is none, or it is another device's. */
  async unfinished(device: string, id: string): Promise<IncomingClip | undefined> {
    await this.#unfinished.get(id)?.publishing?.catch(() => {});
    const entry = this.#unfinished.get(id);
    return entry?.row.device === device ? await this.#load(id) : undefined;
  }

  /** All unfinished clips of a device, newest first. */
  unfinishedOf(device: string): ClipRow[] {
    return [...this.#unfinished.values()].map(({ row, open }) => open?.row ?? row)
      .filter((row) => row.device === device).reverse();
  }

  /** The object of an unfinished clip, if one is in use at the moment. */
  openClip(id: string): IncomingClip | undefined {
    return this.#unfinished.get(id)?.open;
  }

  /** How many unfinished clips arrive at the moment, and the bytes held of all. */
  unfinishedTotals(): { arriving: number; heldBytes: number } {
    let arriving = 0;
    let heldBytes = 0;
    for (const { row, open } of this.#unfinished.values()) {
      if (open?.isOwned) arriving++;
      heldBytes += totalBytes(open?.held ?? row.held);
    }
    return { arriving, heldBytes };
  }

  /** Whole clips of this device, name and size whose files are there. */
  async findStored(device: string, name: string, bytes: number | null): Promise<ClipRow[]> {
    const rows = await this.#options.catalog.storedClipsNamed(device, name, bytes);
    const present = await Promise.all(rows.map((row) => this.#folders.isPresent(row)));
    return rows.filter((_, index) => present[index]);
  }

  /** A whole clip of this device by its id; undefined when there is none. */
  async storedClip(device: string, id: string): Promise<ClipRow | undefined> {
    const row = await this.#options.catalog.clip(id);
    return row !== undefined && row.device === device && row.storedMs !== null ? row : undefined;
  }

  /** @throws {FramewireError} `NO_SPACE` unless `bytes` more fit, beside what was promised to clips that are arriving. */
  async checkSpace(bytes: number): Promise<void> {
    let promisedBytes = 0;
    for (const { open } of this.#unfinished.values()) if (open?.isOwned) promisedBytes += open.remainingBytes;
    await this.space.check(bytes, promisedBytes);
  }

  /**
   * Makes a clip whose {@linkcode IncomingClip.complete} has succeeded visible and durable.
   *
   * @throws {FramewireError} `NO_SPACE`, `STORAGE_FAILED`.
   */
  async publish(clip: IncomingClip, bytes: number, sha256: string): Promise<ClipRow> {
    const entry = this.#unfinished.get(clip.row.id);
    if (entry === undefined) throw new FramewireError("UNKNOWN_CLIP", `Clip ${clip.row.name} is not held any more`);
    entry.publishing ??= this.#publish(clip, bytes, sha256);
    try {
      return await entry.publishing;
    } finally {
      delete entry.publishing;
    }
  }

  async #publish(clip: IncomingClip, bytes: number, sha256: string): Promise<ClipRow> {
    const { catalog, clock, disk } = this.#options;
    const row = clip.row;
    const folder = join(this.#folders.clips, row.folder);
    let storedName = row.storedName;
    let renamed = false;
    let committing = false;
    const storedMs = clock.wallMs();
    try {
      await this.#folders.makeForDevice(row.folder);
      const isTaken = await disk.info(join(folder, storedName)) !== null;
      // An attempt that failed half way may have left our own file there.
      renamed = isTaken && await disk.info(this.#folders.partPath(row.id)) === null;
      if (isTaken && !renamed) {
        // Somebody put a file there by hand. The new name is committed first, so that recovery knows which is ours.
        storedName = await this.#naming.run("", () => this.#freeName(row.folder, safeFileName(row.name)));
        await catalog.renameClip(row.id, storedName);
      }
      if (!renamed) await disk.rename(this.#folders.partPath(row.id), join(folder, storedName));
      renamed = true;
      await disk.syncFolder(folder);
      await disk.syncFolder(this.#folders.incoming);
      committing = true;
      await catalog.finishClip(row.id, { bytes, sha256, storedMs, mediaType: row.mediaType });
    } catch (cause) {
      const error = storageError("publish", cause);
      // Not acked, so not whole. After a commit which may have reached the disk all the same, the file stays where
      // recovery finds it, whichever way that was.
      const isRefused = cause instanceof FramewireError && (cause.code === "NO_SPACE" || cause.code === "INTERNAL");
      const undecided = committing && !isRefused;
      if (renamed && !undecided) {
        await disk.rename(join(folder, storedName), this.#folders.partPath(row.id)).catch(() => {});
      }
      throw error;
    }
    this.#unfinished.delete(row.id);
    await clip.close();
    this.#changed(row.id);
    const held = bytes === 0 ? [] : [{ start: 0, end: bytes }];
    return { ...row, storedName, bytes, held, sha256, storedMs };
  }

  /** Removes an unfinished clip and what is held of it. @throws {FramewireError} when the disk is against it. */
  async discard(id: string): Promise<void> {
    // One that is becoming visible is whole, or is still there afterwards.
    await this.#unfinished.get(id)?.publishing?.catch(() => {});
    const entry = this.#unfinished.get(id);
    if (entry === undefined) return;
    this.#unfinished.delete(id);
    // Nobody looks for a free name while this one is about to become free.
    await this.#naming.run("", async () => {
      await entry.open?.close();
      try {
        await this.#options.catalog.removeClip(id);
      } catch (cause) {
        // Still there, as it was; whoever removes it may try again.
        this.#unfinished.set(id, this.#entry(entry.open?.row ?? entry.row));
        throw storageError("remove", cause);
      }
    });
    this.#changed(id);
    // A file which nobody knows goes at the next start, if it does not now.
    await this.#options.disk.remove(this.#folders.partPath(id)).catch(() => {});
  }

  /** Closes the files of clips which nobody fills or reads, and removes clips which nobody continued for too long. */
  async expire(): Promise<void> {
    const { clock, keepUnfinishedMs, log } = this.#options;
    for (const [id, { open, publishing }] of this.#unfinished) {
      if (open === undefined || open.isInUse || publishing !== undefined) continue;
      this.#unfinished.set(id, this.#entry(open.row));
      await open.close();
    }
    // Wall clocks jump, at the latest when a box without a battery hears of the time: what was used a moment ago stays.
    const restMs = Math.min(EXPIRE_REST_MS, keepUnfinishedMs);
    for (const { row, open, lastUsedMs } of [...this.#unfinished.values()]) {
      if (open !== undefined || clock.now() - lastUsedMs < restMs) continue;
      if (clock.wallMs() - row.updatedMs < keepUnfinishedMs) continue;
      log("warn", "Unfinished clip expired", { device: row.device, clip: row.name, heldBytes: totalBytes(row.held) });
      await this.discard(row.id).catch((error) => log("error", "Cannot remove expired clip", errorFields(error)));
    }
  }

  #load(id: string): Promise<IncomingClip> {
    const entry = this.#unfinished.get(id)!;
    entry.clip ??= this.#openPart(id).catch((error) => {
      entry.clip = undefined;
      throw storageError("open", error);
    });
    return entry.clip;
  }

  async #openPart(id: string): Promise<IncomingClip> {
    const { disk, catalog, clock } = this.#options;
    const file = await disk.open(this.#folders.partPath(id), "update");
    const entry = this.#unfinished.get(id);
    if (entry === undefined) {
      file.close();
      throw new FramewireError("UNKNOWN_CLIP", "The clip was removed");
    }
    const clip: IncomingClip = new IncomingClip(entry.row, file, catalog, clock, {
      changed: () => this.#changed(id),
      broken: (error) => this.#unload(clip, error),
    });
    entry.open = clip;
    return clip;
  }

  /** Forgets the object of a clip whose disk failed; the next one begins from what was durable. */
  #unload(clip: IncomingClip, error: FramewireError): void {
    const { id, name } = clip.row;
    this.#options.log("error", "Clip interrupted by the server's disk", { clip: name, ...errorFields(error) });
    clip.close().catch(() => {});
    if (this.#unfinished.get(id)?.open !== clip) return;
    this.#unfinished.set(id, this.#entry(clip.row));
    this.#changed(id);
  }

  /** A clip which nobody uses at the moment. */
  #entry(row: ClipRow): Entry {
    return { row, clip: undefined, lastUsedMs: this.#options.clock.now() };
  }

  /** A box which opens clips and never ends them must not fill the catalog. */
  #checkCount(device: string): void {
    const count = this.unfinishedOf(device).length;
    if (count < LIMITS.unfinishedPerDeviceMax) return;
    throw new FramewireError(
      "STREAMS_EXHAUSTED",
      `Cannot open clip as unfinished ones of a device must be <= ${LIMITS.unfinishedPerDeviceMax}: ${device} has ${count}`,
      { retryAfterMs: NO_SPACE_RETRY_MS },
    );
  }

  /** A name which no clip of the folder has, nor any file that somebody put there. */
  async #freeName(folder: string, wanted: string): Promise<string> {
    for (let number = 1;; number++) {
      const name = number === 1 ? wanted : numberedName(wanted, number);
      if (await this.#options.catalog.isNameTaken(folder, nameKey(name))) continue;
      if (await this.#options.disk.info(join(this.#folders.clips, folder, name)) === null) return name;
    }
  }

  #changed(id: string): void {
    for (const listener of this.#listeners) listener(id);
  }
}
