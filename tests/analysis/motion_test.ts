import { assertEquals } from "@std/assert";
import type { LumaPlane } from "../../lib/analysis/measures.ts";
import { changeOf } from "../../lib/analysis/motion.ts";
import { PictureHistory } from "../../lib/analysis/picture_history.ts";

/** 20 × 10 cells of 100, but for a rectangle of 200. */
function withBox(left: number, top: number, width: number, height: number): LumaPlane {
  const luma = new Uint8Array(200).fill(100);
  for (let y = top; y < top + height; y++) luma.fill(200, y * 20 + left, y * 20 + left + width);
  return { width: 20, height: 10, luma };
}

const EMPTY = withBox(0, 0, 0, 0);

Deno.test("changeOf: how much, and where", () => {
  const change = changeOf(EMPTY, withBox(5, 2, 4, 3))!;
  assertEquals(change.motion, 100 * 12 / 200);
  assertEquals(change.box, { x: 0.25, y: 0.2, width: 0.2, height: 0.3, label: "motion", score: null });
});

Deno.test("changeOf: what went and what came are in one box, up to the border", () => {
  const { box } = changeOf(withBox(0, 0, 2, 1), withBox(18, 9, 2, 1))!;
  assertEquals([box!.x, box!.y, box!.width, box!.height], [0, 0, 1, 1]);
});

Deno.test("changeOf: noise has no box: small changes, or a cell alone", () => {
  const noisy = { ...EMPTY, luma: EMPTY.luma.map((value, at) => value + at % 20) };
  assertEquals(changeOf(EMPTY, noisy)!.box, null);
  assertEquals(changeOf(EMPTY, withBox(7, 7, 1, 1)), { motion: 0.5, box: null });
  assertEquals(changeOf(EMPTY, EMPTY), { motion: 0, box: null });
});

Deno.test("changeOf: pictures of different size are not compared", () => {
  assertEquals(changeOf(EMPTY, { width: 10, height: 20, luma: EMPTY.luma }), null);
});

Deno.test("PictureHistory: counts same pictures in a row, and their time", () => {
  const history = new PictureHistory();
  const told = (plane: LumaPlane, timeMs: number) => {
    const { change, sameFrames, sameSeconds } = history.next(plane, timeMs);
    return [change?.motion ?? null, sameFrames, sameSeconds];
  };
  assertEquals(told(EMPTY, 1000), [null, 1, 0]);
  assertEquals(told(EMPTY, 3000), [0, 2, 2]);
  // A clock that was set back.
  assertEquals(told(EMPTY, 0), [0, 3, 0]);
  assertEquals(told(withBox(0, 0, 1, 1), 4000), [0.5, 1, 0]);
  assertEquals(told(withBox(0, 0, 1, 1), 4500), [0, 2, 0.5]);
});
