/**
 * The catalog in SQLite. Calls go to a worker, a batch at a time: while a commit runs, the next batch gathers, so that
 * many clips share one sync, and the main thread never waits for a disk.
 */
import { FramewireError } from "../errors.ts";
import type { ByteRange } from "../protocol/ranges.ts";
import type { Catalog, CatalogTotals, ClipRow, StoredFacts } from "./catalog.ts";
import type { CatalogCall, CatalogResult } from "./catalog_worker.ts";
import type { EventCatalog } from "./event_catalog.ts";
import type { FrameCatalog } from "./frame_catalog.ts";
import type { AlertCatalog } from "./alert_catalog.ts";
import { SqliteAlertCatalog } from "./sqlite_alert_catalog.ts";
import { batchOf, SqliteEventCatalog } from "./sqlite_event_catalog.ts";
import { SqliteFrameCatalog, waitsForPictures } from "./sqlite_frame_catalog.ts";

/** Batches of events in one commit: some ten thousand readings, a tenth of a second, which is how long others wait. */
const COMMIT_BATCH_BYTES_MAX = 1024 * 1024;
/** Calls in one commit: small ones cost more than their bytes say, and others wait for all of them. */
const COMMIT_CALLS_MAX = 256;

interface Waiting {
  readonly call: CatalogCall;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class SqliteCatalog implements Catalog {
  readonly #worker: Worker;
  /** Frames, in the same file and the same commits. */
  readonly frames: FrameCatalog = new SqliteFrameCatalog((method, ...args) => this.#call(method, ...args));
  /** Events, too. */
  readonly events: EventCatalog = new SqliteEventCatalog((method, ...args) => this.#call(method, ...args));
  /** Alerts, too. */
  readonly alerts: AlertCatalog = new SqliteAlertCatalog((method, ...args) => this.#call(method, ...args));
  #waiting: Waiting[] = [];
  /** Batches which the worker has, in their order. */
  #running: Waiting[][] = [];
  #ended: FramewireError | undefined;

  /** Called once, when the database cannot be trusted any more: the program must stop, and begin from the disk. */
  onBroken: (error: FramewireError) => void = () => {};

  private constructor() {
    this.#worker = new Worker(new URL("./catalog_worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = (event: MessageEvent<CatalogResult[]>) => this.#answered(event.data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const error = new FramewireError("STORAGE_FAILED", `Catalog stopped: ${event.message}`);
      this.#end(error);
      this.onBroken(error);
    };
  }

  /**
   * Opens or makes the database at `path`. `direct`: what becomes of direct writes, see `DirectProgress`.
   *
   * @throws {FramewireError} `STORAGE_FAILED` when it is no catalog, or one of a later version.
   */
  static async open(path: string, direct?: SharedArrayBuffer): Promise<SqliteCatalog> {
    const catalog = new SqliteCatalog();
    try {
      await catalog.#call("open", path, direct);
    } catch (error) {
      catalog.#worker.terminate();
      throw error;
    }
    return catalog;
  }

  insertClip(row: ClipRow): Promise<void> {
    return this.#call("insertClip", row);
  }

  updateHeld(id: string, held: readonly ByteRange[], mediaType: string, updatedMs: number): Promise<void> {
    return this.#call("updateHeld", id, held, mediaType, updatedMs);
  }

  renameClip(id: string, storedName: string): Promise<void> {
    return this.#call("renameClip", id, storedName);
  }

  finishClip(id: string, facts: StoredFacts): Promise<void> {
    return this.#call("finishClip", id, facts);
  }

  removeClip(id: string): Promise<void> {
    return this.#call("removeClip", id);
  }

  clip(id: string): Promise<ClipRow | undefined> {
    return this.#call("clip", id);
  }

  clips(options: { limit: number; before?: string; device?: string }): Promise<ClipRow[]> {
    return this.#call("clips", options);
  }

  unfinishedClips(): Promise<ClipRow[]> {
    return this.#call("unfinishedClips");
  }

  storedClipsNamed(device: string, name: string, bytes: number | null): Promise<ClipRow[]> {
    return this.#call("storedClipsNamed", device, name, bytes);
  }

  isNameTaken(folder: string, nameKey: string): Promise<boolean> {
    return this.#call("isNameTaken", folder, nameKey);
  }

  totals(): Promise<CatalogTotals> {
    return this.#call("totals");
  }

  async close(): Promise<void> {
    await this.#call("close").catch(() => {});
    this.#end(new FramewireError("SHUTTING_DOWN", "The catalog is closed"));
  }

  /** From here on every call is answered with `error`, those under way too. */
  #end(error: FramewireError): void {
    this.#ended ??= error;
    const calls = [...this.#running.flat(), ...this.#waiting];
    this.#running = [];
    this.#waiting = [];
    this.#worker.terminate();
    for (const { reject } of calls) reject(error);
  }

  #call<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ call: { method, args }, resolve: resolve as (value: unknown) => void, reject });
      this.#next();
    });
  }

  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    // The worker has the next pictures there when it has committed some, without waiting for us.
    const runningMax = waitsForPictures(first.call.method, first.call.args) ? 2 : 1;
    if (this.#running.length >= runningMax) return;
    // `close` goes alone: the others may be in a transaction, which it must not end.
    const closeAt = this.#waiting.findIndex(({ call }) => call.method === "close");
    const batches: Uint8Array<ArrayBuffer>[] = [];
    let [end, bytes] = [0, 0];
    const endMax = Math.min(COMMIT_CALLS_MAX, closeAt < 0 ? this.#waiting.length : Math.max(closeAt, 1));
    while (end < endMax && bytes < COMMIT_BATCH_BYTES_MAX) {
      const { method, args } = this.#waiting[end++]!.call;
      const batch = batchOf(method, args);
      if (batch === undefined) continue;
      batches.push(batch);
      bytes += batch.length;
    }
    const batch = this.#waiting.splice(0, end);
    this.#running.push(batch);
    this.#worker.postMessage(batch.map(({ call }) => call), batches.map(({ buffer }) => buffer));
  }

  #answered(results: readonly CatalogResult[]): void {
    const done = this.#running.shift()!;
    done.forEach(({ call, resolve, reject }, index) => {
      const result = results[index]!;
      if ("value" in result) return resolve(result.value);
      if (result.failure === "invalid") return reject(new FramewireError(result.code, result.text));
      const broken = result.failure === "broken" || call.method === "open";
      const code = result.failure === "full" ? "NO_SPACE" : broken ? "STORAGE_FAILED" : "INTERNAL";
      const error = new FramewireError(code, `Cannot ${call.method} in the catalog: ${result.text}`);
      reject(error);
      if (result.failure === "broken" && call.method !== "open") this.onBroken(error);
    });
    this.#next();
  }
}
