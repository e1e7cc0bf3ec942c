/** A picture inside the server: one object for the store, the live view and the analysis. Types only. */
import type { SourceKind } from "./message.ts";

/** Which source: a name of the box, under the name of its device. */
export interface SourceKey {
  readonly device: string;
  readonly source: string;
}

/** One picture of a source. */
export interface Frame extends SourceKey {
  readonly sourceKind: SourceKind;
  /** The box's numbering, new when the box starts anew. */
  readonly run: string;
  readonly sequence: number;
  /** File name, if it had one. */
  readonly name: string | null;
  /** When it was taken by the clock of the box, ms since 1970, microseconds behind the point; may be nonsense. */
  readonly capturedMs: number;
  /** The same by the clock of the server: `capturedMs` less the estimated offset. */
  readonly timeMs: number;
  /** When it arrived, by the clock of the server. */
  readonly receivedMs: number;
  /** The JPEG; a copy which nobody changes. */
  readonly jpeg: Uint8Array<ArrayBuffer>;
}

/** What is wrong with the part in the picture, if anything; `not analysed`: nobody looked, `reasons` says why. */
export type Verdict = "ok" | "defect" | "not analysed";

/** Where something was found: fractions of width and height from the top left corner, 0 to 1. */
export interface AnalysisBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly label: string;
  /** 0 to 1; null when the analyser gave none. */
  readonly score: number | null;
}

/** What became of the analysis of a frame; its JSON goes to the box, into the catalog and to the page as it is. */
export interface AnalysisResult {
  readonly result: Verdict;
  /** Why it is a defect, or was not analysed; for a person. */
  readonly reasons: readonly string[];
  readonly boxes: readonly AnalysisBox[];
  /** Brightness, contrast, sharpness, motion and what an analyser of one's own measures. */
  readonly measures: Readonly<Record<string, number | boolean | string>>;
  /** Time that the analysis took, ms; 0 when there was none. */
  readonly tookMs: number;
}
