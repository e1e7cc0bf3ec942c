/**
 * What a box could not send yet, on its own disk: events of all feeds, bounded by bytes and age. One SQLite file, which a
 * worker of its own commits with `synchronous=FULL`; numbers of events are kept over kills and power cuts.
 */
import { join } from "node:path";
import { LIMITS } from "../config/limits.ts";
import { FramewireError, messageOf } from "../errors.ts";
import type { DiskLock } from "../platform/disk.ts";
import { newId } from "../platform/random.ts";
import type { FeedQueue } from "./feed_queue.ts";
import { SpoolCalls } from "./spool_calls.ts";
import type { DroppedEvents, SpooledFeed } from "./spool_database.ts";
import { SpoolFeed } from "./spool_feed.ts";
import { BOX_FEED, type SpoolOptions, type SpoolPolicy, type SpoolStatus } from "./spool_options.ts";

const FILE = "spool.db";
/** How often the disk is looked at, and how often what is old is dropped and what was dropped is told, ms. */
const TICK_MS = 1_000;
const MINUTE_TICKS = 60;
/** Dropped at once: a part of the spool, so that it is not for each event. */
const DROP_SHARE = 1 / 64;
/** A clock before this has not been set since the box started, ms since 1970. */
const CLOCK_SET_AFTER_MS = Date.UTC(2020, 0, 1);
/** Pause before a spool that failed is opened again, ms. */
const REOPEN_MS = 1_000;

export class Spool {
  readonly #options: SpoolOptions;
  readonly #lock: DiskLock;
  readonly #feeds = new Map<string, SpoolFeed>();
  #calls = new SpoolCalls();
  #trouble: string | null = null;
  #troubleOf: "disk" | "file" = "disk";
  /** The file could not be opened as its content is none of ours. */
  #isDamaged = false;
  /** Bytes that the disk leaves to the spool. */
  #diskBytesMax = Infinity;
  #ticks = 0;
  #isClosed = false;
  #isTelling = false;
  readonly #timers = new Set<() => void>();

  private constructor(options: SpoolOptions, lock: DiskLock) {
    this.#options = options;
    this.#lock = lock;
  }

  /**
   * Opens or makes the spool in a folder. A damaged file is moved aside, and another begun.
   *
   * @throws {FramewireError} `DATA_LOCKED` when another program uses it, `STORAGE_FAILED`.
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { disk, path } = options;
    try {
      await disk.makeFolder(path);
    } catch (cause) {
      throw new FramewireError("STORAGE_FAILED", `Cannot make spool ${path}: ${messageOf(cause)}`, { cause });
    }
    const lock = await disk.lock(join(path, "spool.lock"));
    if (lock === null) throw new FramewireError("DATA_LOCKED", `Cannot use spool ${path} as another program uses it`);
    const spool = new Spool(options, lock);
    try {
      await spool.#open();
      await disk.syncFolder(path);
      await spool.#lookAtDisk();
    } catch (error) {
      spool.#end();
      throw error;
    }
    spool.#later(TICK_MS, () => spool.#tick());
    return spool;
  }

  /** The events of a feed, known or new. */
  async feed(name: string): Promise<FeedQueue> {
    const known = this.#feeds.get(name);
    if (known !== undefined) return known;
    const run = newId(this.#options.random);
    const id = await this.#calls.call<number>("addFeed", name, run);
    const content = { first: null, events: 0, bytes: 0, oldestMs: null };
    const feed = new SpoolFeed(this.#home, { id, name, run, last: 0, mark: null, content });
    this.#feeds.set(name, feed);
    return feed;
  }

  /** Names of the feeds which have events. */
  feeds(): string[] {
    return [...this.#feeds.values()].filter(({ events }) => events > 0).map(({ name }) => name);
  }

  status(): SpoolStatus {
    const feeds = [...this.#feeds.values()];
    const oldest = feeds.map(({ oldestMs }) => oldestMs).filter((ms) => ms !== null);
    return {
      events: feeds.reduce((sum, { events }) => sum + events, 0),
      bytes: feeds.reduce((sum, { bytes }) => sum + bytes, 0),
      oldestMs: oldest.length === 0 ? null : Math.min(...oldest),
      dropped: feeds.reduce((sum, { dropped }) => sum + dropped, 0),
      trouble: this.#trouble,
    };
  }

  /** Puts what was dropped since the last time into the feed of the box, an event for each feed and reason. */
  async tellDropped(): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      const dropped = (await this.#calls.call<DroppedEvents[]>("dropped")).filter(({ name }) => name !== BOX_FEED);
      if (dropped.length === 0) return;
      const timeMs = this.#options.clock.wallMs();
      const events = dropped.map((one) => ({
        timeMs,
        source: null,
        body: { kind: "json" as const, json: jsonOf(one) },
      }));
      const feed = await this.feed(BOX_FEED) as SpoolFeed;
      await feed.appendTold(events, dropped);
    } finally {
      this.#isTelling = false;
    }
  }

  /** What is committed stays; what is not, is refused. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.#calls.call("close").catch(() => {});
    this.#end();
  }

  get #home() {
    return {
      random: this.#options.random,
      call: <T>(method: string, ...args: readonly unknown[]) => this.#calls.call<T>(method, ...args),
      reserve: (feed: SpoolFeed, bytes: number) => this.#reserve(feed, bytes),
      later: (ms: number, fn: () => void) => this.#later(ms, fn),
      plausibleMs: () => this.#plausibleMs(),
    };
  }

  #plausibleMs(): number {
    const wallMs = this.#options.clock.wallMs();
    return wallMs < CLOCK_SET_AFTER_MS ? 0 : wallMs;
  }

  #policyOf(feed: string): SpoolPolicy {
    return this.#options.policyOf?.(feed) ?? "drop-oldest";
  }

  #reserve(feed: SpoolFeed, bytes: number): void {
    const feeds = [...this.#feeds.values()];
    const bytesMax = Math.min(this.#options.bytesMax, this.#diskBytesMax);
    const excess = feeds.reduce((sum, one) => sum + one.reservedBytes, bytes) - bytesMax;
    if (excess <= 0) return;
    const victims = feeds.filter((one) => this.#policyOf(one.name) === "drop-oldest" && one.events > 0);
    if (this.#policyOf(feed.name) === "refuse-new" || victims.length === 0 || bytes > bytesMax) {
      throw new FramewireError(
        "NO_SPACE",
        `Cannot keep events of ${feed.name} as the spool is full: ${bytesMax} bytes`,
      );
    }
    // The one that has most: a busy feed does not push out the few readings of another.
    const victim = victims.reduce((most, one) => one.bytes > most.bytes ? one : most);
    victim.drop(excess + Math.floor(bytesMax * DROP_SHARE)).catch(() => {});
  }

  #tick(): void {
    this.#lookAtDisk().catch(() => {});
    if (++this.#ticks % MINUTE_TICKS === 1) {
      this.#expire().then(() => this.tellDropped()).catch(() => {});
    }
    this.#later(TICK_MS, () => this.#tick());
  }

  async #expire(): Promise<void> {
    const nowMs = this.#plausibleMs();
    if (nowMs === 0) return;
    for (const feed of this.#feeds.values()) {
      if (feed.events > 0) await feed.expire(nowMs - this.#options.keepMs, nowMs);
    }
  }

  async #lookAtDisk(): Promise<void> {
    const { disk, path, bytesMax } = this.#options;
    const freeBytes = await disk.freeBytes(path).catch(() => Infinity);
    this.#diskBytesMax = Math.max(0, this.status().bytes + freeBytes - LIMITS.spoolReserveBytes);
    const isFull = this.#diskBytesMax < Math.min(bytesMax, this.status().bytes + LIMITS.spoolReserveBytes);
    this.#setTrouble(isFull ? `The disk of the spool is full: ${freeBytes} bytes are free` : null, "disk");
  }

  #setTrouble(text: string | null, of: "disk" | "file"): void {
    if (text === null && this.#troubleOf !== of) return;
    if (text !== null && this.#trouble === null) this.#options.note(text);
    this.#trouble = text;
    this.#troubleOf = of;
  }

  /** @throws {FramewireError} `STORAGE_FAILED`. */
  async #open(): Promise<void> {
    let rows: SpooledFeed[];
    try {
      rows = await this.#openFile();
    } catch (error) {
      if (!this.#isDamaged) throw error;
      await this.#moveAside(messageOf(error));
      this.#calls = new SpoolCalls();
      rows = await this.#openFile();
    }
    for (const row of rows) {
      const feed = this.#feeds.get(row.name);
      if (feed === undefined) this.#feeds.set(row.name, new SpoolFeed(this.#home, row));
      else feed.reopened(row);
    }
    // Those of a file that was moved aside.
    for (const [name, feed] of this.#feeds) {
      if (rows.some((row) => row.name === name)) continue;
      const run = newId(this.#options.random);
      const id = await this.#calls.call<number>("addFeed", name, run);
      const content = { first: null, events: 0, bytes: 0, oldestMs: null };
      feed.reopened({ id, name, run, last: 0, mark: null, content });
    }
    this.#calls.onBroken = (_, text) => void this.#reopen(text);
  }

  async #openFile(): Promise<SpooledFeed[]> {
    this.#isDamaged = false;
    this.#calls.onBroken = (isDamaged) => this.#isDamaged = isDamaged;
    try {
      return await this.#calls.call<SpooledFeed[]>("open", join(this.#options.path, FILE));
    } catch (error) {
      this.#calls.end(new FramewireError("STORAGE_FAILED", `The spool cannot be opened: ${messageOf(error)}`));
      throw error;
    }
  }

  async #moveAside(reason: string): Promise<void> {
    const { disk, path, clock, note } = this.#options;
    const stamp = new Date(clock.wallMs()).toISOString().replaceAll(/[-:]|\.\d+/g, "");
    const name = `spool-damaged-${stamp}.db`;
    for (const end of ["", "-wal", "-shm"]) {
      if (await disk.info(join(path, FILE + end)) === null) continue;
      await disk.rename(join(path, FILE + end), join(path, name + end));
    }
    await disk.syncFolder(path);
    note(`The spool was damaged (${reason.replaceAll(/\s+/g, " ")}); it is kept as ${name}, and another is begun`);
  }

  /** Until it can be opened, what is appended is refused. */
  async #reopen(text: string): Promise<void> {
    if (this.#isClosed) return;
    this.#setTrouble(`The spool has failed: ${text}`, "file");
    this.#calls = new SpoolCalls();
    try {
      await this.#open();
      this.#setTrouble(null, "file");
    } catch (error) {
      this.#later(REOPEN_MS, () => void this.#reopen(messageOf(error)));
    }
  }

  #later(ms: number, fn: () => void): void {
    if (this.#isClosed) return;
    const cancel = this.#options.clock.timer(ms, () => {
      this.#timers.delete(cancel);
      fn();
    });
    this.#timers.add(cancel);
  }

  #end(): void {
    this.#isClosed = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.#calls.end(new FramewireError("SHUTTING_DOWN", "The spool is closed"));
    this.#lock.release();
  }
}

function jsonOf({ name, reason, events, fromMs, toMs }: DroppedEvents): string {
  const iso = (ms: number) => new Date(ms).toISOString();
  return JSON.stringify({ dropped: events, feed: name, reason, from: iso(fromMs), to: iso(toMs) });
}
