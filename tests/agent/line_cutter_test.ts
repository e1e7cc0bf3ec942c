import { assertEquals } from "@std/assert";
import { LineCutter } from "../../lib/agent/line_cutter.ts";

const encoder = new TextEncoder();
const TEXT = encoder.encode("one\r\n\nzwei ü\n" + "x".repeat(21) + "\nfour\nrest");
const LINES = [
  { text: "one", end: 105, isTooLong: false },
  { text: "", end: 106, isTooLong: false },
  { text: "zwei ü", end: 114, isTooLong: false },
  { text: "", end: 136, isTooLong: true },
  { text: "four", end: 141, isTooLong: false },
];

for (let size = 1; size <= TEXT.length; size++) {
  Deno.test(`line cutter: in pieces of ${size} bytes`, () => {
    const cutter = new LineCutter(20, 100);
    const lines = [];
    const piece = new Uint8Array(size);
    for (let at = 0; at < TEXT.length; at += size) {
      // The same buffer again and again, as readers do.
      piece.set(TEXT.subarray(at, at + size));
      lines.push(...cutter.push(piece.subarray(0, Math.min(size, TEXT.length - at))));
    }
    assertEquals(lines, LINES);
    assertEquals([cutter.hasRest, cutter.finish()], [true, [{ text: "rest", end: 145, isTooLong: false }]]);
    assertEquals([cutter.hasRest, cutter.finish()], [false, []]);
  });
}
