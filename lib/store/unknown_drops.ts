/** Drops of which the server does not know yet. Arithmetic only. */
import type { DropReason } from "../protocol/message.ts";
import type { NumberedPicture } from "./frame_spool.ts";
import type { NewDrop } from "./spool_frame_tables.ts";

/** Drops that are kept apart: a camera may come and go for years. */
export const DROPS_MAX = 256;

/** With one more: those of one cause whose numbers follow each other are one, and beyond {@linkcode DROPS_MAX} the last of one cause. */
export function withDrop(drops: readonly NewDrop[], drop: NewDrop): NewDrop[] {
  const isSame = (one: NewDrop) => one.reason === drop.reason && one.cause === drop.cause;
  const before = drops.findLastIndex((one) => isSame(one) && one.first + one.pictures === drop.first);
  const at = before < 0 && drops.length >= DROPS_MAX ? drops.findLastIndex(isSame) : before;
  if (at < 0) return [...drops, drop].sort((a, b) => a.first - b.first);
  const one = drops[at]!;
  const joined = {
    ...one,
    // The numbers of one follow each other.
    pictures: one.pictures + (before < 0 ? 0 : drop.pictures),
    fromMs: Math.min(one.fromMs, drop.fromMs),
    toMs: Math.max(one.toMs, drop.toMs),
  };
  return drops.with(at, joined);
}

/** What is left of them when pictures up to this one are stored: of those that are after all nobody says that they were dropped. */
export function dropsBehind(drops: readonly NewDrop[], through: number): NewDrop[] {
  return drops.filter(({ first, pictures }) => first + Math.max(pictures, 1) - 1 > through).map((drop) => {
    const had = Math.max(0, through - drop.first + 1);
    return had === 0 ? drop : { ...drop, first: through + 1, pictures: drop.pictures - had };
  });
}

/** Pictures in the order of their numbers, for which there is no room; null for none. */
export function dropOf(pictures: readonly Omit<NumberedPicture, "jpeg">[], reason: DropReason): NewDrop | null {
  const [first, last] = [pictures[0], pictures.at(-1)];
  if (first === undefined || last === undefined) return null;
  const [fromMs, toMs] = [first.capturedMs, last.capturedMs];
  return { first: first.sequence, pictures: pictures.length, reason, cause: "full", fromMs, toMs };
}
