/** What is measured in a picture: pure functions on its luma plane. */
import type { Pixels } from "./jpeg_decoder.ts";

/** Brightness of each cell of a picture, 0 to 255, row by row. */
export interface LumaPlane {
  readonly width: number;
  readonly height: number;
  readonly luma: Uint8Array<ArrayBuffer>;
}

/** What is measured in one picture alone. */
export interface PictureMeasures {
  /** Mean of the luma, 0 to 255. */
  readonly brightness: number;
  /** Standard deviation of the luma, 0 to 127.5. */
  readonly contrast: number;
  /** Variance of the Laplacian of the luma at the scale of {@linkcode MEASURED_WIDTH}. */
  readonly sharpness: number;
  /** Whether nothing is to be seen. */
  readonly black: boolean;
}

/** Largest width of the plane that is measured: cost does not grow with the camera, nor does sharpness. */
export const MEASURED_WIDTH = 320;
/** Largest width of the plane that is compared with the one before: what averages noise away. */
export const COMPARED_WIDTH = 160;

/** A picture is black when this part of it is at most this bright: the defaults of ffmpeg's `blackdetect`. */
const BLACK_PART = 0.98;
const BLACK_LUMA = 25;

/**
 * Luma of a picture, at most `widthMax` wide: the mean of squares of whole pixels. What is left over at the right and
 * the bottom, less than such a square, does not count.
 *
 * Source: ITU-R BT.601, as JFIF uses it, with weights of 1/256.
 */
export function lumaOf({ width, height, rgba }: Pixels, widthMax = MEASURED_WIDTH): LumaPlane {
  const side = sideOf(width, height, widthMax);
  const plane = emptyPlane(width, height, side);
  const sums = new Uint32Array(plane.width);
  const usedWidth = plane.width * side;
  for (let y = 0; y < plane.height; y++) {
    sums.fill(0);
    for (let row = y * side; row < (y + 1) * side; row++) {
      let at = row * width * 4;
      for (let x = 0, cell = 0; x < usedWidth; cell++) {
        let sum = 0;
        for (const end = x + side; x < end; x++, at += 4) {
          sum += 77 * rgba[at]! + 150 * rgba[at + 1]! + 29 * rgba[at + 2]!;
        }
        sums[cell]! += sum;
      }
    }
    const divisor = 256 * side * side;
    for (let x = 0; x < plane.width; x++) plane.luma[y * plane.width + x] = Math.round(sums[x]! / divisor);
  }
  return plane;
}

/** The same, smaller: at most `widthMax` wide. */
export function shrink(plane: LumaPlane, widthMax = COMPARED_WIDTH): LumaPlane {
  const side = sideOf(plane.width, plane.height, widthMax);
  const small = emptyPlane(plane.width, plane.height, side);
  for (let y = 0; y < small.height; y++) {
    for (let x = 0; x < small.width; x++) {
      let sum = 0;
      for (let row = y * side; row < (y + 1) * side; row++) {
        for (let column = x * side; column < (x + 1) * side; column++) sum += plane.luma[row * plane.width + column]!;
      }
      small.luma[y * small.width + x] = Math.round(sum / (side * side));
    }
  }
  return small;
}

/** Measures one picture. */
export function measure(plane: LumaPlane): PictureMeasures {
  const { luma } = plane;
  let [sum, squares, dark] = [0, 0, 0];
  for (let at = 0; at < luma.length; at++) {
    const value = luma[at]!;
    sum += value;
    squares += value * value;
    if (value <= BLACK_LUMA) dark++;
  }
  return {
    brightness: sum / luma.length,
    contrast: deviation(sum, squares, luma.length),
    sharpness: deviation(...laplacian(plane)) ** 2,
    black: dark >= BLACK_PART * luma.length,
  };
}

/** Sum, sum of squares and count of the Laplacian (the four neighbours less four times the middle), without the border. */
function laplacian({ width, height, luma }: LumaPlane): [number, number, number] {
  let [sum, squares] = [0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * width + 1; at < (y + 1) * width - 1; at++) {
      const value = luma[at - width]! + luma[at + width]! + luma[at - 1]! + luma[at + 1]! - 4 * luma[at]!;
      sum += value;
      squares += value * value;
    }
  }
  return [sum, squares, Math.max(0, width - 2) * Math.max(0, height - 2)];
}

/** Standard deviation out of sums of whole numbers, which are exact. */
function deviation(sum: number, squares: number, count: number): number {
  return count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}

/** Side of the squares that become one cell; small or narrow pictures stay as they are. */
function sideOf(width: number, height: number, widthMax: number): number {
  return Math.max(1, Math.min(Math.ceil(width / widthMax), height));
}

function emptyPlane(width: number, height: number, side: number): LumaPlane {
  const [cells, rows] = [Math.floor(width / side), Math.floor(height / side)];
  return { width: cells, height: rows, luma: new Uint8Array(cells * rows) };
}
