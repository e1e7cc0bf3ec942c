/** How a spool is kept, and how it is. Types only. */
import type { Clock } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";
import type { Random } from "../platform/random.ts";

/** What happens when the spool is full: the oldest events go, or new ones are refused. */
export const SPOOL_POLICIES = ["drop-oldest", "refuse-new"] as const;
export type SpoolPolicy = (typeof SPOOL_POLICIES)[number];

export interface SpoolOptions {
  /** Folder; made if there is none. */
  readonly path: string;
  /** Of all events and pictures in it. */
  readonly bytesMax: number;
  /** What has waited for longer is dropped, ms. */
  readonly keepMs: number;
  /** Of a feed; `drop-oldest` if it is left out. */
  readonly policyOf?: (feed: string) => SpoolPolicy;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  /** Something a person should know: a damaged file was moved aside, the disk is full. */
  readonly note: (text: string) => void;
}

/** What waits in a spool. */
export interface SpoolStatus {
  readonly events: number;
  readonly bytes: number;
  /** Pictures; those of a link that keeps up do not wait. */
  readonly frames: number;
  readonly frameBytes: number;
  /** Files of watched folders. */
  readonly clips: number;
  readonly clipBytes: number;
  /** Of events and pictures, by the clock of the box; null when none wait. */
  readonly oldestMs: number | null;
  /** Events, since the program started. */
  readonly dropped: number;
  readonly droppedFrames: number;
  /** What is wrong with it, for a person; null when nothing is. */
  readonly trouble: string | null;
}

/** Feed in which the box itself tells what has happened to it: what it dropped. */
export const BOX_FEED = "framewire";
