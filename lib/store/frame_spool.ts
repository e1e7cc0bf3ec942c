/** Where the pictures of a source wait on the box until the server has them. Types only. */
import type { DropReason } from "../protocol/message.ts";
import type { NewDrop } from "./spool_frame_tables.ts";

/** A picture with its number. */
export interface NumberedPicture {
  readonly sequence: number;
  /** By the clock of the box, ms since 1970. */
  readonly capturedMs: number;
  /** Nobody changes it. */
  readonly jpeg: Uint8Array;
}

export interface FrameSpool {
  /** Of its numbering; a number is never used twice in it. */
  readonly run: string;
  /** The last number that may have been given to a picture, in this life or an earlier one. */
  readonly lastSequence: number;
  /** Pictures that were added since the program started. */
  readonly added: number;
  /** Pictures that wait, those on their way included. */
  readonly pictures: number;
  /** What was dropped, and the server does not know of yet. */
  readonly unknown: readonly NewDrop[];
  /** What a drop is told to be for, at the moment. */
  dropReason: DropReason;
  /** Called when a picture has come, or one may be given now. */
  changed: () => void;
  /** Called when pictures will never be sent; they are in {@linkcode unknown}, too. */
  dropped: (drop: NewDrop) => void;
  /** Gives a picture its number and keeps it: in memory for a moment, then on the disk, unless the server has it by then. */
  add(jpeg: Uint8Array, capturedMs: number): void;
  /** There were no pictures from here to there, by the clock of the box. */
  gap(fromMs: number, toMs: number): void;
  /**
   * The first picture behind this number, which from then on is on its way and not dropped any more; null while there is none.
   *
   * @throws {FramewireError} `STORAGE_FAILED`.
   */
  next(after: number): Promise<NumberedPicture | null>;
  /** Whoever got pictures so far does not send them any more. */
  rewind(): void;
  /** Pictures up to this one are stored on the server, dropped ones in their turn. */
  stored(through: number): void;
}
