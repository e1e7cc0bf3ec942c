import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Mp4Index } from "../../lib/clips/mp4_layout.ts";
import { planRanges } from "../../lib/clips/send_plan.ts";
import { addRange, type ByteRange, containsRange, totalBytes } from "../../lib/protocol/ranges.ts";

const KIB = 1024;
const BLOCK = 32 * KIB;

/** An index as ffmpeg writes it: `ftyp`, `free`, `mdat` from byte 40, `moov`. */
function indexOf(moovStart: number, moovEnd: number, ...more: number[]): Mp4Index {
  return { moovStart, moovEnd, mdatStart: 40, boxStarts: [0, 32, 40, ...more] };
}

const pairs = (ranges: readonly ByteRange[]) => ranges.map(({ start, end }) => [start, end]);

Deno.test("planRanges sends in order what has no index, or has it in front", () => {
  assertEquals(pairs(planRanges({ bytes: 1000, index: undefined, held: [] })), [[0, 1000]]);
  const index = { moovStart: 32, moovEnd: 9000, mdatStart: 9000, boxStarts: [0] };
  assertEquals(pairs(planRanges({ bytes: 1e6, index, held: [] })), [[0, 1e6]]);
  assertEquals(planRanges({ bytes: 0, index: undefined, held: [] }), []);
});

Deno.test("planRanges sends the first block, then the tail from the block in which the index begins, then the rest", () => {
  const index = indexOf(100 * BLOCK + 5, 102 * BLOCK + 7);
  const bytes = 102 * BLOCK + 7;
  assertEquals(pairs(planRanges({ bytes, index, held: [] })), [[0, BLOCK], [100 * BLOCK, bytes], [
    BLOCK,
    100 * BLOCK,
  ]]);
});

Deno.test("planRanges begins the tail at the index itself when that lies on a block", () => {
  const index = indexOf(7 * BLOCK, 7 * BLOCK + 10);
  assertEquals(planRanges({ bytes: 7 * BLOCK + 10, index, held: [] })[1], { start: 7 * BLOCK, end: 7 * BLOCK + 10 });
});

Deno.test("planRanges sends the blocks of the boxes which a player hops over on its way to the index", () => {
  const index = indexOf(90 * BLOCK + 1, 91 * BLOCK, 50 * BLOCK + 9);
  const plan = planRanges({ bytes: 91 * BLOCK, index, held: [] });
  assertEquals(pairs(plan.slice(0, 3)), [[0, BLOCK], [50 * BLOCK, 51 * BLOCK], [90 * BLOCK, 91 * BLOCK]]);
});

Deno.test("planRanges leaves what lies behind the index, and hundreds of boxes, for later", () => {
  const behind = planRanges({ bytes: 1000 * BLOCK, index: indexOf(10 * BLOCK, 11 * BLOCK), held: [] });
  assertEquals(pairs(behind.slice(0, 2)), [[0, BLOCK], [10 * BLOCK, 11 * BLOCK]]);
  const hops = Array.from({ length: 500 }, (_, i) => (2 + 2 * i) * BLOCK);
  const many = planRanges({ bytes: 2000 * BLOCK, index: indexOf(1999 * BLOCK, 2000 * BLOCK, ...hops), held: [] });
  assertEquals(many.length, 3);
});

Deno.test("planRanges sends an index of several megabytes whole before the rest", () => {
  const moovStart = 3000 * BLOCK - 1;
  const bytes = moovStart + 7_000_000;
  const plan = planRanges({ bytes, index: indexOf(moovStart, bytes), held: [] });
  assertEquals(plan[1], { start: 2999 * BLOCK, end: bytes });
});

Deno.test("planRanges leaves out what is held, also in the middle of the tail", () => {
  const index = indexOf(10 * BLOCK, 12 * BLOCK);
  const held = [{ start: 0, end: 2 * BLOCK }, { start: 11 * BLOCK, end: 11 * BLOCK + 5 }];
  assertEquals(pairs(planRanges({ bytes: 12 * BLOCK, index, held })), [
    [10 * BLOCK, 11 * BLOCK],
    [11 * BLOCK + 5, 12 * BLOCK],
    [2 * BLOCK, 10 * BLOCK],
  ]);
  assertEquals(planRanges({ bytes: 12 * BLOCK, index, held: [{ start: 0, end: 12 * BLOCK }] }), []);
});

Deno.test("planRanges sends every missing byte exactly once, and the index before the rest", () => {
  const place = fc.nat(40 * BLOCK);
  const anyHeld = fc.array(fc.tuple(place, place), { maxLength: 6 });
  fc.assert(fc.property(place, place, place, fc.array(place, { maxLength: 20 }), anyHeld, (a, b, c, hops, pieces) => {
    const [mdatStart, moovStart, bytes] = [a, b, c].sort((one, other) => one - other) as [number, number, number];
    const boxStarts = [0, ...hops.filter((hop) => hop < moovStart).sort((one, other) => one - other)];
    const index = { moovStart, moovEnd: bytes, mdatStart, boxStarts };
    let held: readonly ByteRange[] = [];
    for (const [one, other] of pieces) {
      held = addRange(held, Math.min(one, other, bytes), Math.min(Math.max(one, other), bytes));
    }

    const plan = planRanges({ bytes, index, held });

    let sent = held;
    let indexAfter = containsRange(sent, moovStart, bytes) ? 0 : Infinity;
    for (const [i, { start, end }] of plan.entries()) {
      assert(start < end && end <= bytes);
      const before = totalBytes(sent);
      sent = addRange(sent, start, end);
      assertEquals(totalBytes(sent), before + end - start, "a byte is sent twice");
      if (indexAfter === Infinity && containsRange(sent, moovStart, bytes)) indexAfter = i + 1;
    }
    assertEquals(totalBytes(sent), bytes);
    // First come the first block, the hops and the index, split by what is held; all before that is at most so much.
    const firstBytes = plan.slice(0, indexAfter).reduce((sum, { start, end }) => sum + end - start, 0);
    assert(firstBytes <= bytes - moovStart + (1 + 1 + 16) * BLOCK);
  }));
});
