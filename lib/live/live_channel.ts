/** What the live view keeps of one source. */
import { LIMITS } from "../config/limits.ts";
import type { AnalysisResult, Frame, SourceKey } from "../protocol/frame.ts";
import type { SourceKind } from "../protocol/message.ts";
import { Feed } from "./feed.ts";
import { SourceStatistics } from "./source_statistics.ts";

/** Frames whose name and times are remembered for their results: analysis may be so far behind. */
const HEADS_KEPT = 256;
/** Results which are kept for readers; of `LIMITS.resultBytesMax` each, at worst. */
const RESULTS_KEPT = LIMITS.frameWindowFrames;

/** A frame without its picture. */
export interface FrameHead {
  readonly run: string;
  readonly sequence: number;
  readonly name: string | null;
  readonly capturedMs: number;
  readonly timeMs: number;
  readonly receivedMs: number;
  /** Of the catalog; null while it is not durable. */
  id: number | null;
}

/** A result, and which frame it is about. */
export interface LiveResult {
  readonly run: string;
  readonly sequence: number;
  /** Null when the frame is so long ago that nothing more is known of it here. */
  readonly frame: FrameHead | null;
  readonly result: AnalysisResult;
}

/** See `SourceState` of the viewer. */
export type LiveState = "live" | "stale" | "stopped" | "offline";

export class LiveChannel {
  readonly key: SourceKey;
  readonly frames = new Feed<Frame>(1);
  readonly results = new Feed<LiveResult>(RESULTS_KEPT);
  readonly statistics = new SourceStatistics();
  readonly #heads = new Feed<FrameHead>(HEADS_KEPT);
  kind: SourceKind;
  /** Whoever sends it; only that one may say that it ends. Null when nobody does. */
  sender: object | null = null;
  closedAs: "stopped" | "offline" = "offline";

  constructor(key: SourceKey, kind: SourceKind) {
    this.key = { device: key.device, source: key.source };
    this.kind = kind;
  }

  publish(frame: Frame, nowMs: number): void {
    const { run, sequence, name, capturedMs, timeMs, receivedMs } = frame;
    this.#heads.put({ run, sequence, name, capturedMs, timeMs, receivedMs, id: null });
    this.statistics.frame(frame, nowMs);
    this.frames.put(frame);
  }

  publishResult(run: string, sequence: number, result: AnalysisResult): void {
    this.statistics.result(result);
    this.results.put({ run, sequence, frame: this.head(run, sequence), result });
  }

  publishStored(run: string, sequence: number, id: number): void {
    const head = this.head(run, sequence);
    if (head !== null) head.id = id;
  }

  /** What is known of a late frame; null when it is too long ago. */
  head(run: string, sequence: number): FrameHead | null {
    const { newest, count, oldestKept } = this.#heads;
    const isIt = (head: FrameHead) => head.sequence === sequence && head.run === run;
    // Where it is if none was dropped since.
    const likely = count - ((newest?.sequence ?? 0) - sequence);
    if (likely >= oldestKept && likely <= count && isIt(this.#heads.at(likely))) return this.#heads.at(likely);
    for (let number = count; number >= oldestKept; number--) {
      if (isIt(this.#heads.at(number))) return this.#heads.at(number);
    }
    return null;
  }

  state(nowMs: number): LiveState {
    if (this.sender === null) return this.closedAs;
    return this.statistics.isLive(nowMs) ? "live" : "stale";
  }

  /** Somebody looks at it. */
  get isWatched(): boolean {
    return this.frames.readers > 0 || this.results.readers > 0;
  }
}
