/**
 * Pictures of a folder, in the order of their numbers. A picture counts as taken at the moment it is read: what a camera
 * wrote into a file's time is too often the time of a copy.
 */
import { LIMITS } from "../config/limits.ts";
import { FramewireError, messageOf } from "../errors.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";
import { FolderWatch, listPictures } from "./folder_watch.ts";
import type { CapturedFrame, FrameOrigin } from "./frame_origin.ts";
import type { JobOriginEvents } from "./source_job.ts";

export interface FolderSettings {
  readonly path: string;
  /** Pictures a second; null for as fast as they are taken. */
  readonly fps: number | null;
  /** Starts again after the last one. */
  readonly loop: boolean;
  /** Waits for new ones after the last one. */
  readonly follow: boolean;
}

/** How far behind its pace it may fall and still catch up, ms; beyond it a new pace begins. */
const CATCH_UP_MS = 1_000;

export class FolderOrigin implements FrameOrigin {
  readonly #settings: FolderSettings;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #events: JobOriginEvents;
  readonly #watch: FolderWatch | null;
  /** Names of those to come, and where we are in them. */
  #names: string[];
  #index = 0;
  /** Pictures of this round which were good. */
  #goodOnes = 0;
  readonly #badNames = new Set<string>();
  #paceStartMs: number | undefined;
  #paced = 0;

  private constructor(
    settings: FolderSettings,
    names: string[],
    outside: { disk: Disk; clock: Clock },
    events: JobOriginEvents,
  ) {
    this.#settings = settings;
    this.#disk = outside.disk;
    this.#clock = outside.clock;
    this.#events = events;
    this.#names = settings.follow ? [] : names;
    this.#watch = settings.follow ? new FolderWatch(settings.path, outside) : null;
  }

  /** @throws {FramewireError} `SOURCE_UNREADABLE` when there is no such folder, or nothing in it and none is waited for. */
  static async open(
    settings: FolderSettings,
    outside: { disk: Disk; clock: Clock },
    events: JobOriginEvents,
  ): Promise<FolderOrigin> {
    const { path, follow } = settings;
    try {
      const info = await outside.disk.info(path);
      if (info === null) throw new Error("there is no such folder");
      if (info.isFile) throw new Error("it is a file; send it with --file");
      const names = await listPictures(outside.disk, path);
      if (names.length === 0 && !follow) throw new Error("it has no pictures (*.jpg, *.jpeg)");
      return new FolderOrigin(settings, names, outside, events);
    } catch (cause) {
      throw new FramewireError("SOURCE_UNREADABLE", `Cannot read folder ${path}: ${messageOf(cause)}`, { cause });
    }
  }

  async next(signal: AbortSignal): Promise<CapturedFrame | null> {
    while (!signal.aborted) {
      const name = this.#names[this.#index++] ?? await this.#more(signal);
      if (name === null) return null;
      const jpeg = await this.#read(name);
      if (jpeg === null) continue;
      await this.#keepPace(signal);
      if (signal.aborted) return null;
      this.#goodOnes++;
      return { jpeg, name, capturedMs: this.#clock.wallMs() };
    }
    return null;
  }

  close(): Promise<void> {
    this.#names = [];
    return Promise.resolve();
  }

  /** The first name of the next round, or of what has appeared; null when there is none. */
  async #more(signal: AbortSignal): Promise<string | null> {
    // A round without a picture would be followed by the next at once, for ever.
    if (this.#watch === null && !(this.#settings.loop && this.#goodOnes > 0)) return null;
    const { path } = this.#settings;
    try {
      this.#names = this.#watch === null ? await listPictures(this.#disk, path) : await this.#watch.next(signal);
    } catch (cause) {
      throw new FramewireError("SOURCE_UNREADABLE", `Cannot read folder ${path}: ${messageOf(cause)}`, { cause });
    }
    this.#goodOnes = 0;
    this.#index = 1;
    return this.#names[0] ?? null;
  }

  /** Null when it cannot be sent. */
  async #read(name: string): Promise<Uint8Array | null> {
    try {
      const jpeg = await readWhole(this.#disk, `${this.#settings.path}/${name}`);
      if (jpeg[0] === 0xff && jpeg[1] === 0xd8 && jpeg[2] === 0xff) return jpeg;
      throw new Error("it is no JPEG");
    } catch (thrown) {
      // In a loop it is bad each time, and said once.
      if (!this.#badNames.has(name)) this.#events.leftOut(name, messageOf(thrown));
      if (this.#settings.loop) this.#badNames.add(name);
      return null;
    }
  }

  /** Waits until it is time for the next picture. Each is due by its number, so that late timers do not add up. */
  async #keepPace(signal: AbortSignal): Promise<void> {
    const { fps } = this.#settings;
    if (fps === null) return;
    const nowMs = this.#clock.now();
    let dueMs = (this.#paceStartMs ?? nowMs) + this.#paced * 1000 / fps;
    if (this.#paceStartMs === undefined || nowMs - dueMs > CATCH_UP_MS) {
      this.#paceStartMs = nowMs;
      this.#paced = 0;
      dueMs = nowMs;
    }
    this.#paced++;
    if (dueMs > nowMs) await sleep(this.#clock, dueMs - nowMs, signal);
  }
}

/** A file of at most a picture's size, the caller's own. */
async function readWhole(disk: Disk, path: string): Promise<Uint8Array> {
  const file = await disk.open(path, "read");
  try {
    const { bytes } = await file.info();
    if (bytes > LIMITS.frameBytesMax) throw new Error(`it must be <= ${LIMITS.frameBytesMax} bytes: received ${bytes}`);
    const content = new Uint8Array(bytes);
    return content.subarray(0, await file.readAt(content, 0));
  } finally {
    file.close();
  }
}
