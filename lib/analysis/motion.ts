/** What has changed between two pictures of a source. */
import type { AnalysisBox } from "../protocol/frame.ts";
import type { LumaPlane } from "./measures.ts";

/** Change from one picture to the next. */
export interface Change {
  /** Mean absolute difference of the luma, 0 to 255. */
  readonly motion: number;
  /** Around all that moved; null when nothing did. */
  readonly box: AnalysisBox | null;
}

/** A cell which changes by more than this has moved: above what noise leaves, and the flicker of a lamp. */
const MOVED_LUMA = 20;

/** Compares two planes; null when they have not the same size. */
export function changeOf(before: LumaPlane, now: LumaPlane): Change | null {
  const { width, height } = now;
  if (before.width !== width || before.height !== height) return null;
  let sum = 0;
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const difference = Math.abs(now.luma[at]! - before.luma[at]!);
      sum += difference;
      if (difference <= MOVED_LUMA || !hasMovedNeighbour(before, now, x, y)) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  const box = right < 0 ? null : {
    x: left / width,
    y: top / height,
    width: (right + 1 - left) / width,
    height: (bottom + 1 - top) / height,
    label: "motion",
    score: null,
  };
  return { motion: sum / now.luma.length, box };
}

/** A single cell that changed is noise. */
function hasMovedNeighbour(before: LumaPlane, now: LumaPlane, x: number, y: number): boolean {
  const { width, height } = now;
  const moved = (at: number) => Math.abs(now.luma[at]! - before.luma[at]!) > MOVED_LUMA;
  const at = y * width + x;
  return (x > 0 && moved(at - 1)) || (x < width - 1 && moved(at + 1)) ||
    (y > 0 && moved(at - width)) || (y < height - 1 && moved(at + width));
}
