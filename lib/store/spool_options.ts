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
  /** Of all events in it. */
  readonly bytesMax: number;
  /** Events which have waited for longer are dropped, ms. */
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
  /** By the clock of the box; null when nothing waits. */
  readonly oldestMs: number | null;
  /** Since the program started. */
  readonly dropped: number;
  /** What is wrong with it, for a person; null when nothing is. */
  readonly trouble: string | null;
}

/** Feed in which the box itself tells what has happened to it: what it dropped. */
export const BOX_FEED = "framewire";
