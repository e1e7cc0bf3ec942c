/** What every way of sending events is to the harness. */
import type { Listening } from "../processes.ts";
import type { Command } from "../slow_sync.ts";

/** Something that sends events from one process to another, which keeps and acks them. */
export interface EventPeer {
  /** Short name, for the table and for `--only` and `--without`. */
  readonly name: string;
  /** What it is, and what it is worth as a comparison. */
  readonly why: string;
  /** What goes over the wire for a reading. */
  readonly sent: string;
  /** What is true of an event when it is acked. */
  readonly acked: string;
  /** Events on their way at once. */
  readonly window: number;
  /** So slow that no more than these many are counted. */
  readonly eventsMax?: number;
  /**
   * Its sender is not one of `peers/`, which tell when they begin to count, but a command which is timed from its start to
   * its exit.
   */
  readonly isWholeCommand?: true;
  /**
   * Makes what it needs under `dir`, an empty folder of its own, once; `events` will be sent by a whole command.
   *
   * @throws {MissingProgramError} when a program is not installed; the peer is left out then
   */
  prepare(dir: string, events: number): Promise<void>;
  /** Starts a fresh receiver, which keeps what comes under `folder`, an empty one. */
  listen(folder: string): Promise<EventReceiver>;
  /** The sender; `args` are those of `peers/sender_clock.ts`, without the port. */
  sender(port: number, args: readonly string[]): Command;
  /** Looks into the folder once the receiver has ended. @throws {Error} when fewer than `events` are there. */
  checkKept(folder: string, events: number): Promise<void>;
}

/** A receiver which listens. */
export interface EventReceiver {
  readonly listening: Listening;
  readonly port: number;
}
