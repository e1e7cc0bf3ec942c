import { assertEquals } from "@std/assert";
import { etagMatches, parseRange, type RangeAnswer, rangeApplies } from "../../lib/viewer/range.ts";

const part = (start: number, end: number): RangeAnswer => ({ kind: "part", start, end });
const WHOLE: RangeAnswer = { kind: "whole" };
const NONE: RangeAnswer = { kind: "unsatisfiable" };

Deno.test("parseRange reads every form of the header", () => {
  const table: [header: string | null, size: number, answer: RangeAnswer][] = [
    [null, 100, WHOLE],
    ["", 100, WHOLE],
    ["bytes=0-", 100, part(0, 100)],
    ["bytes=0-0", 100, part(0, 1)],
    ["bytes=10-19", 100, part(10, 20)],
    ["bytes=99-", 100, part(99, 100)],
    ["bytes=90-1000", 100, part(90, 100)],
    ["bytes=100-", 100, NONE],
    ["bytes=0-", 0, NONE],
    ["bytes=-10", 100, part(90, 100)],
    ["bytes=-1000", 100, part(0, 100)],
    ["bytes=-0", 100, NONE],
    ["bytes=-5", 0, NONE],
    ["BYTES = 5 - 6", 100, part(5, 7)],
    ["bytes=9-5", 100, WHOLE],
    ["bytes=-", 100, WHOLE],
    ["bytes=a-b", 100, WHOLE],
    ["bytes=0-1,5-6", 100, WHOLE],
    ["items=0-1", 100, WHOLE],
    ["bytes=0x1-2", 100, WHOLE],
    ["bytes=-1-2", 100, WHOLE],
    ["bytes=99999999999999999999-", 100, NONE],
    ["bytes=5-99999999999999999999", 2 ** 53 - 1, part(5, 2 ** 53 - 1)],
    [`bytes=${2 ** 44}-`, 2 ** 45, part(2 ** 44, 2 ** 45)],
  ];
  for (const [header, size, answer] of table) assertEquals(parseRange(header, size), answer, `${header} of ${size}`);
});

Deno.test("rangeApplies only to the very same content", () => {
  assertEquals(rangeApplies(null, null), true);
  assertEquals(rangeApplies('"a"', '"a"'), true);
  assertEquals(rangeApplies('"b"', '"a"'), false);
  assertEquals(rangeApplies('W/"a"', '"a"'), false);
  assertEquals(rangeApplies('"a"', null), false);
  assertEquals(rangeApplies("Wed, 21 Oct 2015 07:28:00 GMT", '"a"'), false);
});

Deno.test("etagMatches reads lists, weak tags and the star", () => {
  assertEquals(etagMatches('"x", W/"a"', '"a"'), true);
  assertEquals(etagMatches("*", '"a"'), true);
  assertEquals(etagMatches('"x"', '"a"'), false);
  assertEquals(etagMatches("*", null), false);
  assertEquals(etagMatches(null, '"a"'), false);
});
