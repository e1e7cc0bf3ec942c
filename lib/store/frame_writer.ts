/** One source on one connection, on its way to the disk. */
import type { FramewireError } from "../errors.ts";
import type { AnalysisResult, Frame } from "../protocol/frame.ts";
import type { OfferedFrame } from "../protocol/message.ts";
import type { GapChange } from "./frame_catalog.ts";

/** A gap as it is told: see `GapRow`. */
export type NewGap = Exclude<GapChange, { readonly closeMs: number }>;

export class FrameWriter {
  readonly sourceId: number = 0;
  /** Its pictures have names, under which they are kept. */
  readonly holdsNamed: boolean = false;
  /** After each commit: the highest durable sequence number, and the ids of what was committed. */
  onStored: (through: number, ids: readonly { readonly sequence: number; readonly id: number }[]) => void = () => {};
  /** Once: nothing more is taken, and what was not told as stored may be lost. */
  onFailed: (error: FramewireError) => void = () => {};

  /** Highest durable sequence number of this run. */
  get stored(): number {
    return 0;
  }

  /** Sequence numbers of pictures which are there already: same name, same bytes. */
  held(_offered: readonly OfferedFrame[]): Promise<number[]> {
    throw new Error("not yet");
  }

  /** Takes a frame; resolves when it may take the next one. Durable only when `onStored` says so. */
  write(_frame: Frame): Promise<void> {
    throw new Error("not yet");
  }

  /** This one is not to be recorded: it counts as stored in its turn. */
  pass(_sequence: number): void {
    throw new Error("not yet");
  }

  /** Goes with the next commit; may come before or after that of its frame. */
  result(_sequence: number, _result: AnalysisResult): void {
    throw new Error("not yet");
  }

  /** A time without frames; with `toMs` null it ends with the next frame. */
  gap(_gap: NewGap): void {
    throw new Error("not yet");
  }

  /** Makes everything that was taken durable. @throws {FramewireError} `NO_SPACE`, `STORAGE_FAILED`. */
  flush(): Promise<void> {
    throw new Error("not yet");
  }

  /** Flushes and lets go. Why there is nothing from here on is noted as a gap. */
  close(_reason: "stopped" | "offline"): Promise<void> {
    throw new Error("not yet");
  }
}
