import { createHash } from "node:crypto";
import { silentLog } from "../../lib/log.ts";
import type { ClipRow } from "../../lib/store/catalog.ts";
import { ClipStore, type ClipStoreOptions } from "../../lib/store/clip_store.ts";
import type { IncomingClip, Owner } from "../../lib/store/incoming_clip.ts";
import { MadeUpClock } from "./made_up_clock.ts";
import { MemoryCatalog } from "./memory_catalog.ts";
import { MemoryDisk } from "./memory_disk.ts";
import type { CrashKeeps } from "./memory_inode.ts";
import { SeededRandom } from "./seeded_random.ts";

/** SHA-256, hexadecimal. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Someone who fills a clip, and remembers what it was told. */
export class MadeUpOwner implements Owner {
  readonly lostCodes: string[] = [];
  storedCount = 0;

  stored(): void {
    this.storedCount++;
  }

  lost(error: { code: string }): void {
    this.lostCodes.push(error.code);
  }
}

/** A store on a made-up disk and catalog, which survive it. */
export class StoreFixture {
  readonly clock = new MadeUpClock();
  disk: MemoryDisk;
  catalog: MemoryCatalog;
  store: ClipStore;
  readonly #random: SeededRandom;
  readonly #options: Partial<ClipStoreOptions>;

  constructor(options: Partial<ClipStoreOptions> & { seed?: number; capacityBytes?: number } = {}) {
    const { seed = 1, capacityBytes = Infinity, ...rest } = options;
    this.#random = new SeededRandom(seed);
    this.#options = rest;
    this.disk = new MemoryDisk({ seed, capacityBytes, wallMs: () => this.clock.wallMs() });
    this.catalog = new MemoryCatalog();
    this.store = this.#makeStore();
  }

  /** Calls `before` with the number of each call of disk or catalog, counted from 1. */
  onEachCall(before: (number: number) => void | Promise<void>): void {
    let number = 0;
    const count = () => before(++number);
    this.disk.onCall = count;
    this.catalog.onCall = count;
  }

  /** Cuts the power; what is found afterwards has a new store, which is not started. */
  crash(keeps: CrashKeeps): void {
    this.disk = this.disk.crash(keeps);
    this.catalog = this.catalog.crash();
    this.store = this.#makeStore();
  }

  /** Writes `content` from `start` to `end` in one piece. */
  async write(clip: IncomingClip, content: Uint8Array, start = 0, end = content.length): Promise<void> {
    await clip.write(start, content.subarray(start, end));
  }

  /** Completes and publishes. */
  async finish(clip: IncomingClip, content: Uint8Array): Promise<ClipRow> {
    const missing = await clip.complete(content.length, sha256Of(content));
    if (missing.length > 0) throw new Error(`Cannot finish clip: ${JSON.stringify(missing)} are missing`);
    return await this.store.publish(clip, content.length, sha256Of(content));
  }

  /** Creates, writes, completes and publishes. */
  async storeClip(name: string, content: Uint8Array, device = "box"): Promise<ClipRow> {
    const clip = await this.store.create(device, { name, bytes: content.length, modifiedMs: null });
    if (content.length > 0) await this.write(clip, content);
    return await this.finish(clip, content);
  }

  /** The content of a whole clip. */
  contentOf(row: ClipRow): Uint8Array {
    return this.disk.contentOf(this.store.folders.storedPath(row));
  }

  /** Paths under `clips/`. */
  clipPaths(): string[] {
    return this.disk.paths().filter((path) => path.startsWith("/data/clips/"));
  }

  #makeStore(): ClipStore {
    const { clock, disk, catalog } = this;
    const outside = { clock, disk, catalog, random: this.#random, log: silentLog };
    return new ClipStore({ ...outside, folder: "/data", reserveBytes: 0, keepUnfinishedMs: 1e9, ...this.#options });
  }
}
