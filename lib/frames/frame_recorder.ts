/** What the receiving side needs of the frame store: the seam at which tests bring their own. Types only. */
import type { FramewireError } from "../errors.ts";
import type { AnalysisResult, Frame } from "../protocol/frame.ts";
import type { OfferedFrame, SourceKind } from "../protocol/message.ts";
import type { FrameQuery, FrameRow, GapReason } from "../store/frame_catalog.ts";

/** One source of one connection on its way to the disk: `FrameWriter` of the store. */
export interface SourceRecorder {
  readonly sourceId: number;
  readonly holdsNamed: boolean;
  /** Highest durable sequence number of the run. */
  readonly stored: number;
  /** Called after each commit: the highest durable sequence number, and what was committed. */
  onStored: (through: number, ids: readonly { readonly sequence: number; readonly id: number }[]) => void;
  /** Called once: nothing more is taken, and what was not told as stored may be lost. */
  onFailed: (error: FramewireError) => void;
  held(offered: readonly OfferedFrame[]): Promise<number[]>;
  /** Resolves when it may take the next one. */
  write(frame: Frame): Promise<void>;
  /** This one is not to be recorded: it counts as stored in its turn. */
  pass(sequence: number): void;
  /** Goes with the next commit; may come before or after that of its frame, and after the end. `id`: of an earlier writer's. */
  result(sequence: number, result: AnalysisResult, id?: number): void;
  gap(gap: {
    readonly fromMs: number;
    readonly toMs: number | null;
    readonly frames: number;
    readonly reason: GapReason;
  }): void;
  flush(): Promise<void>;
  close(reason: "stopped" | "offline"): Promise<void>;
}

/** All sources: `FrameStore`. */
export interface FrameRecorder {
  /** @throws {FramewireError} `STREAMS_EXHAUSTED`, `NO_SPACE`, `STORAGE_FAILED`. */
  openSource(opening: {
    readonly device: string;
    readonly source: string;
    readonly kind: SourceKind;
    readonly named: boolean;
    readonly run: string;
  }): Promise<SourceRecorder>;
  frames(query: FrameQuery): Promise<FrameRow[]>;
  jpeg(id: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
}
