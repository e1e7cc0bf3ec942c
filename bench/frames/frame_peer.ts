/** What every way of sending frames is to the harness. */
import type { Listening } from "../processes.ts";
import type { Command } from "../slow_sync.ts";

/** - `window`: many frames on their way, the rate counts. - `lock step`: one at a time, the time of an ack counts. */
export type Table = "window" | "lock step";

/** Something that sends frames from one process to another, which saves and acks them. */
export interface FramePeer {
  /** Short name, for the table and for `--only` and `--without`. */
  readonly name: string;
  /** What it is, and what it is worth as a comparison. */
  readonly why: string;
  readonly table: Table;
  /** Frames on their way at once; 1 is lock step. */
  readonly window: number;
  /** How frames are kept. */
  readonly saved: string;
  /** What is true of a frame when it is acked. */
  readonly acked: string;
  /** A bound rather than a program that somebody would use. */
  readonly orientation?: true;
  /** So slow that no more than these many frames are sent. */
  readonly framesMax?: number;
  /** Nothing is kept that could be checked. */
  readonly keepsNothing?: true;
  /**
   * Builds what it needs under `dir`, an empty folder of its own, once.
   *
   * @throws {MissingProgramError} when a program is not installed; the peer is left out then
   */
  prepare(dir: string): Promise<void>;
  /** Starts a fresh receiver, which keeps what comes under `folder`, an empty one. */
  listen(folder: string): Promise<FrameReceiver>;
  /** The sender: its own arguments are those of `peers/sender_clock.ts`, without the port. */
  sender(port: number, args: readonly string[]): Command;
}

/** A receiver which listens. */
export interface FrameReceiver {
  readonly listening: Listening;
  readonly port: number;
}
