/** The clips of the store, as the viewer sees them. */
import type { Clock } from "../platform/clock.ts";
import type { Disk, DiskFile } from "../platform/disk.ts";
import { totalBytes } from "../protocol/ranges.ts";
import { RateMeter } from "../clips/rate_meter.ts";
import type { Catalog, ClipRow } from "../store/catalog.ts";
import type { ClipStore } from "../store/clip_store.ts";
import type { IncomingClip } from "../store/incoming_clip.ts";
import type { ClipChange, ClipLibrary, ClipReader, ClipState, ClipTotals, ClipView } from "../viewer/clip_library.ts";

/** Changes are told to the viewer at most this often, ms: a clip changes with each of its chunks. */
const TELL_EVERY_MS = 200;

export class StoredClipLibrary implements ClipLibrary {
  readonly #store: ClipStore;
  readonly #catalog: Catalog;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #listeners = new Set<(change: ClipChange) => void>();
  readonly #meters = new Map<string, { meter: RateMeter; held: number }>();
  #changed = new Set<string>();
  #cancelTimer: (() => void) | undefined;
  readonly #unsubscribe: () => void;

  constructor(store: ClipStore, catalog: Catalog, disk: Disk, clock: Clock) {
    this.#store = store;
    this.#catalog = catalog;
    this.#disk = disk;
    this.#clock = clock;
    this.#unsubscribe = store.subscribe((id) => this.#note(id));
  }

  /** Tells nothing any more. */
  stop(): void {
    this.#unsubscribe();
    this.#cancelTimer?.();
  }

  async list(options: { limit: number; before?: string; device?: string }): Promise<ClipView[]> {
    const rows = await this.#catalog.clips(options);
    return await Promise.all(rows.map((row) => this.#view(row)));
  }

  async get(id: string): Promise<ClipView | undefined> {
    const row = await this.#catalog.clip(id);
    return row === undefined ? undefined : await this.#view(row);
  }

  async open(id: string): Promise<ClipReader | undefined> {
    const row = await this.#catalog.clip(id);
    if (row === undefined) return undefined;
    // Between looking and opening it may become whole, and its file be renamed: then it is found the second time.
    return await this.#openRow(row) ?? await this.#reopen(id);
  }

  subscribe(listener: (change: ClipChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async totals(): Promise<ClipTotals> {
    const { stored, unfinished, storedBytes } = await this.#catalog.totals();
    const { arriving, heldBytes } = this.#store.unfinishedTotals();
    return { clips: { arriving, interrupted: unfinished - arriving, stored }, heldBytes: storedBytes + heldBytes };
  }

  async #reopen(id: string): Promise<ClipReader | undefined> {
    const row = await this.#catalog.clip(id);
    return row === undefined ? undefined : await this.#openRow(row);
  }

  async #openRow(row: ClipRow): Promise<ClipReader | undefined> {
    const incoming = row.storedMs === null ? await this.#store.unfinished(row.device, row.id) : undefined;
    if (row.storedMs === null && incoming === undefined) return undefined;
    const path = incoming === undefined ? this.#store.folders.storedPath(row) : this.#store.folders.partPath(row.id);
    try {
      const file = await this.#disk.open(path, "read");
      return new FileClipReader(await this.#view(row), file, incoming);
    } catch {
      return undefined;
    }
  }

  async #view(row: ClipRow): Promise<ClipView> {
    const incoming = row.storedMs === null ? this.#store.openClip(row.id) : undefined;
    let state: ClipState = "interrupted";
    if (row.storedMs !== null) state = await this.#store.folders.isPresent(row) ? "stored" : "missing";
    else if (incoming?.isOwned) state = "arriving";
    const { id, device, name, storedName, sha256, createdMs, storedMs, modifiedMs } = row;
    return {
      ...{ id, device, name, storedName, state, sha256, createdMs, storedMs, modifiedMs },
      size: row.bytes,
      held: incoming?.held ?? row.held,
      updatedMs: incoming?.row.updatedMs ?? row.updatedMs,
      mediaType: incoming?.mediaType ?? row.mediaType,
      rate: state === "arriving" ? this.#meters.get(id)?.meter.rate(this.#clock.now()) ?? 0 : 0,
    };
  }

  #note(id: string): void {
    this.#changed.add(id);
    this.#cancelTimer ??= this.#clock.timer(TELL_EVERY_MS, () => this.#tellAll());
  }

  async #tellAll(): Promise<void> {
    this.#cancelTimer = undefined;
    const ids = this.#changed;
    this.#changed = new Set();
    for (const id of ids) {
      this.#measure(id);
      if (this.#listeners.size === 0) continue;
      // A catalog that fails is told elsewhere, and loudly.
      const clip = await this.get(id).catch(() => null);
      if (clip === null) continue;
      const change = clip === undefined ? { removed: id } : { clip };
      for (const listener of this.#listeners) listener(change);
    }
  }

  #measure(id: string): void {
    const incoming = this.#store.openClip(id);
    if (incoming === undefined) return void this.#meters.delete(id);
    const held = totalBytes(incoming.held);
    const entry = this.#meters.get(id);
    if (entry === undefined) {
      const meter = new RateMeter();
      meter.add(0, this.#clock.now());
      return void this.#meters.set(id, { meter, held });
    }
    entry.meter.add(held - entry.held, this.#clock.now());
    entry.held = held;
    // The rate falls when nothing comes; that is worth telling once more.
    if (incoming.isOwned) this.#note(id);
  }
}

/** Reads a clip through a handle of its own, which outlives the renaming of the file. */
class FileClipReader implements ClipReader {
  readonly view: ClipView;
  readonly #file: DiskFile;
  readonly #incoming: IncomingClip | undefined;
  readonly #release: () => void;

  constructor(view: ClipView, file: DiskFile, incoming: IncomingClip | undefined) {
    this.view = view;
    this.#file = file;
    this.#incoming = incoming;
    // The store closes what nobody uses; a reader between two reads still does.
    this.#release = incoming?.retain() ?? (() => {});
  }

  available(offset: number): number {
    return this.#incoming === undefined
      ? Math.max(0, (this.view.size ?? 0) - offset)
      : this.#incoming.available(offset);
  }

  readAt(into: Uint8Array, offset: number): Promise<number> {
    return this.#file.readAt(into.subarray(0, Math.min(into.length, this.available(offset))), offset);
  }

  waitFor(offset: number, signal: AbortSignal): Promise<boolean> {
    if (this.#incoming === undefined) return Promise.resolve(offset < (this.view.size ?? 0));
    return this.#incoming.waitFor(offset, signal);
  }

  close(): void {
    this.#release();
    this.#file.close();
  }
}
