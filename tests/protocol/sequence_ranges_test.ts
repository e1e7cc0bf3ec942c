import { assertEquals } from "@std/assert";
import { SequenceRanges } from "../../lib/protocol/sequence_ranges.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

Deno.test("SequenceRanges holds what was added, whatever the order: the same as a set", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = new SeededRandom(seed);
    let ranges = new SequenceRanges();
    const set = new Set<number>();
    for (let step = 0; step < 80; step++) {
      if (random.chance(0.1)) {
        const floor = random.int(25);
        const before = set.size;
        for (let below = 1; below < floor; below++) set.add(below);
        assertEquals(ranges.addBelow(floor), set.size > before, `seed ${seed}`);
      } else {
        const sequence = 1 + random.int(40);
        assertEquals(ranges.add(sequence), !set.has(sequence), `seed ${seed}: ${sequence}`);
        set.add(sequence);
      }
      if (random.chance(0.2)) ranges = random.chance(0.5) ? ranges.copy() : new SequenceRanges(ranges.list());
      assertEquals(ranges.list(), rangesOf(set), `seed ${seed}`);
      assertEquals(ranges.count, ranges.list().length);
    }
  }
});

Deno.test("SequenceRanges copies: what is added to a copy is not in the other", () => {
  const ranges = new SequenceRanges([{ first: 2, last: 3 }]);
  const copy = ranges.copy();
  copy.add(4);
  copy.add(9);
  assertEquals(ranges.list(), [{ first: 2, last: 3 }]);
  assertEquals(copy.list(), [{ first: 2, last: 4 }, { first: 9, last: 9 }]);
});

Deno.test("SequenceRanges adds the numbers below a floor, and none for a floor of 0 or 1", () => {
  const ranges = new SequenceRanges([{ first: 3, last: 4 }, { first: 7, last: 9 }, { first: 20, last: 20 }]);
  assertEquals([ranges.addBelow(0), ranges.addBelow(1)], [false, false]);
  assertEquals(ranges.addBelow(7), true);
  assertEquals(ranges.list(), [{ first: 1, last: 9 }, { first: 20, last: 20 }]);
  assertEquals(ranges.addBelow(10), false);
  assertEquals(ranges.addBelow(15), true);
  assertEquals(ranges.list(), [{ first: 1, last: 14 }, { first: 20, last: 20 }]);
});

function rangesOf(set: ReadonlySet<number>) {
  const ranges: { first: number; last: number }[] = [];
  for (const one of [...set].sort((a, b) => a - b)) {
    if (ranges.at(-1)?.last === one - 1) ranges.at(-1)!.last = one;
    else ranges.push({ first: one, last: one });
  }
  return ranges;
}
