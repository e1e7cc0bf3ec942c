/** The segment of a source which is being written: camera frames in one file, or a group of pictures with files of their own. */
import type { Clock } from "../platform/clock.ts";
import type { DirectWrite, DirectWrites } from "../platform/direct_writes.ts";
import type { Disk } from "../platform/disk.ts";
import type { FrameCatalog, SourceRow } from "./frame_catalog.ts";
import type { FrameFolders } from "./frame_folders.ts";
import { SegmentFile } from "./segment_file.ts";

/** Pictures of a group: what retention removes at once. */
const GROUP_PICTURES_MAX = 256;

/** When a segment ends: bytes and time, ms. */
export interface SegmentBounds {
  readonly bytesMax: number;
  readonly ms: number;
}

export class FrameSegment {
  readonly id: number;
  /** Undefined for a group. */
  readonly file: SegmentFile | undefined;
  readonly startedMs: number;
  /** When the last frame was put in, monotonic. */
  usedMs: number;
  /** Bytes and frames that were put in, written or about to be. */
  bytes = 0;
  frames = 0;
  /** Those of them which are committed. */
  committedBytes = 0;
  committedFrames = 0;
  /** Nothing more is put in. */
  isEnded = false;
  /** Written since the last sync began. */
  isDirty = false;

  constructor(id: number, file: SegmentFile | undefined, startedMs: number) {
    this.id = id;
    this.file = file;
    this.startedMs = startedMs;
    this.usedMs = startedMs;
  }
}

export interface FrameSegmentsOptions {
  readonly source: SourceRow;
  readonly catalog: FrameCatalog;
  readonly disk: Disk;
  readonly direct?: DirectWrites | undefined;
  readonly clock: Clock;
  readonly folders: FrameFolders;
  readonly bounds: SegmentBounds;
  /** All of it is committed, and it may be removed from now on. */
  readonly sealed: (segment: FrameSegment) => void;
}

export class FrameSegments {
  readonly #options: FrameSegmentsOptions;
  #current: FrameSegment | undefined;
  /** Those which are not sealed. */
  readonly #open = new Set<FrameSegment>();
  /** A file was made since the folder was synced. */
  #folderDirty = false;

  constructor(options: FrameSegmentsOptions) {
    this.#options = options;
  }

  /** The one which takes `bytes` more, in a file or as a picture; undefined when a new one is to be begun. */
  current(bytes: number, inFile: boolean): FrameSegment | undefined {
    const segment = this.#current;
    if (segment === undefined || (segment.file !== undefined) !== inFile) return undefined;
    const { bytesMax, ms } = this.#options.bounds;
    if (segment.bytes > 0 && segment.bytes + bytes > bytesMax) return undefined;
    if (!inFile && segment.frames >= GROUP_PICTURES_MAX) return undefined;
    return this.#options.clock.now() - segment.startedMs < ms ? segment : undefined;
  }

  /** Begins a new one. Its row is there before its file, so that none is ever left behind. */
  async begin(inFile: boolean): Promise<FrameSegment> {
    const { source, catalog, disk, direct, clock, folders } = this.#options;
    this.end();
    await folders.makeForSource(source.folder);
    const { id, file } = await catalog.addSegment(source.id, inFile ? startText(clock.wallMs()) : "");
    const path = folders.path(source.folder, file);
    const opened = inFile ? new SegmentFile(await disk.open(path, "create-new"), path, direct) : undefined;
    if (inFile) this.#folderDirty = true;
    const segment = new FrameSegment(id, opened, clock.now());
    this.#current = segment;
    this.#open.add(segment);
    return segment;
  }

  /** Nothing more goes into the current one. */
  end(): void {
    if (this.#current !== undefined) this.#current.isEnded = true;
    this.#current = undefined;
  }

  /** Ends the current one if it has lasted as long as it may; whether it has. */
  endIfOld(): boolean {
    if (this.#current === undefined || this.current(0, this.#current.file !== undefined) !== undefined) return false;
    this.end();
    return true;
  }

  /** Makes all that was written until now durable, and the names of the files; but for what is under way still. */
  async sync(): Promise<readonly DirectWrite[]> {
    const { disk, folders, source } = this.#options;
    const jobs: Promise<readonly DirectWrite[]>[] = [];
    for (const segment of this.#open) {
      if (!segment.isDirty) continue;
      segment.isDirty = false;
      jobs.push(segment.file!.sync());
    }
    if (this.#folderDirty) {
      this.#folderDirty = false;
      jobs.push(disk.syncFolder(folders.path(source.folder)).then(() => []));
    }
    if (jobs.length === 1) return await jobs[0]!;
    return (await Promise.all(jobs)).flat();
  }

  /** Seals those which have ended and are committed. */
  async seal(): Promise<void> {
    const done = [...this.#open].filter(({ isEnded, frames, committedFrames }) =>
      isEnded && frames === committedFrames
    );
    if (done.length === 0) return;
    for (const segment of done) {
      this.#open.delete(segment);
      await segment.file?.end().finally(() => segment.file!.close());
    }
    await this.#options.catalog.sealSegments(done.map(({ id }) => id));
    for (const segment of done) this.#options.sealed(segment);
  }

  /**
   * After a failed write: what was not committed is cut off, so that a person sees no half picture. When it was a sync or
   * a commit that failed (`isLost`), nobody knows what is on the disk: the next start finds out, and seals.
   */
  async abandon(isLost: boolean): Promise<void> {
    this.end();
    const segments = [...this.#open];
    this.#open.clear();
    for (const segment of segments) {
      const { id, file, committedBytes } = segment;
      try {
        if (isLost && file !== undefined) continue;
        await file?.truncate(committedBytes);
        await file?.sync();
        await this.#options.catalog.sealSegments([id]);
        this.#options.sealed(segment);
      } catch {
        // What has failed before was told. The next start does the rest.
      } finally {
        file?.close();
      }
    }
  }
}

/** `20260115T120000Z`. */
function startText(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, "") + "Z";
}
