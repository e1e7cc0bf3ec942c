/** Pictures of two cameras at the same instant. Pure. */

/** Anything with a time by the clock of the server, ms. */
interface Timed {
  readonly timeMs: number;
}

/** Two pictures which belong together. */
export interface Pair<T> {
  readonly first: T;
  readonly second: T;
  /** How much later the second was taken, ms. */
  readonly skewMs: number;
  /** Whether it may be called the same instant. */
  readonly isSameInstant: boolean;
}

/** Cameras at 2 pictures a second are never further apart than this, if both run. */
const SAME_INSTANT_MS = 500;

/** The one whose time is nearest to `timeMs`, the later of two equals; undefined when there is none. */
export function nearestInTime<T extends Timed>(pictures: readonly T[], timeMs: number): T | undefined {
  let best: T | undefined;
  for (const picture of pictures) {
    if (best === undefined || Math.abs(picture.timeMs - timeMs) <= Math.abs(best.timeMs - timeMs)) best = picture;
  }
  return best;
}

/**
 * The newest instant which both sides have seen: the newest picture of the side that is behind, and the one of the other side
 * which is nearest to it. When there is none near (one side stands still) the newest of both, told by `isSameInstant`. Null
 * unless both have a picture. The lists are in any order.
 */
export function choosePair<T extends Timed>(first: readonly T[], second: readonly T[]): Pair<T> | null {
  const newestFirst = newestOf(first);
  const newestSecond = newestOf(second);
  if (newestFirst === undefined || newestSecond === undefined) return null;
  const firstIsBehind = newestFirst.timeMs <= newestSecond.timeMs;
  const pair = firstIsBehind
    ? pairOf(newestFirst, nearestInTime(second, newestFirst.timeMs) ?? newestSecond)
    : pairOf(nearestInTime(first, newestSecond.timeMs) ?? newestFirst, newestSecond);
  return pair.isSameInstant ? pair : pairOf(newestFirst, newestSecond);
}

/** Two pictures as they are. */
export function pairOf<T extends Timed>(first: T, second: T): Pair<T> {
  const skewMs = second.timeMs - first.timeMs;
  return { first, second, skewMs, isSameInstant: Math.abs(skewMs) <= SAME_INSTANT_MS };
}

function newestOf<T extends Timed>(pictures: readonly T[]): T | undefined {
  return pictures.reduce<T | undefined>(
    (best, one) => best === undefined || one.timeMs >= best.timeMs ? one : best,
    undefined,
  );
}
