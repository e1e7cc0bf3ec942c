/** What a writer of frames has on its way to the catalog. */
import type { DirectWrite } from "../platform/direct_writes.ts";
import type { Frame } from "../protocol/frame.ts";
import type { NewFrame } from "./frame_catalog.ts";
import type { NewGap } from "./frame_gaps.ts";
import type { PlacedPicture } from "./frame_pictures.ts";
import type { FrameSegment } from "./frame_segments.ts";

/** What waits for its commit: a frame of a segment, a picture with a file of its own, or one that is passed over. */
export interface WaitingFrame {
  readonly sequence: number;
  /** Why those up to it never came. */
  readonly gap?: NewGap;
  readonly frame?: NewFrame;
  readonly segment?: FrameSegment;
  readonly picture?: Frame;
}

/** Commits `rows` of the `batch`; the others were passed over, or are there already. */
export interface FrameCommit {
  readonly batch: readonly WaitingFrame[];
  readonly rows: readonly WaitingFrame[];
  readonly underWay: readonly DirectWrite[];
  /** The commit of the batch before, if it may be on its way still. */
  readonly before?: Promise<void>;
  readonly placed?: readonly PlacedPicture[];
  /** Those which have files of their own. */
  readonly pictures?: readonly WaitingFrame[];
}

/** Those of `batch` which get rows; of the `pictures` among them those which are new, as they were `placed`. */
export function placedRows(
  batch: readonly WaitingFrame[],
  pictures: readonly WaitingFrame[],
  placed: readonly PlacedPicture[],
): WaitingFrame[] {
  const placeOf = new Map(pictures.map((entry, index) => [entry, placed[index]!]));
  return batch.flatMap((entry) => {
    const place = placeOf.get(entry);
    if (place === undefined) return entry.frame === undefined ? [] : [entry];
    if (place.file === undefined) return [];
    return [{ ...entry, frame: { ...entry.frame!, file: place.file, crc32: place.crc32 } }];
  });
}
