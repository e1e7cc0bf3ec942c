/** What is remembered of clips: the seam to SQLite. `held` and everything else is durable once a promise resolves. */
import type { ByteRange } from "../protocol/ranges.ts";

/** A clip as it was committed. */
export interface ClipRow {
  readonly id: string;
  readonly device: string;
  /** Folder under `clips/`, made from the device name. */
  readonly folder: string;
  /** The name the box gave it. */
  readonly name: string;
  /** Its file name in the folder; no other clip of the folder has it, in any case of letters. */
  readonly storedName: string;
  /** Null while the box does not know. */
  readonly bytes: number | null;
  /** Durable bytes in `incoming/`, or all of it once it is stored. */
  readonly held: readonly ByteRange[];
  /** Hexadecimal; null before it is stored. */
  readonly sha256: string | null;
  /** Wall clock of the server, ms since 1970. */
  readonly createdMs: number;
  readonly updatedMs: number;
  /** Null before it is whole. */
  readonly storedMs: number | null;
  readonly modifiedMs: number | null;
  readonly mediaType: string;
}

/** How a clip became whole. */
export interface StoredFacts {
  readonly bytes: number;
  readonly sha256: string;
  readonly storedMs: number;
  readonly mediaType: string;
}

/** How many clips there are, and how much of them is held. */
export interface CatalogTotals {
  readonly stored: number;
  readonly unfinished: number;
  readonly storedBytes: number;
}

/**
 * Each change is durable (`synchronous=FULL`) when its promise resolves, and not before; changes asked for at the same
 * time share one commit.
 *
 * All reject with {@linkcode FramewireError} `NO_SPACE` when the disk is full, after which it may be tried again, and
 * with `STORAGE_FAILED` when the database could not be written: from then on they always do, as nobody knows what is
 * on the disk.
 */
export interface Catalog {
  insertClip(row: ClipRow): Promise<void>;
  updateHeld(id: string, held: readonly ByteRange[], mediaType: string, updatedMs: number): Promise<void>;
  /** Another file name, because somebody else put a file of that name into the folder. */
  renameClip(id: string, storedName: string): Promise<void>;
  finishClip(id: string, facts: StoredFacts): Promise<void>;
  removeClip(id: string): Promise<void>;
  clip(id: string): Promise<ClipRow | undefined>;
  /** Newest first; those created before clip `before`, if given. */
  clips(options: { limit: number; before?: string; device?: string }): Promise<ClipRow[]>;
  /** All that are not whole, oldest first. */
  unfinishedClips(): Promise<ClipRow[]>;
  /** Whole clips of this device, name and, unless null, size; newest first, at most 100. */
  storedClipsNamed(device: string, name: string, bytes: number | null): Promise<ClipRow[]>;
  /** Whether a clip of the folder has this name; `nameKey` is case-folded. */
  isNameTaken(folder: string, nameKey: string): Promise<boolean>;
  totals(): Promise<CatalogTotals>;
  close(): Promise<void>;
}

/** The methods of a catalog that change it. */
export const CATALOG_WRITES = ["insertClip", "updateHeld", "renameClip", "finishClip", "removeClip"] as const;
