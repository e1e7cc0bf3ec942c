import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FramewireError } from "../../lib/errors.ts";
import {
  addRange,
  type ByteRange,
  containsRange,
  coveredFrom,
  missingRanges,
  totalBytes,
} from "../../lib/protocol/ranges.ts";

const BITS = 48;
const span = fc.tuple(fc.nat(BITS), fc.nat(BITS)).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);
const spans = fc.array(span, { maxLength: 12 });

function build(list: readonly (readonly [number, number])[]): { ranges: readonly ByteRange[]; bits: boolean[] } {
  let ranges: readonly ByteRange[] = [];
  const bits = new Array<boolean>(BITS).fill(false);
  for (const [start, end] of list) {
    ranges = addRange(ranges, start, end);
    bits.fill(true, start, end);
  }
  return { ranges, bits };
}

/** The ranges that a bitmap stands for, found bit by bit. */
function rangesOf(bits: readonly boolean[]): ByteRange[] {
  const found: ByteRange[] = [];
  for (let at = 0; at < bits.length; at++) {
    if (!bits[at]) continue;
    const start = at;
    while (at < bits.length && bits[at]) at++;
    found.push({ start, end: at });
  }
  return found;
}

Deno.test("addRange gives the sorted disjoint ranges of a bitmap", () => {
  fc.assert(fc.property(spans, (list) => {
    const { ranges, bits } = build(list);
    assertEquals(ranges, rangesOf(bits));
    assertEquals(totalBytes(ranges), bits.filter(Boolean).length);
  }));
});

Deno.test("addRange leaves the list it was given as it was", () => {
  fc.assert(fc.property(spans, span, (list, [start, end]) => {
    const { ranges } = build(list);
    const before = structuredClone(ranges);
    addRange(Object.freeze(ranges), start, end);
    assertEquals(ranges, before);
  }));
});

Deno.test("addRange merges ranges which touch, and gives the same list when nothing is new", () => {
  const two = addRange(addRange([], 0, 10), 20, 30);
  assertEquals(addRange(two, 10, 20), [{ start: 0, end: 30 }]);
  assertEquals(addRange(two, 10, 19), [{ start: 0, end: 19 }, { start: 20, end: 30 }]);
  assertStrictEquals(addRange(two, 22, 30), two);
  assertStrictEquals(addRange(two, 15, 15), two);
});

Deno.test("missingRanges is the complement inside the asked bytes", () => {
  fc.assert(fc.property(spans, span, (list, [start, end]) => {
    const { ranges, bits } = build(list);
    const absent = bits.map((held, at) => !held && at >= start && at < end);
    assertEquals(missingRanges(ranges, start, end), rangesOf(absent));
  }));
});

Deno.test("coveredFrom and containsRange agree with the bitmap", () => {
  fc.assert(fc.property(spans, span, (list, [start, end]) => {
    const { ranges, bits } = build(list);
    let covered = start;
    while (covered < BITS && bits[covered]) covered++;
    assertEquals(coveredFrom(ranges, start), covered);
    assertEquals(containsRange(ranges, start, end), bits.slice(start, end).every(Boolean));
  }));
});

Deno.test("ranges are exact up to 2^53 - 1", () => {
  const last = Number.MAX_SAFE_INTEGER;
  const ranges = addRange(addRange([], last - 1, last), 0, 1);
  assertEquals(missingRanges(ranges, 0, last), [{ start: 1, end: last - 1 }]);
  assertEquals(coveredFrom(ranges, last - 1), last);
});

Deno.test("every function refuses what is not a range of whole bytes", () => {
  for (const [start, end] of [[-1, 2], [2, 1], [0.5, 1], [0, NaN], [0, Infinity], [0, 2 ** 53]] as const) {
    assertThrows(() => addRange([], start, end), FramewireError, `received ${start} to ${end}`);
    assertThrows(() => missingRanges([], start, end), FramewireError, "0 <= start <= end");
    assertThrows(() => containsRange([], start, end), FramewireError, "0 <= start <= end");
  }
  assertThrows(() => coveredFrom([], 1.5), FramewireError, "0 <= start <= end");
});
