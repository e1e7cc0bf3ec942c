/**
 * Frames on disk: `frames/<device>/<source>/`, and the catalog for what is durable. Pictures with names are files of
 * their own; those of cameras lie one after the other in segments, which players open.
 */
import { crc32 } from "node:zlib";
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import { errorFields, type Log } from "../log.ts";
import type { Clock } from "../platform/clock.ts";
import type { DirectWrites } from "../platform/direct_writes.ts";
import type { Disk } from "../platform/disk.ts";
import type { Random } from "../platform/random.ts";
import type { SourceKind } from "../protocol/message.ts";
import type { DiskSpace } from "./disk_space.ts";
import type {
  FrameCatalog,
  FramePlace,
  FrameQuery,
  FrameRow,
  GapSpan,
  OpenedSource,
  SourceTotals,
  SpanRow,
} from "./frame_catalog.ts";
import { FrameFolders } from "./frame_folders.ts";
import { FramePictures } from "./frame_pictures.ts";
import { recoverFrames } from "./frame_recovery.ts";
import { expireFrames, type FrameRetention } from "./frame_retention.ts";
import { type FrameSegment, FrameSegments, type SegmentBounds } from "./frame_segments.ts";
import { SPAN_PAUSE_MS } from "./frame_spans.ts";
import { FrameWriter } from "./frame_writer.ts";
import { SteadyWall } from "./steady_wall.ts";
import { NO_SPACE_RETRY_MS, storageError } from "./storage_error.ts";
import { Turns } from "./turns.ts";

export interface FrameStoreOptions {
  readonly catalog: FrameCatalog;
  readonly disk: Disk;
  /** For pictures which come fast. */
  readonly direct?: DirectWrites;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The data directory. */
  readonly folder: string;
  readonly space: DiskSpace;
  readonly retention: FrameRetention;
}

/** A source as a box opens it. */
export interface SourceOpening {
  readonly device: string;
  readonly source: string;
  readonly kind: SourceKind;
  /** Its pictures have names, under which they are kept as files. */
  readonly named: boolean;
  /** New whenever the box's numbering starts anew. */
  readonly run: string;
  /** Goes on with a recording which a full disk has interrupted: takes nothing over from a writer that goes on. */
  readonly resumes?: boolean;
}

/** Spans of an answer: more than a screen can show. */
const SPANS_MAX = 300;
/** Retention removes whole segments: that many of them make up what is kept. */
const SEGMENTS_KEPT = 16;
/** Room for so many bytes is a reason to record again: else it would begin, and end, with every second picture. */
const ROOM_BYTES = 2 * LIMITS.spaceCheckBytes;
/** A segment is not made smaller than this for retention's sake, bytes and ms. */
const SEGMENT_BYTES_MIN = 1024 * 1024;
const SEGMENT_MS_MIN = 1_000;

export class FrameStore {
  readonly #options: FrameStoreOptions;
  readonly #folders: FrameFolders;
  readonly #bounds: SegmentBounds;
  /** By device and source: the one writer which takes frames. */
  readonly #writers = new Map<string, FrameWriter>();
  /** Those which have ended, and still get results. */
  readonly #ending = new Set<FrameWriter>();
  readonly #openings = new Turns();
  readonly #turns = new Turns();
  readonly #wall: SteadyWall;
  /** Readers by segment. */
  readonly #readers = new Map<number, number>();
  /** When segments of this run got their last frame, monotonic; by their id. */
  readonly #usedMs = new Map<number, number>();
  #expiring: Promise<void> | undefined;

  constructor(options: FrameStoreOptions) {
    this.#options = options;
    this.#folders = new FrameFolders(options.disk, options.folder);
    this.#bounds = boundsOf(options.retention);
    this.#wall = new SteadyWall(options.clock);
  }

  /** Makes the folders and mends what a crash left behind. May be repeated after a crash of itself. */
  async start(): Promise<void> {
    const { catalog, disk, log } = this.#options;
    await recoverFrames({ catalog, disk, log, folders: this.#folders });
  }

  /** Makes everything that was taken durable, and lets go of the files. */
  async stop(): Promise<void> {
    await this.#expiring?.catch(() => {});
    const quietly = (ended: Promise<void>) =>
      ended.catch((error) => this.#options.log("warn", "Last frames failed", errorFields(error)));
    for (const writer of [...this.#writers.values()]) await quietly(writer.close("offline"));
    for (const writer of [...this.#ending]) await quietly(writer.flush());
    this.#writers.clear();
    this.#ending.clear();
  }

  /**
   * Opens a source; a writer of the same which is open ends with `SUPERSEDED`, when what it has taken is durable.
   *
   * @throws {FramewireError} `STREAMS_EXHAUSTED`, `NO_SPACE`, `STORAGE_FAILED`; `SUPERSEDED` if it `resumes` what another
   *   one has taken over.
   */
  openSource(opening: SourceOpening): Promise<FrameWriter> {
    const key = JSON.stringify([opening.device, opening.source]);
    return this.#openings.run(key, async () => {
      const before = this.#writers.get(key);
      if (before !== undefined) {
        const text = `A newer connection has taken over source ${opening.source}`;
        if (opening.resumes && !before.hasEnded) throw new FramewireError("SUPERSEDED", text);
        // Its failure is told to its own connection.
        await before.end(new FramewireError("SUPERSEDED", text)).catch(() => {});
        this.#ending.add(before);
      }
      const writer = this.#writer(await this.#open(opening), opening.named);
      this.#writers.set(key, writer);
      return writer;
    });
  }

  /** Resolves when there is room to record for a while. @throws {FramewireError} `NO_SPACE`. */
  checkSpace(): Promise<void> {
    return this.#options.space.checkReserve(ROOM_BYTES);
  }

  /** All sources with what is recorded of them, oldest first. */
  sources(): Promise<SourceTotals[]> {
    return this.#options.catalog.sources();
  }

  /** Committed frames, in the order of arrival or against it. */
  frames(query: FrameQuery): Promise<FrameRow[]> {
    return this.#options.catalog.frames(query);
  }

  frame(id: number): Promise<FrameRow | undefined> {
    return this.#options.catalog.frame(id);
  }

  /** The frame whose time is nearest; undefined when the source has none. */
  nearest(sourceId: number, timeMs: number): Promise<FrameRow | undefined> {
    return this.#options.catalog.nearest(sourceId, timeMs);
  }

  /** The JPEG, the caller's own; undefined when it is gone, or is not what was stored. */
  async jpeg(id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const place = await this.#options.catalog.place(id);
    if (place === undefined) return undefined;
    const { segmentId } = place;
    this.#readers.set(segmentId, (this.#readers.get(segmentId) ?? 0) + 1);
    try {
      return await this.#read(place);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        this.#options.log("warn", "Frame cannot be read", { frame: id, ...errorFields(error) });
      }
      return undefined;
    } finally {
      const readers = this.#readers.get(segmentId)! - 1;
      if (readers === 0) this.#readers.delete(segmentId);
      else this.#readers.set(segmentId, readers);
    }
  }

  /** When there are frames between the two times, ms since 1970: a few hundred rows at most. */
  spans(sourceId: number, sinceMs: number, untilMs: number): Promise<SpanRow[]> {
    const lengthMs = untilMs - sinceMs;
    const pauseMs = Number.isFinite(lengthMs) ? Math.max(SPAN_PAUSE_MS, lengthMs / SPANS_MAX) : SPAN_PAUSE_MS;
    return this.#options.catalog.spans(sourceId, sinceMs, untilMs, pauseMs);
  }

  /** Why there are none; of very many gaps those which are near each other as one. */
  gaps(sourceId: number, sinceMs: number, untilMs: number): Promise<GapSpan[]> {
    return this.#options.catalog.gaps(sourceId, sinceMs, untilMs, LIMITS.apiRowsMax);
  }

  /** Removes what is older, or more, than is to be kept. Whoever asks while it runs joins it. */
  expire(): Promise<void> {
    this.#expiring ??= this.#expire().finally(() => this.#expiring = undefined);
    return this.#expiring;
  }

  async #expire(): Promise<void> {
    for (const [key, writer] of this.#writers) {
      if (!writer.hasEnded) writer.endIfOld();
      else {
        this.#writers.delete(key);
        this.#ending.add(writer);
      }
    }
    for (const writer of this.#ending) if (writer.isIdle) this.#ending.delete(writer);
    await expireFrames({
      ...this.#options,
      folders: this.#folders,
      turns: this.#turns,
      wall: this.#wall,
      isRead: (segmentId) => this.#readers.has(segmentId),
      usedMs: (segmentId) => this.#usedMs.get(segmentId),
      removed: (segmentId) => this.#usedMs.delete(segmentId),
    });
  }

  async #open({ device, source, kind, run }: SourceOpening): Promise<OpenedSource> {
    const { catalog, clock } = this.#options;
    const sourcesMax = LIMITS.sourcesPerDeviceMax;
    const opening = { device, name: source, kind, run, nowMs: clock.wallMs(), sourcesMax };
    const opened = await catalog.openSource(opening).catch((cause) => {
      throw storageError("open", cause);
    });
    if (opened !== null) return opened;
    throw new FramewireError(
      "STREAMS_EXHAUSTED",
      `Cannot open source as those of a device must be <= ${sourcesMax}: ${device} has as many`,
      { retryAfterMs: NO_SPACE_RETRY_MS },
    );
  }

  #writer(opened: OpenedSource, named: boolean): FrameWriter {
    const { catalog, disk, direct, clock, random, log, space, retention } = this.#options;
    const { source } = opened;
    const shared = { source, catalog, disk, clock, folders: this.#folders };
    const sealed = ({ id, usedMs }: FrameSegment) => {
      if (retention.keepMs !== null) this.#usedMs.set(id, usedMs);
    };
    return new FrameWriter({
      opened,
      named,
      catalog,
      clock,
      log,
      space,
      segments: new FrameSegments({ ...shared, direct, bounds: this.#bounds, sealed }),
      pictures: new FramePictures({ ...shared, random }),
      exclusively: (job) => this.#turns.run(String(source.id), job),
    });
  }

  async #read({ folder, file: name, position, bytes, crc32: checksum }: FramePlace) {
    const file = await this.#options.disk.open(this.#folders.path(folder, name), "read");
    try {
      const jpeg = new Uint8Array(bytes);
      const count = await file.readAt(jpeg, position);
      if (count === bytes && crc32(jpeg) === checksum) return jpeg;
      this.#options.log("error", "Frame is damaged on the disk", { file: `${folder}/${name}`, position, bytes });
      return undefined;
    } finally {
      file.close();
    }
  }
}

/** Segments of which there are enough, so that what retention removes is a small part of what is kept. */
function boundsOf({ keepMs, bytesMax, sourceBytesMax = null }: FrameRetention): SegmentBounds {
  const keptBytes = Math.min(bytesMax ?? Infinity, sourceBytesMax ?? Infinity);
  return {
    bytesMax: Math.min(LIMITS.segmentBytesMax, Math.max(SEGMENT_BYTES_MIN, keptBytes / SEGMENTS_KEPT)),
    ms: Math.min(LIMITS.segmentMs, Math.max(SEGMENT_MS_MIN, (keepMs ?? Infinity) / SEGMENTS_KEPT)),
  };
}
