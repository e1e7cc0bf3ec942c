/** What the viewer knows of sources and frames: the seam between the HTTP routes and the store and hub. */
import type { AnalysisResult, Verdict } from "../protocol/frame.ts";
import type { DropReason, SourceKind } from "../protocol/message.ts";
import type { GapReason } from "../store/frame_catalog.ts";

/**
 * - `live`: its newest frame is as old as its rate explains.
 * - `stale`: the box is connected and sends it, but there is no new frame.
 * - `stopped`: the box has ended it.
 * - `offline`: the box is gone.
 */
export type SourceState = "live" | "stale" | "stopped" | "offline";

/** A source at one instant. */
export interface SourceView {
  /** Of the catalog; the page's WebSocket and the API use it. */
  readonly id: number;
  readonly device: string;
  readonly source: string;
  readonly kind: SourceKind;
  readonly state: SourceState;
  /** Frames a second over the last seconds, as they arrive. */
  readonly fps: number;
  readonly bytesPerSecond: number;
  /** By the clock of the server; null when there was none since the server started. */
  readonly lastFrameMs: number | null;
  /** Dropped by the box since the server started. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Analysed and skipped since the server started. */
  readonly analysed: number;
  readonly skipped: number;
  readonly defects: number;
  /** Capture to arrival of late frames, ms, by the clock of the server; null when unknown. */
  readonly latencyMs: number | null;
  /** The clock of the box less that of the server, ms; null when unknown. */
  readonly clockOffsetMs: number | null;
  /** What is recorded of it. */
  readonly storedFrames: number;
  readonly storedBytes: number;
  readonly firstStoredMs: number | null;
  readonly lastStoredMs: number | null;
}

/** A recorded frame. */
export interface FrameView {
  readonly id: number;
  readonly sourceId: number;
  readonly device: string;
  readonly source: string;
  readonly sequence: number;
  readonly name: string | null;
  readonly capturedMs: number;
  readonly timeMs: number;
  readonly receivedMs: number;
  readonly bytes: number;
  readonly verdict: Verdict | null;
  readonly result: AnalysisResult | null;
}

/**
 * What is recorded of a source, and why the rest is not; by the clock of the server. `count`: gaps which are shown as one,
 * as there are very many.
 */
export interface TimelineView {
  readonly spans: readonly { fromMs: number; toMs: number; frames: number; defects: number }[];
  readonly gaps: readonly {
    readonly fromMs: number;
    readonly toMs: number | null;
    readonly frames: number;
    readonly reason: GapReason;
    readonly count: number;
  }[];
}

/** Recorded frames. */
export interface FrameLibrary {
  sources(): Promise<SourceView[]>;
  frames(options: {
    readonly sourceId?: number;
    readonly device?: string;
    readonly source?: string;
    readonly sinceMs?: number;
    readonly untilMs?: number;
    readonly verdict?: Verdict;
    readonly cursor?: number;
    readonly order: "ascending" | "descending";
    readonly limit: number;
  }): Promise<FrameView[]>;
  frame(id: number): Promise<FrameView | undefined>;
  /** The JPEG; undefined when it is gone. The caller's own copy. */
  jpeg(id: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Nearest frame of a source at a time; undefined when it has none. */
  nearest(sourceId: number, timeMs: number): Promise<FrameView | undefined>;
  timeline(sourceId: number, sinceMs: number, untilMs: number): Promise<TimelineView>;
}
