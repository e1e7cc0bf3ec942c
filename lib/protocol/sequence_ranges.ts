/** Which sequence numbers of a run are held. Arithmetic only. */
import type { SequenceRange } from "./message.ts";

/**
 * Numbers as ranges, lowest first, which neither overlap nor touch. Numbers are 1 or more. Adding one at the end of a range
 * costs the same however many ranges there are: a backlog and what overtakes it each grow one.
 */
export class SequenceRanges {
  readonly #firsts: number[];
  readonly #lasts: number[];
  /** The range that grew last. */
  #at = 0;

  /** `ranges` as {@linkcode list} gives them. */
  constructor(ranges: readonly SequenceRange[] = []) {
    this.#firsts = ranges.map(({ first }) => first);
    this.#lasts = ranges.map(({ last }) => last);
  }

  /** How many ranges there are. */
  get count(): number {
    return this.#firsts.length;
  }

  /** Adds one; false when it is held already. */
  add(sequence: number): boolean {
    const at = this.#before(sequence);
    const lasts = this.#lasts;
    if (at >= 0 && sequence <= lasts[at]!) return false;
    const follows = at >= 0 && lasts[at] === sequence - 1;
    const precedes = this.#firsts[at + 1] === sequence + 1;
    if (follows) lasts[at] = sequence;
    else if (precedes) this.#firsts[at + 1] = sequence;
    else {
      this.#firsts.splice(at + 1, 0, sequence);
      lasts.splice(at + 1, 0, sequence);
    }
    if (follows && precedes) {
      this.#firsts.splice(at + 1, 1);
      lasts.splice(at, 1);
    }
    this.#at = follows ? at : at + 1;
    return true;
  }

  /** Adds all numbers below `floor`; false when that changes nothing. */
  addBelow(floor: number): boolean {
    if (floor <= 1) return false;
    // The range which holds `floor - 1`, or touches it, and those before it become one.
    const at = this.#before(floor);
    if (at === 0 && this.#firsts[0] === 1 && this.#lasts[0]! >= floor - 1) return false;
    const last = Math.max(floor - 1, at < 0 ? 0 : this.#lasts[at]!);
    this.#firsts.splice(0, at + 1, 1);
    this.#lasts.splice(0, at + 1, last);
    this.#at = 0;
    return true;
  }

  /** All of them, lowest first. */
  list(): SequenceRange[] {
    return this.#firsts.map((first, index) => ({ first, last: this.#lasts[index]! }));
  }

  /** Others with the same numbers. */
  copy(): SequenceRanges {
    const copy = new SequenceRanges();
    copy.#firsts.push(...this.#firsts);
    copy.#lasts.push(...this.#lasts);
    copy.#at = this.#at;
    return copy;
  }

  /** Index of the last range that begins at `sequence` or before; -1 for none. */
  #before(sequence: number): number {
    const firsts = this.#firsts;
    const at = this.#at;
    if (at < firsts.length && firsts[at]! <= sequence && !(firsts[at + 1]! <= sequence)) return at;
    let [low, high] = [-1, firsts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (firsts[middle]! <= sequence) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
