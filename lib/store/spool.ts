/**
 * What a box could not send yet, on its own disk: events of all feeds, pictures that may not be lost, and which files of
 * watched folders wait, bounded by bytes and age. One SQLite file, which a worker of its own commits with `synchronous=FULL`,
 * and files of pictures beside it; numbers are kept over kills and power cuts.
 */
import { join } from "node:path";
import { LIMITS } from "../config/limits.ts";
import { FramewireError, messageOf } from "../errors.ts";
import type { DiskLock } from "../platform/disk.ts";
import { newId } from "../platform/random.ts";
import type { SourceKind } from "../protocol/message.ts";
import type { FeedQueue } from "./feed_queue.ts";
import { SpoolCalls } from "./spool_calls.ts";
import type { ClipRow } from "./spool_clip_table.ts";
import { SpoolAge } from "./spool_age.ts";
import { SpoolBallast } from "./spool_ballast.ts";
import { SpoolClips } from "./spool_clips.ts";
import type { Untold } from "./spool_database.ts";
import { SpoolFeed } from "./spool_feed.ts";
import { BOX_FEED, type SpoolOptions, type SpoolStatus } from "./spool_options.ts";
import { RESERVED_NUMBERS } from "./spool_numbers.ts";
import { SpoolRoom } from "./spool_room.ts";
import { SpoolSegments } from "./spool_segments.ts";
import { SpoolSource } from "./spool_source.ts";
import type { SpoolContent } from "./spool_worker.ts";

const FILE = "spool.db";
/** How often the disk is looked at, and how often what is old is dropped and what was dropped is told, ms. */
const TICK_MS = 1_000;
const MINUTE_TICKS = 60;
/** Of a disk which is full the spool has so much, if it had it before; bytes. */
const LEFT_BYTES = 8 * 1024 * 1024;
/** Pause before a spool that failed is opened again, ms. */
const REOPEN_MS = 1_000;

export class Spool {
  readonly #options: SpoolOptions;
  readonly #lock: DiskLock;
  readonly #age: SpoolAge;
  readonly #feeds = new Map<string, SpoolFeed>();
  readonly #sources = new Map<string, SpoolSource>();
  readonly #clips = new Map<string, SpoolClips>();
  readonly #segments: SpoolSegments;
  readonly #ballast: SpoolBallast;
  readonly #room: SpoolRoom;
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
  #looking: Promise<void> = Promise.resolve();
  readonly #timers = new Set<() => void>();

  private constructor(options: SpoolOptions, lock: DiskLock) {
    this.#options = options;
    this.#lock = lock;
    this.#age = new SpoolAge(options.clock, options.keepMs);
    this.#segments = new SpoolSegments(options.disk, options.path, options.bytesMax);
    this.#ballast = new SpoolBallast(options.disk, options.path);
    this.#room = new SpoolRoom({
      feeds: () => [...this.#feeds.values()],
      sources: () => [...this.#sources.values()],
      bytesMax: () => Math.min(options.bytesMax, this.#diskBytesMax),
      policyOf: (feed) => options.policyOf?.(feed) ?? "drop-oldest",
      ballast: this.#ballast,
      checkpoint: () => this.#calls.call("checkpoint"),
    });
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
      await spool.#ballast.take();
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

  /** The pictures of a source, known or new. */
  async source(name: string, kind: SourceKind): Promise<SpoolSource> {
    const known = this.#sources.get(name);
    if (known !== undefined) {
      await known.setKind(kind);
      return known;
    }
    const run = newId(this.#options.random);
    const reserved = RESERVED_NUMBERS;
    const id = await this.#calls.call<number>("frames.addSource", name, kind, run, reserved);
    const content = { first: null, pictures: 0, bytes: 0, fileBytes: 0, oldestMs: null };
    const source = new SpoolSource(this.#sourceHome, {
      id,
      name,
      kind,
      run,
      last: 0,
      reserved,
      lastKept: 0,
      content,
      unknown: [],
    });
    this.#sources.set(name, source);
    return source;
  }

  /** Sources which have pictures. */
  sources(): { readonly name: string; readonly kind: SourceKind }[] {
    const waiting = [...this.#sources.values()].filter(({ pictures }) => pictures > 0);
    return waiting.map(({ name, kind }) => ({ name, kind }));
  }

  /** The files of a watched folder. */
  async clips(folder: string): Promise<SpoolClips> {
    const rows = await this.#calls.call<ClipRow[]>("clips.all", folder);
    const call = <T>(method: string, ...args: readonly unknown[]) => this.#calls.call<T>(method, ...args);
    const clips = new SpoolClips(folder, rows, call);
    this.#clips.set(folder, clips);
    return clips;
  }

  status(): SpoolStatus {
    const feeds = [...this.#feeds.values()];
    const sources = [...this.#sources.values()];
    const clips = [...this.#clips.values()].map(({ waiting }) => waiting);
    const oldest = [...feeds, ...sources].map(({ oldestMs }) => oldestMs).filter((ms) => ms !== null);
    return {
      events: feeds.reduce((sum, { events }) => sum + events, 0),
      bytes: feeds.reduce((sum, { bytes }) => sum + bytes, 0),
      frames: sources.reduce((sum, { backlog }) => sum + backlog.pictures, 0),
      frameBytes: sources.reduce((sum, { backlog }) => sum + backlog.bytes, 0),
      clips: clips.reduce((sum, one) => sum + one.clips, 0),
      clipBytes: clips.reduce((sum, one) => sum + one.bytes, 0),
      oldestMs: oldest.length === 0 ? null : Math.min(...oldest),
      dropped: feeds.reduce((sum, { dropped }) => sum + dropped, 0),
      droppedFrames: sources.reduce((sum, { droppedPictures }) => sum + droppedPictures, 0),
      trouble: this.#trouble ?? sources.find(({ trouble }) => trouble !== null)?.trouble ?? null,
    };
  }

  /** Puts what was dropped since the last time into the feed of the box, an event for each feed or source and reason. */
  async tellDropped(): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      const { events, pictures } = await this.#calls.call<Untold>("dropped");
      const told: Untold = { events: events.filter(({ name }) => name !== BOX_FEED), pictures };
      const texts = [
        ...told.events.map((one) => dropJson(one.events, { feed: one.name, reason: one.reason }, one)),
        ...pictures.map((one) => dropJson(one.pictures, { source: one.name, reason: one.cause }, one)),
      ];
      if (texts.length === 0) return;
      const timeMs = this.#options.clock.wallMs();
      const feed = await this.feed(BOX_FEED) as SpoolFeed;
      await feed.appendTold(
        texts.map((json) => ({ timeMs, source: null, body: { kind: "json" as const, json } })),
        told,
      );
    } finally {
      this.#isTelling = false;
    }
  }

  /** What is committed stays, and pictures in memory are written; what comes now is refused. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    await Promise.allSettled([...this.#sources.values()].map((source) => source.flush()));
    await this.#calls.call("close").catch(() => {});
    this.#end();
    await Promise.all([...this.#sources.values()].map((source) => source.settled()));
    await this.#looking;
  }

  get #home() {
    return {
      random: this.#options.random,
      call: <T>(method: string, ...args: readonly unknown[]) => this.#calls.call<T>(method, ...args),
      reserve: (feed: SpoolFeed, bytes: number) => this.#room.reserveForFeed(feed, bytes),
      makeRoom: (feed: SpoolFeed, bytes: number, isAgain: boolean) => this.#room.makeRoom(feed, bytes, isAgain),
      later: (ms: number, fn: () => void) => this.#later(ms, fn),
      plausibleMs: () => this.#age.plausibleMs(),
    };
  }

  get #sourceHome() {
    return {
      ...this.#home,
      segments: this.#segments,
      reserve: (source: SpoolSource, bytes: number) => this.#room.reserveForSource(source, bytes),
      makeRoom: (source: SpoolSource, bytes: number) => this.#room.makeRoom(source, bytes),
      now: () => this.#options.clock.now(),
    };
  }

  #tick(): void {
    this.#looking = this.#lookAtDisk().then(() => this.#ballast.take()).catch(() => {});
    if (++this.#ticks % MINUTE_TICKS === 1) {
      this.#expire().then(() => this.tellDropped()).catch(() => {});
    }
    this.#later(TICK_MS, () => this.#tick());
  }

  async #expire(): Promise<void> {
    const [beforeMs, nowMs] = [this.#age.beforeMs(), this.#age.plausibleMs()];
    // What has no time yet gets one, also when nothing is too old.
    if (nowMs === 0) return;
    for (const feed of this.#feeds.values()) if (feed.events > 0) await feed.expire(beforeMs, nowMs);
    for (const source of this.#sources.values()) if (source.pictures > 0) await source.expire(beforeMs, nowMs);
  }

  async #lookAtDisk(): Promise<void> {
    const { disk, path, bytesMax } = this.#options;
    const freeBytes = await disk.freeBytes(path).catch(() => Infinity);
    const { bytes } = this.#room;
    // When others have taken the disk the newest of what is here stays all the same: its own pages can be used again.
    const leftBytes = Math.min(LEFT_BYTES, bytes + freeBytes / 2);
    this.#diskBytesMax = Math.floor(Math.max(leftBytes, bytes + freeBytes - LIMITS.spoolReserveBytes));
    this.#room.looked();
    const isFull = this.#diskBytesMax < Math.min(bytesMax, bytes + LIMITS.spoolReserveBytes);
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
    let content: SpoolContent;
    try {
      content = await this.#openFile();
    } catch (error) {
      if (!this.#isDamaged) throw error;
      await this.#moveAside(messageOf(error));
      this.#calls = new SpoolCalls();
      content = await this.#openFile();
    }
    await this.#segments.open(content.segments);
    await this.#openFeeds(content);
    await this.#openSources(content);
    for (const clips of this.#clips.values()) await clips.again();
    this.#calls.onBroken = (_, text) => void this.#reopen(text);
  }

  async #openFeeds({ feeds: rows }: SpoolContent): Promise<void> {
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
  }

  async #openSources({ sources: rows }: SpoolContent): Promise<void> {
    const byName = new Map(rows.map((row) => [row.name, row]));
    for (const [name, source] of this.#sources) await source.reopened(byName.get(name));
    for (const row of rows) {
      if (!this.#sources.has(row.name)) this.#sources.set(row.name, new SpoolSource(this.#sourceHome, row));
    }
  }

  async #openFile(): Promise<SpoolContent> {
    this.#isDamaged = false;
    this.#calls.onBroken = (isDamaged) => this.#isDamaged = isDamaged;
    try {
      return await this.#calls.call<SpoolContent>("open", join(this.#options.path, FILE));
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
    const frames = join(path, "frames");
    if (await disk.info(frames) !== null) await disk.rename(frames, join(path, `spool-damaged-${stamp}-frames`));
    await disk.syncFolder(path);
    note(`The spool was damaged (${reason.replaceAll(/\s+/g, " ")}); it is kept as ${name}, and another is begun`);
  }

  /** Until it can be opened, what is appended is refused. */
  async #reopen(text: string): Promise<void> {
    if (this.#isClosed) return;
    this.#setTrouble(`The spool has failed: ${text}`, "file");
    this.#calls = new SpoolCalls();
    this.#segments.close();
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
    this.#segments.close();
    this.#calls.end(new FramewireError("SHUTTING_DOWN", "The spool is closed"));
    this.#lock.release();
  }
}

function dropJson(
  dropped: number,
  what: Record<string, string>,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): string {
  const iso = (ms: number) => new Date(ms).toISOString();
  return JSON.stringify({ dropped, ...what, from: iso(fromMs), to: iso(toMs) });
}
