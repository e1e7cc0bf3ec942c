import type { SeededRandom } from "./seeded_random.ts";

/** What a power cut keeps of what was not synced. */
export type CrashKeeps = "nothing" | "random" | "everything";

/** Bytes of a page: what is kept or lost as a whole. */
export const PAGE_BYTES = 4096;

/** Counts pages in use; false when the disk is full. */
export interface PageBudget {
  take(): boolean;
  give(): void;
}

/** The data of a made-up file: pages as programs see them, and pages as they are on the disk. */
export class MemoryFileData {
  bytes = 0;
  readonly #live = new Map<number, Uint8Array>();
  readonly #durable = new Map<number, Uint8Array>();
  #durableBytes = 0;
  /** Pages which differ from the disk; without a live page they are holes now. */
  readonly #dirty = new Set<number>();
  /** Pages which the disk has, or is being given: they are copied before a change. */
  readonly #frozen = new WeakSet<Uint8Array>();
  readonly #budget: PageBudget;

  constructor(budget: PageBudget) {
    this.#budget = budget;
  }

  /** Copies what is at `offset`; fewer bytes only at the end. */
  read(into: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(into.length, this.bytes - offset));
    for (let done = 0; done < count;) {
      const at = offset + done;
      const within = at % PAGE_BYTES;
      const step = Math.min(count - done, PAGE_BYTES - within);
      const page = this.#live.get(Math.floor(at / PAGE_BYTES));
      if (page) into.set(page.subarray(within, within + step), done);
      else into.fill(0, done, done + step);
      done += step;
    }
    return count;
  }

  /** Writes up to all of `bytes`; fewer when the disk is full. */
  write(bytes: Uint8Array, offset: number): number {
    let done = 0;
    while (done < bytes.length) {
      const at = offset + done;
      const page = this.#changeable(Math.floor(at / PAGE_BYTES));
      if (page === undefined) break;
      const within = at % PAGE_BYTES;
      const piece = bytes.subarray(done, done + PAGE_BYTES - within);
      page.set(piece, within);
      done += piece.length;
    }
    if (done > 0) this.bytes = Math.max(this.bytes, offset + done);
    return done;
  }

  /** Cuts the file, or lengthens it by a hole. */
  truncate(bytes: number): void {
    for (const index of [...this.#live.keys()]) {
      if (index * PAGE_BYTES < bytes) continue;
      this.#live.delete(index);
      this.#dirty.add(index);
      this.#budget.give();
    }
    const last = Math.floor(bytes / PAGE_BYTES);
    if (bytes < this.bytes && this.#live.has(last)) this.#changeable(last)?.fill(0, bytes % PAGE_BYTES);
    this.bytes = bytes;
  }

  /** Starts a sync: `settle(true)` puts what was written until now on the disk, `settle(false)` loses it for good. */
  beginSync(): (ok: boolean) => void {
    const bytes = this.bytes;
    const pages = [...this.#dirty].map((index) => [index, this.#live.get(index)] as const);
    for (const [, page] of pages) if (page) this.#frozen.add(page);
    return (ok) => {
      for (const [index, page] of pages) {
        // Linux forgets after a failed sync that the page was dirty, and the next sync "succeeds".
        if (this.#live.get(index) === page) this.#dirty.delete(index);
        if (!ok) continue;
        if (page) this.#durable.set(index, page);
        else this.#durable.delete(index);
      }
      if (ok) this.#durableBytes = bytes;
    };
  }

  /** What a power cut leaves, into `after`, where all of it is on the disk. */
  crashInto(after: MemoryFileData, keeps: CrashKeeps, random: SeededRandom): void {
    const pages = new Map(this.#durable);
    for (const index of this.#dirty) {
      if (keeps === "nothing" || (keeps === "random" && random.chance(0.5))) continue;
      const page = this.#live.get(index);
      if (page) pages.set(index, page);
      else pages.delete(index);
    }
    after.bytes = this.#crashBytes(keeps, random);
    for (const [index, page] of pages) {
      if (index * PAGE_BYTES >= after.bytes) continue;
      const copy = page.slice();
      copy.fill(0, Math.min(PAGE_BYTES, after.bytes - index * PAGE_BYTES));
      after.#live.set(index, copy);
      after.#dirty.add(index);
      after.#budget.take();
    }
    after.beginSync()(true);
  }

  /** Gives all pages back. */
  free(): void {
    for (let i = this.#live.size; i > 0; i--) this.#budget.give();
    this.#live.clear();
  }

  #crashBytes(keeps: CrashKeeps, random: SeededRandom): number {
    if (keeps === "nothing") return this.#durableBytes;
    if (keeps === "everything") return this.bytes;
    const between = Math.round(this.#durableBytes + (this.bytes - this.#durableBytes) * random.fraction());
    return random.pick([this.#durableBytes, this.bytes, between]);
  }

  /** The page, which may be changed; undefined when it is a new one and the disk is full. */
  #changeable(index: number): Uint8Array | undefined {
    let page = this.#live.get(index);
    if (page === undefined) {
      if (!this.#budget.take()) return undefined;
      page = new Uint8Array(PAGE_BYTES);
      this.#live.set(index, page);
    } else if (this.#frozen.has(page)) {
      page = page.slice();
      this.#live.set(index, page);
    }
    this.#dirty.add(index);
    return page;
  }
}

/** A made-up file. */
export class FileNode {
  readonly kind = "file";
  readonly data: MemoryFileData;
  readonly number: number;
  modifiedMs: number;
  /** Names it has in the tree as programs see it. */
  links = 0;
  /** Open files of it: its space is given back when there are no more, and no names. */
  handles = 0;

  constructor(number: number, modifiedMs: number, budget: PageBudget) {
    this.number = number;
    this.modifiedMs = modifiedMs;
    this.data = new MemoryFileData(budget);
  }

  /** Gives the space back when nobody can reach it any more. */
  freeIfUnused(): void {
    if (this.links === 0 && this.handles === 0) this.data.free();
  }
}

/** A made-up folder: names as programs see them, and names as they are on the disk. */
export class FolderNode {
  readonly kind = "folder";
  readonly live = new Map<string, Node>();
  readonly durable = new Map<string, Node>();
  readonly number: number;
  modifiedMs: number;

  constructor(number: number, modifiedMs: number) {
    this.number = number;
    this.modifiedMs = modifiedMs;
  }
}

/** A made-up file or folder. */
export type Node = FileNode | FolderNode;
