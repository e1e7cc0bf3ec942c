/**
 * Pictures which will never come: what a source has to tell of them, until the server has stored something that came
 * behind. A cut in between makes it tell again: rather twice than never. Arithmetic only.
 */
import type { DropReason } from "../protocol/message.ts";

/** As in FramesDropped: the server takes no picture any more whose number it names. */
export interface Drop {
  readonly firstSequence: number;
  /** So many numbers from the first on; 0: nobody knows how many, and it names none. */
  readonly count: number;
  readonly reason: DropReason;
  /** By the clock of the box, ms since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Drops which wait to be told: a camera that comes and goes for days without a connection does not fill the memory. As
 * many as a spool keeps, and more than a cut of a full window makes.
 */
export const UNTOLD_MAX = 256;

export class DropLedger {
  /** In the order of their sequence numbers. */
  #untold: Drop[] = [];
  #told: Drop[] = [];

  add(drop: Drop): void {
    const last = this.#untold.at(-1);
    if (last !== undefined && isFollowed(last, drop)) {
      this.#untold[this.#untold.length - 1] = joined(last, drop);
      return;
    }
    this.#untold.push(drop);
    if (last !== undefined && drop.firstSequence < last.firstSequence) this.#sort();
    this.#fold();
  }

  /** The next drop to be told ahead of picture `before`; from now on it counts as told. */
  next(before = Infinity): Drop | undefined {
    if ((this.#untold[0]?.firstSequence ?? Infinity) > before) return undefined;
    const drop = this.#untold.shift();
    if (drop !== undefined) this.#told.push(drop);
    return drop;
  }

  /** The server has stored frames up to this one, dropped ones in their turn: it knows what was told of them. */
  stored(through: number): void {
    while (this.#told[0] !== undefined && lastOf(this.#told[0]) <= through) this.#told.shift();
  }

  /** The server has pictures up to this one: of those nobody says that they were dropped. */
  forgetThrough(sequence: number): void {
    this.#untold = this.#untold.filter((drop) => lastOf(drop) > sequence).map((drop) => {
      const had = Math.max(0, sequence - drop.firstSequence + 1);
      return had === 0 ? drop : { ...drop, firstSequence: sequence + 1, count: drop.count - had };
    });
  }

  /** The connection is another one: what the server may not have kept is told again. */
  tellAgain(): void {
    this.#untold = [...this.#told, ...this.#untold];
    this.#told = [];
    this.#sort();
    this.#fold();
  }

  #sort(): void {
    this.#untold.sort((a, b) => a.firstSequence - b.firstSequence);
  }

  /** Beyond the bound two neighbours of one reason become one: those by which the fewest numbers are lost. */
  #fold(): void {
    while (this.#untold.length > UNTOLD_MAX) {
      const before = new Map<DropReason, Drop>();
      let [pair, least]: [Drop[], number] = [[], Infinity];
      for (const second of this.#untold) {
        const first = before.get(second.reason);
        before.set(second.reason, second);
        if (first === undefined) continue;
        const lost = isFollowed(first, second) ? 0 : first.count + second.count;
        // Of several the last: those which are told next stay exact.
        if (lost <= least) [pair, least] = [[first, second], lost];
      }
      const [first, second] = pair as [Drop, Drop];
      this.#untold = this.#untold.filter((drop) => drop !== first && drop !== second);
      this.#untold.push(joined(first, second));
      this.#sort();
    }
  }
}

/** The last one that it is about; of a gap in which nobody counted, the one behind it. */
function lastOf({ firstSequence, count }: Drop): number {
  return firstSequence + Math.max(count, 1) - 1;
}

/** Whether the numbers of both are those of one. */
function isFollowed(first: Drop, second: Drop): boolean {
  if (first.reason !== second.reason || (first.count === 0) !== (second.count === 0)) return false;
  return first.firstSequence + first.count === second.firstSequence;
}

/** Both as one. It names no number that neither of them does, as there may be pictures in between: rather it names none. */
function joined(first: Drop, second: Drop): Drop {
  const times = { fromMs: Math.min(first.fromMs, second.fromMs), toMs: Math.max(first.toMs, second.toMs) };
  if (isFollowed(first, second)) return { ...first, ...times, count: first.count + second.count };
  return { ...second, ...times, count: 0 };
}
