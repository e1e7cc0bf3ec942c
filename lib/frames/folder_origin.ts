/**
 * Pictures of a folder, in the order of their numbers. A picture counts as taken at the moment it is given: what a camera
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
/** Pictures which are read at the same time, when no pace is asked for: the wait for one hides behind the others. */
const READS_MAX = 4;

/** A file which was read, or why it cannot be sent. */
interface ReadPicture {
  readonly name: string;
  readonly content: Uint8Array | Error;
}

export class FolderOrigin implements FrameOrigin {
  readonly #settings: FolderSettings;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #events: JobOriginEvents;
  readonly #watch: FolderWatch | null;
  /** Names of those to come, and where we are in them. */
  #names: string[];
  #index = 0;
  #reading: Promise<ReadPicture>[] = [];
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
      const picture = await this.#nextPicture();
      if (picture === undefined) {
        if (!await this.#more(signal)) return null;
        continue;
      }
      const jpeg = this.#check(picture);
      if (jpeg === null) continue;
      await this.#keepPace(signal);
      if (signal.aborted) return null;
      this.#goodOnes++;
      return { jpeg, name: picture.name, capturedMs: this.#clock.wallMs() };
    }
    return null;
  }

  async close(): Promise<void> {
    this.#names = [];
    await Promise.all(this.#reading);
  }

  /** Reads on; undefined when no name is left. */
  #nextPicture(): Promise<ReadPicture> | undefined {
    const readsMax = this.#settings.fps === null ? READS_MAX : 1;
    while (this.#reading.length < readsMax && this.#index < this.#names.length) {
      this.#reading.push(readPicture(this.#disk, this.#settings.path, this.#names[this.#index++]!));
    }
    return this.#reading.shift();
  }

  /** Gets the names of the next round, or of what has appeared; false when there are none. */
  async #more(signal: AbortSignal): Promise<boolean> {
    // A round without a picture would be followed by the next at once, for ever.
    if (this.#watch === null && !(this.#settings.loop && this.#goodOnes > 0)) return false;
    const { path } = this.#settings;
    try {
      this.#names = this.#watch === null ? await listPictures(this.#disk, path) : await this.#watch.next(signal);
    } catch (cause) {
      throw new FramewireError("SOURCE_UNREADABLE", `Cannot read folder ${path}: ${messageOf(cause)}`, { cause });
    }
    this.#goodOnes = 0;
    this.#index = 0;
    return this.#names.length > 0;
  }

  /** Null when it cannot be sent. */
  #check({ name, content }: ReadPicture): Uint8Array | null {
    const isJpeg = !(content instanceof Error) && content[0] === 0xff && content[1] === 0xd8 && content[2] === 0xff;
    if (isJpeg) return content;
    // In a loop it is bad each time, and said once.
    if (!this.#badNames.has(name)) {
      this.#events.leftOut(name, content instanceof Error ? content.message : "it is no JPEG");
    }
    if (this.#settings.loop) this.#badNames.add(name);
    return null;
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

/** Reads a file of at most a picture's size. Never rejects. */
async function readPicture(disk: Disk, folder: string, name: string): Promise<ReadPicture> {
  try {
    const file = await disk.open(`${folder}/${name}`, "read");
    try {
      const { bytes } = await file.info();
      if (bytes > LIMITS.frameBytesMax) {
        throw new Error(`it must be <= ${LIMITS.frameBytesMax} bytes: received ${bytes}`);
      }
      const content = new Uint8Array(bytes);
      return { name, content: content.subarray(0, await file.readAt(content, 0)) };
    } finally {
      file.close();
    }
  } catch (thrown) {
    return { name, content: thrown instanceof Error ? thrown : new Error(messageOf(thrown)) };
  }
}
