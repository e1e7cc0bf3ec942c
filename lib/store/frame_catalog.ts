/** What is remembered of frames: the seam to SQLite. */
import type { DirectWrite } from "../platform/direct_writes.ts";
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

/** A gap as it is shown, or some of one reason as one: from where the first begins to where the last ends. */
export interface GapSpan extends Omit<GapRow, "id" | "sourceId"> {
  /** How many gaps it stands for. */
  readonly count: number;
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

/** A source as it is opened, and what is known of the run. */
export interface OpenedSource {
  readonly source: SourceRow;
  /** Number of the run in the catalog. */
  readonly runId: number;
  /** Highest durable sequence number of the run; 0 for none. */
  readonly stored: number;
}

/** A frame which is about to be committed. */
export interface NewFrame {
  readonly segmentId: number;
  readonly sequence: number;
  readonly capturedMs: number;
  readonly timeMs: number;
  readonly receivedMs: number;
  readonly name: string | null;
  /** File of its own; null when it lies in the file of its segment. */
  readonly file: string | null;
  readonly position: number;
  readonly bytes: number;
  readonly crc32: number;
  readonly verdict: Verdict | null;
  readonly result: string | null;
}

/** The result of a frame that is committed. */
export interface NewResult {
  /** Of the frame. */
  readonly id: number;
  readonly verdict: Verdict;
  readonly json: string;
}

/** A gap, or the end of the open one: a source has at most one that is open, and a new one ends it. */
export type GapChange = { readonly closeMs: number } | Omit<GapRow, "id" | "sourceId">;

/** What one commit makes durable of a source, all of it or nothing. */
export interface FrameBatch {
  readonly sourceId: number;
  readonly runId: number;
  /** Refused unless those up to this one are stored: the batch before may be on its way still, and fail. */
  readonly behind: number;
  /** Highest sequence number that is stored with this batch; those of `frames` are above the one before. */
  readonly stored: number;
  /** In the order of arrival. */
  readonly frames: readonly NewFrame[];
  readonly results: readonly NewResult[];
  readonly gaps: readonly GapChange[];
}

/** Where a frame lies. */
export interface FramePlace {
  /** Of its source, under `frames/`. */
  readonly folder: string;
  readonly file: string;
  readonly position: number;
  readonly bytes: number;
  readonly crc32: number;
  readonly segmentId: number;
}

/** A segment, for recovery and retention. */
export interface SegmentState extends SegmentRow {
  /** Of its source, under `frames/`. */
  readonly folder: string;
  readonly sealed: boolean;
  /** When its newest frame arrived, by the clock of the server; 0 when it has none. */
  readonly receivedMs: number;
}

/** A file whose rows are gone, and which has to go. */
export interface TrashRow {
  readonly id: number;
  /** Of its source, under `frames/`. */
  readonly folder: string;
  readonly file: string;
}

/** What makes two pictures of a source the same. */
export interface PictureContent {
  readonly name: string;
  readonly bytes: number;
  readonly crc32: number;
}

/** A picture with a name, as it is known. */
export interface NamedPicture extends PictureContent {
  readonly id: number;
  readonly file: string;
}

/** A source with what is recorded of it. */
export type SourceTotals = SourceRow & {
  readonly frames: number;
  readonly bytes: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
};

/**
 * Frames in the catalog. As with {@linkcode Catalog}, a change is durable when its promise resolves, changes of the same
 * time share a commit, and the errors are the same.
 */
export interface FrameCatalog {
  /** Finds or makes a source and a run of it; null when the device has `sourcesMax` others. */
  openSource(opening: {
    readonly device: string;
    readonly name: string;
    readonly kind: SourceKind;
    readonly run: string;
    readonly nowMs: number;
    readonly sourcesMax: number;
  }): Promise<OpenedSource | null>;
  /** A new segment. Its file is named after `start` and its id; none if that is empty: pictures with files of their own. */
  addSegment(sourceId: number, start: string): Promise<{ readonly id: number; readonly file: string }>;
  /** Nothing more is written to it. */
  sealSegments(ids: readonly number[]): Promise<void>;
  /**
   * Id of the first frame of the batch, those of the others follow it; 0 when there are none. Commits when what is
   * `underWay` is durable, and rejects when it is not.
   */
  commitFrames(batch: FrameBatch, underWay?: readonly DirectWrite[]): Promise<number>;
  /**
   * Removes up to `rowsMax` frames of a segment, oldest first, and with the last of them the segment; files which are of
   * no use any more are trash from then on. A hole that this makes between others is a gap.
   */
  dropFrames(segmentId: number, rowsMax: number): Promise<{ readonly isGone: boolean; readonly trash: TrashRow[] }>;
  /** These files are gone. */
  forgetTrash(ids: readonly number[]): Promise<void>;
  /** Sources which have recorded something and have no open gap get one from their last frame on. */
  openGaps(reason: GapReason): Promise<void>;

  sources(): Promise<SourceTotals[]>;
  frames(query: FrameQuery): Promise<FrameRow[]>;
  frame(id: number): Promise<FrameRow | undefined>;
  place(id: number): Promise<FramePlace | undefined>;
  nearest(sourceId: number, timeMs: number): Promise<FrameRow | undefined>;
  /** Those which overlap the time; pauses of up to `pauseMs` are none. */
  spans(sourceId: number, sinceMs: number, untilMs: number, pauseMs: number): Promise<SpanRow[]>;
  /** Those which overlap the time, oldest first; when they are more than `limit`, see `fewerGaps`. */
  gaps(sourceId: number, sinceMs: number, untilMs: number, limit: number): Promise<GapSpan[]>;
  /** Oldest first by arrival: of one source or of all. */
  segments(options: { readonly sourceId?: number; readonly sealed: boolean; readonly limit: number }): Promise<
    SegmentState[]
  >;
  /** Pictures of a source that are the same as one of these. */
  samePictures(sourceId: number, pictures: readonly PictureContent[]): Promise<NamedPicture[]>;
  /** Which of the file names (folded by `nameKey`) some picture of the source has, or had and is not gone yet. */
  takenFiles(sourceId: number, keys: readonly string[]): Promise<string[]>;
  /** Files which have to go, oldest first; `after`: behind this one. */
  trash(limit: number, after?: number): Promise<TrashRow[]>;
}

/** The methods that change something. */
export const FRAME_WRITES = [
  "openSource",
  "addSegment",
  "sealSegments",
  "commitFrames",
  "dropFrames",
  "forgetTrash",
  "openGaps",
] as const;
