import { assertEquals } from "@std/assert";
import { JpegDecoder } from "../../lib/analysis/jpeg_decoder.ts";
import { lumaOf, type LumaPlane, measure, shrink } from "../../lib/analysis/measures.ts";
import { assertAlmost } from "../helpers/assert_almost.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { picture } from "./frames.ts";

function plane(width: number, height: number, lumaAt: (x: number, y: number) => number): LumaPlane {
  const luma = Uint8Array.from({ length: width * height }, (_, at) => lumaAt(at % width, Math.floor(at / width)));
  return { width, height, luma };
}

async function measured(name: string) {
  return measure(lumaOf(await new JpegDecoder().decode(await picture(name))));
}

/** The same by the formulas as they stand in a book, slowly. */
function byTheBook({ width, height, luma }: LumaPlane) {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = (values: readonly number[]) => mean(values.map((value) => (value - mean(values)) ** 2));
  const kernel = [[0, 1, 0], [1, -4, 1], [0, 1, 0]];
  const edges: number[] = [];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      let sum = 0;
      for (let row = 0; row < 3; row++) {
        for (let column = 0; column < 3; column++) {
          sum += kernel[row]![column]! * luma[(y + row - 1) * width + x + column - 1]!;
        }
      }
      edges.push(sum);
    }
  }
  return { brightness: mean([...luma]), contrast: Math.sqrt(variance([...luma])), sharpness: variance(edges) };
}

Deno.test("measure: as by the book, on random planes", () => {
  const random = new SeededRandom(1);
  for (let round = 0; round < 20; round++) {
    const [width, height] = [3 + random.int(20), 3 + random.int(20)];
    const made = plane(width, height, () => random.int(256));
    const [got, expected] = [measure(made), byTheBook(made)];
    for (const name of ["brightness", "contrast", "sharpness"] as const) {
      assertAlmost(got[name], expected[name], 1e-9);
    }
  }
});

Deno.test("measure: planes of which one knows the values", () => {
  assertEquals(measure(plane(8, 8, () => 100)), { brightness: 100, contrast: 0, sharpness: 0, black: false });
  // Half black, half white: the deviation is half of the range.
  const halves = measure(plane(8, 8, (x) => x < 4 ? 0 : 255));
  assertEquals([halves.brightness, halves.contrast], [127.5, 127.5]);
  // A chessboard: each Laplacian is 4 × 255, up or down.
  assertEquals(measure(plane(4, 4, (x, y) => (x + y) % 2 * 255)).sharpness, 1020 ** 2);
  assertEquals(measure(plane(1, 1, () => 7)), { brightness: 7, contrast: 0, sharpness: 0, black: true });
});

Deno.test("measure: what OpenCV says about the same pictures", async () => {
  // cv2.imread(…, 0), INTER_AREA to 320 × 240, mean(), std(), Laplacian(ksize=1)[1:-1, 1:-1].var(), OpenCV 4.6.
  const box = await measured("box_left");
  assertAlmost(box.brightness, 133.08, 0.0001);
  assertAlmost(box.contrast, 24.8868, 0.0001);
  assertAlmost(box.sharpness, 97.178, 0.0001);
  const blurred = await measured("blurred");
  assertAlmost(blurred.brightness, 123.576, 0.005);
  assertAlmost(blurred.sharpness, 8.6987, 0.02);
  // It takes the luma from the file; ours is of colours, which a screen can show: less in the brightest edges.
  const sharp = await measured("sharp");
  assertAlmost(sharp.brightness, 123.533, 0.005);
  assertAlmost(sharp.sharpness, 1091.2, 0.15);
});

Deno.test("measure: a picture is black when hardly anything is to be seen", async () => {
  assertEquals((await measured("black")).black, true);
  assertEquals((await measured("blurred")).black, false);
  const dark = (bright: number) => measure(plane(10, 10, (x, y) => y * 10 + x < bright ? 26 : 25)).black;
  assertEquals([dark(0), dark(2), dark(3)], [true, true, false]);
});

Deno.test("lumaOf: squares of pixels become cells; colours weigh as in BT.601", () => {
  const rgba = new Uint8ClampedArray(7 * 5 * 4);
  for (let at = 0; at < rgba.length; at += 4) rgba.set([255, 0, 0, 255], at);
  // One green square of 3 × 3 at the left; the last column, and two rows, are less than a square.
  for (let y = 0; y < 3; y++) for (let x = 0; x < 3; x++) rgba.set([0, 255, 0, 255], (y * 7 + x) * 4);
  const { width, height, luma } = lumaOf({ width: 7, height: 5, rgba }, 3);
  assertEquals([width, height, [...luma]], [2, 1, [Math.round(0.587 * 255) - 1, Math.round(0.299 * 255) + 1]]);
});

Deno.test("lumaOf: at most so wide, whatever comes in", () => {
  for (const width of [1, 2, 319, 320, 321, 640, 641, 1280, 1921]) {
    const rgba = new Uint8ClampedArray(width * 10 * 4).fill(200);
    const made = lumaOf({ width, height: 10, rgba });
    assertEquals(made.width <= 320 && made.height >= 1 && made.luma.every((value) => value === 200), true, `${width}`);
  }
});

Deno.test("shrink: cells are the mean of what they were", () => {
  const small = shrink(plane(4, 2, (x, y) => 10 * x + y), 2);
  assertEquals([small.width, small.height, [...small.luma]], [2, 1, [6, 26]]);
});
