/** Which events of a feed the server has: arithmetic on sequence numbers, both ends included. */
import type { EventPack } from "../protocol/event_pack.ts";
import { eventEnds } from "../protocol/event_pack.ts";
import type { SequenceRange } from "../protocol/message.ts";

export class AckedEvents {
  /** Sorted, apart from each other. */
  #ranges: SequenceRange[] = [];

  get ranges(): readonly SequenceRange[] {
    return this.#ranges;
  }

  add(first: number, last: number): void {
    if (last < first) return;
    const before = this.#ranges.filter((range) => range.last < first - 1);
    const after = this.#ranges.filter((range) => range.first > last + 1);
    const touching = this.#ranges.slice(before.length, this.#ranges.length - after.length);
    const merged = {
      first: Math.min(first, touching[0]?.first ?? first),
      last: Math.max(last, touching.at(-1)?.last ?? last),
    };
    this.#ranges = [...before, merged, ...after];
  }

  /** Forgets what is below `floor`. */
  forgetBelow(floor: number): void {
    while (this.#ranges.length > 0 && this.#ranges[0]!.last < floor) this.#ranges.shift();
  }

  /** How many of these numbers are not here. */
  missingIn({ first, last }: SequenceRange): number {
    let count = last - first + 1;
    for (const range of this.#ranges) {
      count -= Math.max(0, Math.min(last, range.last) - Math.max(first, range.first) + 1);
    }
    return count;
  }

  /** Those parts of a pack behind `after` that are not here; the bytes are views. */
  missingOf(pack: EventPack, after = 0): EventPack[] {
    const from = Math.max(pack.first, after + 1);
    const overlapping = this.#ranges.filter(({ first, last }) => last >= from && first <= pack.last);
    if (overlapping.length === 0 && from === pack.first) return [pack];
    const parts: EventPack[] = [];
    let ends: number[] | undefined;
    let next = from;
    const take = (last: number) => {
      if (last < next) return;
      ends ??= eventEnds(pack);
      const [start, end] = [next === pack.first ? 0 : ends[next - pack.first - 1]!, ends[last - pack.first]!];
      const { fromMs, toMs } = pack;
      parts.push({ first: next, last, bytes: pack.bytes.subarray(start, end), fromMs, toMs });
    };
    for (const { first, last } of overlapping) {
      take(Math.min(first - 1, pack.last));
      next = Math.max(next, last + 1);
    }
    take(pack.last);
    return parts;
  }
}
