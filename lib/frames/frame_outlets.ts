/** Where the receiving side of frames puts them: the seam to live view and analysis, which the server wires. */
import type { AnalysisResult, Frame, SourceKey } from "../protocol/frame.ts";
import type { DropReason, SourceKind } from "../protocol/message.ts";

/** A source while a box sends it. */
export interface LiveSource {
  /** A frame has arrived; nobody is waited for. */
  publish(frame: Frame): void;
  /** The frame of this run and sequence was analysed. */
  publishResult(run: string, sequence: number, result: AnalysisResult): void;
  /** The frame of this run and sequence is durable as frame `id` of the catalog. */
  publishStored(run: string, sequence: number, id: number): void;
  /** Frames will never come; a count of 0 is "nobody knows". */
  publishDrop(reason: DropReason, count: number): void;
  /** The box has ended it (`stopped`), or is gone (`offline`). */
  close(reason: "stopped" | "offline"): void;
}

/** All of the outlets. */
export interface FrameOutlets {
  open(key: SourceKey, kind: SourceKind): LiveSource;
  /** The result of every frame, when nobody analyses them: it is neither told for each nor stored. Null: they are analysed. */
  readonly commonResult: AnalysisResult | null;
  /**
   * Analyses a frame; never rejects. `patient`: it may wait for its turn (policy `all`), while others are skipped when
   * the analysis is slower than the cameras.
   */
  analyse(frame: Frame, patient: boolean): Promise<AnalysisResult>;
}
