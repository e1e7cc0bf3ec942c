/**
 * Removes the oldest frames: their rows first, which names their files as trash in the same commit, then the files, then
 * the trash. A crash in between leaves no frame without its file, and no file that is never removed.
 */
import { errorFields, type Log } from "../log.ts";
import type { Clock } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";
import type { FrameCatalog, SegmentState, TrashRow } from "./frame_catalog.ts";
import type { FrameFolders } from "./frame_folders.ts";
import type { SteadyWall } from "./steady_wall.ts";
import type { Turns } from "./turns.ts";

/** What is removed by itself. */
export interface FrameRetention {
  /** Frames older than this, ms; null: none. */
  readonly keepMs: number | null;
  /** The oldest, when all together have more bytes; null: none. */
  readonly bytesMax: number | null;
  /** The same for each source. */
  readonly sourceBytesMax?: number | null;
}

/** Rows of a commit: some ten milliseconds, which is how long the others wait. */
const ROWS_PER_COMMIT = 1_000;
/** Segments which are looked at in one go. */
const BATCH = 64;

export interface RetentionOptions {
  readonly catalog: FrameCatalog;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly folders: FrameFolders;
  readonly retention: FrameRetention;
  /** Jobs about the names in the folder of a source, by its id. */
  readonly turns: Turns;
  /** Whether somebody reads it at the moment. */
  readonly isRead: (segmentId: number) => boolean;
  readonly wall: SteadyWall;
  /** When a segment got its last frame on the monotonic clock, ms; undefined when that was before this start. */
  readonly usedMs: (segmentId: number) => number | undefined;
  /** It is gone. */
  readonly removed: (segmentId: number) => void;
}

/** `isSteady`: the wall clock may be believed. */
type Expiring = RetentionOptions & { readonly isSteady: boolean };

/** Removes what is older, or more, than is to be kept. */
export async function expireFrames(options: RetentionOptions): Promise<void> {
  const { catalog, retention: { keepMs, bytesMax, sourceBytesMax = null } } = options;
  if (keepMs === null && bytesMax === null && sourceBytesMax === null) return;
  // Asked at each time, as it sees jumps by that.
  const isSteady = options.wall.isSteady(keepMs ?? 0);
  // Those which failed the last time.
  await removeTrash(await catalog.trash(BATCH), options);
  const sources = await catalog.sources();
  if (sourceBytesMax !== null) {
    for (const source of sources) {
      const excess = { bytes: source.bytes - sourceBytesMax };
      if (excess.bytes > 0) await dropOldest({ ...options, isSteady }, excess, source.id);
    }
  }
  const bytes = (await catalog.sources()).reduce((sum, source) => sum + source.bytes, 0);
  await dropOldest({ ...options, isSteady }, { bytes: bytesMax === null ? 0 : bytes - bytesMax });
}

/** Drops segments while there is an excess, and those which are too old; the oldest by arrival first. */
async function dropOldest(options: Expiring, excess: { bytes: number }, sourceId?: number): Promise<void> {
  let kept = 0;
  while (true) {
    const query = { sealed: true, limit: kept + BATCH, ...(sourceId === undefined ? {} : { sourceId }) };
    const segments = (await options.catalog.segments(query)).slice(kept);
    if (segments.length === 0) return;
    for (const segment of segments) {
      // Those behind it are younger.
      if (excess.bytes <= 0 && !isTooOld(segment, options)) return;
      if (options.isRead(segment.id)) {
        kept++;
        continue;
      }
      await dropSegment(segment, options);
      excess.bytes -= segment.bytes;
    }
  }
}

/**
 * Wall clocks jump: what was recorded a moment ago stays, whatever the time is said to be, and what was there before this
 * start until the clock has been steady for a while.
 */
function isTooOld({ id, receivedMs }: SegmentState, { retention, clock, usedMs, isSteady }: Expiring): boolean {
  if (retention.keepMs === null || clock.wallMs() - receivedMs <= retention.keepMs) return false;
  const used = usedMs(id);
  return used === undefined ? isSteady : clock.now() - used > retention.keepMs;
}

function dropSegment({ id, sourceId, folder, file }: SegmentState, options: RetentionOptions): Promise<void> {
  return options.turns.run(String(sourceId), async () => {
    for (let isGone = false; !isGone;) {
      const dropped = await options.catalog.dropFrames(id, ROWS_PER_COMMIT);
      isGone = dropped.isGone;
      await removeTrash(dropped.trash, options);
    }
    options.log("debug", "Frames removed by retention", { folder, file });
    options.removed(id);
  });
}

/** Removes files, durably, and forgets them; those which cannot be removed are tried again later. */
export async function removeTrash(
  trash: readonly TrashRow[],
  options: Pick<RetentionOptions, "catalog" | "disk" | "folders" | "log">,
): Promise<void> {
  const { catalog, disk, folders, log } = options;
  for (const [folder, rows] of Map.groupBy(trash, (row) => row.folder)) {
    const ends = await Promise.allSettled(rows.map(({ file }) => disk.remove(folders.path(folder, file))));
    const gone = rows.filter((_, index) => ends[index]!.status === "fulfilled");
    const failed = ends.filter((end) => end.status === "rejected");
    if (failed.length > 0) {
      const fields = { folder, files: failed.length, ...errorFields(failed[0]!.reason) };
      log("error", "Cannot remove expired frames", fields);
    }
    try {
      if (gone.length > 0 && await disk.info(folders.path(folder)) !== null) {
        await disk.syncFolder(folders.path(folder));
      }
    } catch (error) {
      log("error", "Cannot remove expired frames", { folder, ...errorFields(error) });
      continue;
    }
    await catalog.forgetTrash(gone.map(({ id }) => id));
  }
}
