/** What a start of the server finds, and mends: segments which were being written, and files which had to go. */
import { type Log } from "../log.ts";
import type { Disk } from "../platform/disk.ts";
import type { FrameCatalog, SegmentState } from "./frame_catalog.ts";
import type { FrameFolders } from "./frame_folders.ts";
import { removeTrash } from "./frame_retention.ts";

/** Segments which are looked at in one go. */
const BATCH = 256;

export interface FrameRecoveryOptions {
  readonly catalog: FrameCatalog;
  readonly disk: Disk;
  readonly folders: FrameFolders;
  readonly log: Log;
}

/**
 * Cuts segments behind their last committed frame: what a kill left there was not acked, and may be half a picture,
 * which nobody shall see who opens the file. Doing it twice, or half, does no harm.
 */
export async function recoverFrames(options: FrameRecoveryOptions): Promise<void> {
  const { catalog } = options;
  await options.folders.start();
  await emptyTrash(options);
  while (true) {
    const segments = await catalog.segments({ sealed: false, limit: BATCH });
    if (segments.length === 0) break;
    for (const segment of segments) await recoverSegment(segment, options);
    const [empty, full] = [true, false].map((isEmpty) => segments.filter(({ frames }) => (frames === 0) === isEmpty));
    for (const { id } of empty!) await catalog.dropFrames(id, 1);
    await catalog.sealSegments(full!.map(({ id }) => id));
  }
  await emptyTrash(options);
  await catalog.openGaps("offline");
}

async function recoverSegment(segment: SegmentState, options: FrameRecoveryOptions): Promise<void> {
  const { disk, folders, log } = options;
  if (segment.file === "" || segment.frames === 0) return;
  const path = folders.path(segment.folder, segment.file);
  const info = await disk.info(path);
  if (info === null || info.bytes < segment.bytes) {
    const fields = { file: path, bytes: info?.bytes ?? 0, bytesStored: segment.bytes };
    return log("error", "Frames lost: their segment is gone or too short", fields);
  }
  if (info.bytes === segment.bytes) return;
  const file = await disk.open(path, "update");
  try {
    await file.truncate(segment.bytes);
    await file.sync();
  } finally {
    file.close();
  }
}

/** Files whose rows were gone when the last run ended; what cannot be removed keeps no server from starting. */
async function emptyTrash(options: FrameRecoveryOptions): Promise<void> {
  for (let after = 0;;) {
    const trash = await options.catalog.trash(BATCH, after);
    if (trash.length === 0) return;
    await removeTrash(trash, options);
    after = trash.at(-1)!.id;
  }
}
