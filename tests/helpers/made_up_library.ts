/** Clips in memory behind the viewer's seam; a test moves them on by hand. */
import type {
  ByteRange,
  ClipChange,
  ClipLibrary,
  ClipReader,
  ClipTotals,
  ClipView,
} from "../../lib/viewer/clip_library.ts";

/** Everything a clip needs, where a test does not care. */
export function madeUpClip(id: string, patch: Partial<ClipView> = {}): ClipView {
  return {
    id,
    device: "press-4",
    name: `${id}.mp4`,
    storedName: `${id}.mp4`,
    state: "arriving",
    size: 0,
    held: [],
    sha256: null,
    createdMs: 1_700_000_000_000,
    updatedMs: 1_700_000_000_000,
    storedMs: null,
    modifiedMs: null,
    mediaType: "video/mp4",
    rate: 0,
    ...patch,
  };
}

interface Entry {
  view: ClipView;
  readonly bytes: Uint8Array;
  gaveUp: boolean;
  wake: Set<() => void>;
}

/** A library whose clips have bytes given in advance, and arrive when told to. */
export class MadeUpLibrary implements ClipLibrary {
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<(change: ClipChange) => void>();
  /** Readers which are open at the moment. */
  openReaders = 0;
  /** Calls of `readAt` so far. */
  reads = 0;

  /** Adds a clip; its `size` is that of `bytes` unless `view` says null. */
  add(view: ClipView, bytes: Uint8Array = new Uint8Array()): void {
    this.#entries.set(view.id, { view, bytes, gaveUp: false, wake: new Set() });
    this.#tell({ clip: view });
  }

  /** Adds a clip that is whole. */
  addStored(id: string, bytes: Uint8Array, patch: Partial<ClipView> = {}): void {
    const held = [{ start: 0, end: bytes.length }];
    this.add(
      madeUpClip(id, { state: "stored", size: bytes.length, held, sha256: "ab".repeat(32), storedMs: 1, ...patch }),
      bytes,
    );
  }

  change(id: string, patch: Partial<ClipView>): void {
    const entry = this.#entry(id);
    entry.view = { ...entry.view, ...patch };
    this.#wake(entry);
    this.#tell({ clip: entry.view });
  }

  /** Whoever waits for bytes of the clip waits in vain. */
  giveUp(id: string): void {
    const entry = this.#entry(id);
    entry.gaveUp = true;
    this.#wake(entry);
  }

  remove(id: string): void {
    this.giveUp(id);
    this.#entries.delete(id);
    this.#tell({ removed: id });
  }

  view(id: string): ClipView {
    return this.#entry(id).view;
  }

  list({ limit, before, device }: { limit: number; before?: string; device?: string }): Promise<ClipView[]> {
    const sorted = [...this.#entries.values()].map(({ view }) => view)
      .filter((view) => device === undefined || view.device === device)
      .sort((a, b) => b.createdMs - a.createdMs || (a.id < b.id ? 1 : -1));
    const from = before === undefined ? 0 : sorted.findIndex(({ id }) => id === before) + 1;
    return Promise.resolve(sorted.slice(from, from + limit));
  }

  get(id: string): Promise<ClipView | undefined> {
    return Promise.resolve(this.#entries.get(id)?.view);
  }

  open(id: string): Promise<ClipReader | undefined> {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.view.state === "missing") return Promise.resolve(undefined);
    this.openReaders++;
    return Promise.resolve(this.#reader(entry));
  }

  subscribe(listener: (change: ClipChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Subscribers at the moment. */
  get subscribers(): number {
    return this.#listeners.size;
  }

  totals(): Promise<ClipTotals> {
    const clips = { arriving: 0, interrupted: 0, stored: 0 };
    let heldBytes = 0;
    for (const { view } of this.#entries.values()) {
      if (view.state === "missing") continue;
      clips[view.state]++;
      for (const { start, end } of view.held) heldBytes += end - start;
    }
    return Promise.resolve({ clips, heldBytes });
  }

  #reader(entry: Entry): ClipReader {
    const available = (offset: number) => availableIn(entry.view.held, offset);
    let closed = false;
    return {
      get view() {
        return entry.view;
      },
      available,
      readAt: (into, offset) => {
        this.reads++;
        if (closed) return Promise.reject(new Error("The reader is closed"));
        const piece = entry.bytes.subarray(offset, Math.min(offset + into.length, offset + available(offset)));
        into.set(piece);
        return Promise.resolve(piece.length);
      },
      waitFor: (offset, signal) =>
        new Promise((resolve) => {
          const look = () => {
            const isOver = signal.aborted || entry.gaveUp || entry.view.state === "stored";
            if (available(offset) === 0 && !isOver) return;
            entry.wake.delete(look);
            resolve(available(offset) > 0);
          };
          entry.wake.add(look);
          signal.addEventListener("abort", look);
          look();
        }),
      close: () => {
        if (closed) throw new Error("The reader is closed twice");
        closed = true;
        this.openReaders--;
      },
    };
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new Error(`There is no made-up clip ${id}`);
    return entry;
  }

  #wake(entry: Entry): void {
    for (const look of [...entry.wake]) look();
  }

  #tell(change: ClipChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function availableIn(held: readonly ByteRange[], offset: number): number {
  const range = held.find(({ start, end }) => start <= offset && offset < end);
  return range === undefined ? 0 : range.end - offset;
}
