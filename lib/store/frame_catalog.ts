/** What is remembered of frames: the seam to SQLite. */
import type { Verdict } from "../protocol/frame.ts";
import type { DropReason, SourceKind } from "../protocol/message.ts";

/** A source that has sent something once. */
export interface SourceRow {
  readonly id: number;
  readonly device: string;
  readonly name: string;
  readonly kind: SourceKind;
  /** Its folder under `frames/`, two names: `<device>/<source>`, made from both and safe. */
  readonly folder: string;
  readonly createdMs: number;
}

/** A frame as it was committed. */
export interface FrameRow {
  /** Rising in the order of arrival. */
  readonly id: number;
  readonly sourceId: number;
  readonly run: string;
  readonly sequence: number;
  readonly capturedMs: number;
  readonly timeMs: number;
  readonly receivedMs: number;
  /** The name the box gave it, if any. */
  readonly name: string | null;
  /** File in the source's folder that holds it: a picture of its own, or a segment. */
  readonly file: string;
  /** Where in the file. */
  readonly position: number;
  readonly bytes: number;
  /** CRC-32 of the picture. */
  readonly crc32: number;
  readonly verdict: Verdict | null;
  /** JSON of the AnalysisResult; null while there is none. */
  readonly result: string | null;
}

/**
 * Why there is no frame for a while: what the box says, or that the source was `stopped` on purpose, `disk`: the server
 * had no space, `retention`: it was there once, and was removed.
 */
export type GapReason = DropReason | "stopped" | "disk" | "retention";

/** A time without frames, or with fewer than there should be. */
export interface GapRow {
  readonly id: number;
  readonly sourceId: number;
  /** By the clock of the server, ms since 1970. */
  readonly fromMs: number;
  /** Null while it lasts. */
  readonly toMs: number | null;
  /** Frames lost; 0 when nobody knows. */
  readonly frames: number;
  readonly reason: GapReason;
}

/** A span in which a source was recorded without a pause longer than what was asked for. */
export interface SpanRow {
  readonly fromMs: number;
  readonly toMs: number;
  readonly frames: number;
  readonly defects: number;
}

/** A file of recorded frames. */
export interface SegmentRow {
  readonly id: number;
  readonly sourceId: number;
  readonly file: string;
  readonly bytes: number;
  readonly frames: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Which frames: all bounds inclusive, all fields optional. */
export interface FrameQuery {
  readonly sourceId?: number;
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly verdict?: Verdict;
  /** Only those after (ascending) or before (descending) this frame. */
  readonly cursor?: number;
  readonly order: "ascending" | "descending";
  readonly limit: number;
}
