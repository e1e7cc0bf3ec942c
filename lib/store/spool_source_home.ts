/** What the pictures of a source need of their spool. Types only. */
import type { SpoolSegments } from "./spool_segments.ts";
import type { SpoolSource } from "./spool_source.ts";

export interface SourceHome {
  readonly segments: SpoolSegments;
  call<T>(method: string, ...args: readonly unknown[]): Promise<T>;
  /** Makes room for `bytes` by the rule of pictures. @throws {FramewireError} `NO_SPACE`. */
  reserve(source: SpoolSource, bytes: number): void;
  /** The disk itself is full: drops something; false when there is nothing. */
  makeRoom(source: SpoolSource, bytes: number): Promise<boolean>;
  /** Calls `fn` after `ms`. */
  later(ms: number, fn: () => void): void;
  /** Monotonic, ms. */
  now(): number;
  /** For the age of what is kept, ms since 1970; 0 while the clock of the box is nonsense. */
  plausibleMs(): number;
}
