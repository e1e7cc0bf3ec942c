import { FramewireError } from "../../lib/errors.ts";
import type { ByteRange } from "../../lib/protocol/ranges.ts";
import type { Catalog, CatalogTotals, ClipRow, StoredFacts } from "../../lib/store/catalog.ts";
import { nameKey } from "../../lib/store/safe_name.ts";
import { MemoryCommits } from "./memory_commits.ts";

type Rows = ReadonlyMap<string, ClipRow>;

/** One change, which waits for its commit. */
interface Change {
  readonly apply: (rows: Map<string, ClipRow>) => void;
  readonly settled: PromiseWithResolvers<void>;
}

/**
 * A catalog in memory, the made-up twin of the one in SQLite: changes which are asked for at the same time share a
 * commit, and a power cut forgets what was not committed.
 */
export class MemoryCatalog extends MemoryCommits implements Catalog {
  #rows: Rows;
  #queue: Change[] = [];
  #running: Promise<void> | undefined;

  constructor(rows: Iterable<ClipRow> = []) {
    super();
    this.#rows = new Map([...rows].map((row) => [row.id, row]));
  }

  /** Everything that is committed, oldest first. */
  get rows(): readonly ClipRow[] {
    return [...this.#rows.values()];
  }

  /** Cuts the power: every call rejects from now on. Gives the catalog as it is found afterwards. */
  crash(): MemoryCatalog {
    this.cutPower();
    return new MemoryCatalog(this.#rows.values());
  }

  insertClip(row: ClipRow): Promise<void> {
    return this.#change("insertClip", (rows) => {
      const key = nameKey(row.storedName);
      const taken = [...rows.values()].some((other) =>
        other.id === row.id || (other.folder === row.folder && nameKey(other.storedName) === key)
      );
      if (taken) throw new FramewireError("INTERNAL", `Cannot insert clip as its id and name must be new: ${row.id}`);
      rows.set(row.id, row);
    });
  }

  updateHeld(id: string, held: readonly ByteRange[], mediaType: string, updatedMs: number): Promise<void> {
    return this.#update("updateHeld", id, { held, mediaType, updatedMs });
  }

  renameClip(id: string, storedName: string): Promise<void> {
    return this.#change("renameClip", (rows) => {
      const row = rows.get(id);
      if (row === undefined) throw missing(id);
      const key = nameKey(storedName);
      for (const other of rows.values()) {
        if (other.id === id || other.folder !== row.folder || nameKey(other.storedName) !== key) continue;
        throw new FramewireError("INTERNAL", `Cannot rename clip as the name must be free: received ${storedName}`);
      }
      rows.set(id, { ...row, storedName });
    });
  }

  finishClip(id: string, { bytes, sha256, storedMs, mediaType }: StoredFacts): Promise<void> {
    const held = bytes === 0 ? [] : [{ start: 0, end: bytes }];
    return this.#update("finishClip", id, { bytes, held, sha256, storedMs, mediaType, updatedMs: storedMs });
  }

  removeClip(id: string): Promise<void> {
    return this.#change("removeClip", (rows) => void rows.delete(id));
  }

  clip(id: string): Promise<ClipRow | undefined> {
    return this.#read("clip", (rows) => rows.find((row) => row.id === id));
  }

  clips({ limit, before, device }: { limit: number; before?: string; device?: string }): Promise<ClipRow[]> {
    return this.#read("clips", (rows) => {
      const end = before === undefined ? rows.length : Math.max(0, rows.findIndex((row) => row.id === before));
      return rows.slice(0, end).filter((row) => device === undefined || row.device === device).reverse().slice(
        0,
        limit,
      );
    });
  }

  unfinishedClips(): Promise<ClipRow[]> {
    return this.#read("unfinishedClips", (rows) => rows.filter((row) => row.storedMs === null));
  }

  storedClipsNamed(device: string, name: string, bytes: number | null): Promise<ClipRow[]> {
    return this.#read(
      "storedClipsNamed",
      (rows) =>
        rows.filter((row) =>
          row.device === device && row.name === name && row.storedMs !== null && (bytes === null || row.bytes === bytes)
        ).reverse().slice(0, 100),
    );
  }

  isNameTaken(folder: string, key: string): Promise<boolean> {
    return this.#read(
      "isNameTaken",
      (rows) => rows.some((row) => row.folder === folder && nameKey(row.storedName) === key),
    );
  }

  totals(): Promise<CatalogTotals> {
    return this.#read("totals", (rows) => {
      const stored = rows.filter((row) => row.storedMs !== null);
      const storedBytes = stored.reduce((sum, row) => sum + (row.bytes ?? 0), 0);
      return { stored: stored.length, unfinished: rows.length - stored.length, storedBytes };
    });
  }

  close(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  #update(method: string, id: string, fields: Partial<ClipRow>): Promise<void> {
    return this.#change(method, (rows) => {
      const row = rows.get(id);
      if (row === undefined) throw missing(id);
      rows.set(id, { ...row, ...fields });
    });
  }

  async #read<T>(method: string, query: (rows: readonly ClipRow[]) => T): Promise<T> {
    await this.call(method);
    // What was asked for before is done before, as the calls of one worker are.
    await this.#running;
    return structuredClone(query(this.rows));
  }

  async #change(method: string, apply: Change["apply"]): Promise<void> {
    await this.call(method);
    const settled = Promise.withResolvers<void>();
    this.#queue.push({ apply, settled });
    this.#running ??= this.#commitAll();
    return settled.promise;
  }

  async #commitAll(): Promise<void> {
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#commit(this.#queue.splice(0));
    // At once: a change which came in between would wait for ever.
    this.#running = undefined;
  }

  async #commit(batch: readonly Change[]): Promise<void> {
    const rows = new Map(this.#rows);
    const good: Change[] = [];
    for (const change of batch) {
      try {
        change.apply(rows);
        good.push(change);
      } catch (error) {
        change.settled.reject(error);
      }
    }
    try {
      await this.commit(() => this.#rows = rows);
      for (const { settled } of good) settled.resolve();
    } catch (error) {
      for (const { settled } of good) settled.reject(error);
    }
  }
}

function missing(id: string): FramewireError {
  return new FramewireError("INTERNAL", `Cannot change clip ${id}: there is no such clip`);
}
