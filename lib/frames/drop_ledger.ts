/**
 * Pictures which will never come: what a source has to tell of them, until the server has stored something that came
 * behind. A cut in between makes it tell again: rather twice than never. Arithmetic only.
 */
import type { DropReason } from "../protocol/message.ts";

/** As in FramesDropped. */
export interface Drop {
  readonly firstSequence: number;
  /** 0: nobody knows how many there would have been. */
  readonly count: number;
  readonly reason: DropReason;
  /** By the clock of the box, ms since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Drops which wait to be told: a camera that comes and goes for days without a connection does not fill the memory. */
const UNTOLD_MAX = 64;

export class DropLedger {
  /** In the order of their sequence numbers. */
  #untold: Drop[] = [];
  #told: Drop[] = [];

  add(drop: Drop): void {
    const last = this.#untold.at(-1);
    if (last?.reason === drop.reason && last.firstSequence + last.count === drop.firstSequence) {
      this.#untold[this.#untold.length - 1] = joined(last, drop);
      return;
    }
    this.#untold.push(drop);
    if (last !== undefined && drop.firstSequence < last.firstSequence) this.#sort();
    if (this.#untold.length > UNTOLD_MAX) this.#fold();
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
  }

  #sort(): void {
    this.#untold.sort((a, b) => a.firstSequence - b.firstSequence);
  }

  /** Joins the last two of one reason: the counts stay right, the times become less exact. */
  #fold(): void {
    const last = this.#untold.pop()!;
    const index = this.#untold.findLastIndex(({ reason }) => reason === last.reason);
    if (index < 0) this.#untold.push(last);
    else this.#untold[index] = joined(this.#untold[index]!, last);
  }
}

/** The last one that it is about; of a gap in which nobody counted, the one behind it. */
function lastOf({ firstSequence, count }: Drop): number {
  return firstSequence + Math.max(count, 1) - 1;
}

function joined(first: Drop, second: Drop): Drop {
  return {
    ...first,
    count: first.count + second.count,
    fromMs: Math.min(first.fromMs, second.fromMs),
    toMs: Math.max(first.toMs, second.toMs),
  };
}
