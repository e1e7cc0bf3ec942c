/** What the receiving side needs of the frame store: the seam at which tests bring their own. Types only. */
import type { FramewireError } from "../errors.ts";
import type { AnalysisResult, Frame } from "../protocol/frame.ts";
import type { OfferedFrame, SourceKind } from "../protocol/message.ts";
import type { FrameQuery, FrameRow, GapReason } from "../store/frame_catalog.ts";

/** A time without frames, by the clock of the server, ms since 1970; with `toMs` null it ends with the next frame. */
export interface RecordedGap {
  readonly fromMs: number;
  readonly toMs: number | null;
  /** 0: nobody knows how many. */
  readonly frames: number;
  readonly reason: GapReason;
}

/** One source of one connection on its way to the disk: `FrameWriter` of the store. */
export interface SourceRecorder {
  readonly sourceId: number;
  readonly holdsNamed: boolean;
  /** Highest durable sequence number of the run. */
  readonly stored: number;
  /** Called after each commit: the highest durable sequence number, and what was committed. */
  onStored: (through: number, ids: readonly { readonly sequence: number; readonly id: number }[]) => void;
  /** Called when frames up to this one, those told as stored aside, will not be recorded, as the disk is full. */
  onUnrecorded?: (through: number) => void;
  /** Called once: nothing more is taken, and what was not told as stored may be lost. */
  onFailed: (error: FramewireError) => void;
  held(offered: readonly OfferedFrame[]): Promise<number[]>;
  /** Resolves when it may take the next one. */
  write(frame: Frame): Promise<void>;
  /** This one is not to be recorded: it counts as stored in its turn. `gap`: why, durable with it. */
  pass(sequence: number, gap?: RecordedGap): void;
  /** Goes with the next commit; may come before or after that of its frame, and after the end. `id`: of an earlier writer's. */
  result(sequence: number, result: AnalysisResult, id?: number): void;
  gap(gap: RecordedGap): void;
  flush(): Promise<void>;
  close(reason: "stopped" | "offline"): Promise<void>;
}

/** All sources: `FrameStore`. */
export interface FrameRecorder {
  /** @throws {FramewireError} `STREAMS_EXHAUSTED`, `NO_SPACE`, `STORAGE_FAILED`, `SUPERSEDED` if it `resumes`. */
  openSource(opening: {
    readonly device: string;
    readonly source: string;
    readonly kind: SourceKind;
    readonly named: boolean;
    readonly run: string;
    /** Goes on with a recording: takes nothing over from another one. */
    readonly resumes?: boolean;
  }): Promise<SourceRecorder>;
  /** Resolves when there is room to record for a while. @throws {FramewireError} `NO_SPACE`. */
  checkSpace(): Promise<void>;
  frames(query: FrameQuery): Promise<FrameRow[]>;
  jpeg(id: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
}
