/** What a start of the server finds, and mends: clips that were not whole when the last one ended, however it did. */
import { join } from "node:path";
import type { Log } from "../log.ts";
import type { Clock } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";
import type { Catalog, ClipRow } from "./catalog.ts";
import type { ClipFolders } from "./clip_folders.ts";

export interface RecoveryOptions {
  readonly catalog: Catalog;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Finishes clips which had been renamed but not committed, forgets those whose bytes are gone, removes files which
 * nobody knows, and returns the rest: unfinished clips, oldest first. Doing it twice, or half, does no harm.
 */
export async function recoverClips(folders: ClipFolders, options: RecoveryOptions): Promise<ClipRow[]> {
  const { catalog, disk } = options;
  const unfinished: ClipRow[] = [];
  for (const row of await catalog.unfinishedClips()) {
    if (await isUnfinished(folders, row, options)) unfinished.push(row);
  }
  const known = new Set(unfinished.map(({ id }) => `${id}.part`));
  for (const { name } of await disk.list(folders.incoming)) {
    if (name.endsWith(".part") && !known.has(name)) await disk.remove(join(folders.incoming, name));
  }
  return unfinished;
}

async function isUnfinished(folders: ClipFolders, row: ClipRow, options: RecoveryOptions): Promise<boolean> {
  const { catalog, clock, disk, log } = options;
  const part = await disk.info(folders.partPath(row.id));
  const heldEnd = row.held.at(-1)?.end ?? 0;
  if (part !== null && part.bytes >= heldEnd) return true;
  const path = folders.storedPath(row);
  const stored = await disk.info(path);
  if (part === null && stored?.isFile && stored.bytes === (row.bytes ?? stored.bytes) && stored.bytes >= heldEnd) {
    // Renamed, but not committed: it had been verified and synced before.
    const facts = await folders.readFacts(path, stored.bytes);
    await disk.syncFolder(join(folders.clips, row.folder));
    await catalog.finishClip(row.id, { ...facts, bytes: stored.bytes, storedMs: clock.wallMs() });
    log("info", "Clip finished after a crash", { device: row.device, clip: row.name });
    return false;
  }
  log("error", "Unfinished clip lost: its file is gone or too short", { device: row.device, clip: row.name });
  await catalog.removeClip(row.id);
  await disk.remove(folders.partPath(row.id));
  return false;
}
