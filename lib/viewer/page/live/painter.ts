/// <reference lib="dom" />
/** Draws pictures and what was found in them on a canvas, at most once a frame of the screen. */
import type { ResultBox } from "./result_book.ts";

/** A picture to draw; later ones go over earlier ones. */
export interface Layer {
  readonly bitmap: ImageBitmap;
  readonly boxes: readonly ResultBox[];
  /** Whether the boxes show a defect. */
  readonly isDefect: boolean;
  /** 0 to 1. */
  readonly opacity: number;
}

/** Pixels of the canvas. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A screen of more than two device pixels for one of CSS costs four times the drawing for nothing one sees. */
const PIXEL_RATIO_MAX = 2;
const DEFECT_COLOUR = "#ff5b61";
const OK_COLOUR = "#4fd694";
const LABEL_TEXT = "#10151b";

/** Keeps a canvas as sharp as the screen, and its pictures in their aspect. */
export class Painter {
  readonly #canvas: HTMLCanvasElement;
  readonly #layers: () => readonly Layer[];
  readonly #drawn: () => void;
  readonly #resizing: ResizeObserver;
  #frame: number | null = null;

  /** `layers` is called when it draws; with none, what is there stays. `drawn`: called after it has drawn. */
  constructor(canvas: HTMLCanvasElement, layers: () => readonly Layer[], drawn: () => void = () => {}) {
    this.#canvas = canvas;
    this.#layers = layers;
    this.#drawn = drawn;
    this.#resizing = new ResizeObserver(() => this.invalidate());
    this.#resizing.observe(canvas);
  }

  /** Draws in the next frame of the screen. */
  invalidate(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#draw();
    });
  }

  stop(): void {
    this.#resizing.disconnect();
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  #draw(): void {
    const layers = this.#layers();
    const context = this.#canvas.getContext("2d");
    if (layers.length === 0 || context === null) return;
    const ratio = Math.min(PIXEL_RATIO_MAX, devicePixelRatio);
    const width = Math.max(1, Math.round(this.#canvas.clientWidth * ratio));
    const height = Math.max(1, Math.round(this.#canvas.clientHeight * ratio));
    // Setting the size, even to what it is, throws the canvas's memory away.
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    else context.clearRect(0, 0, width, height);
    for (const layer of layers) drawPicture(context, layer);
    // What was found is never hidden by the picture which lies over it.
    for (const layer of layers) drawBoxes(context, layer, ratio);
    this.#canvas.dataset["drawn"] = "";
    this.#drawn();
  }
}

/** Where a picture lies on the canvas: as large as fits, in the middle. */
function placeOf({ bitmap }: Layer, canvas: HTMLCanvasElement): Place {
  const scale = Math.min(canvas.width / bitmap.width, canvas.height / bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  return { x: (canvas.width - width) / 2, y: (canvas.height - height) / 2, width, height };
}

function drawPicture(context: CanvasRenderingContext2D, layer: Layer): void {
  const { x, y, width, height } = placeOf(layer, context.canvas);
  context.globalAlpha = layer.opacity;
  context.drawImage(layer.bitmap, x, y, width, height);
  context.globalAlpha = 1;
}

function drawBoxes(context: CanvasRenderingContext2D, layer: Layer, ratio: number): void {
  const { x, y, width, height } = placeOf(layer, context.canvas);
  for (const box of layer.boxes) {
    const at = { x: x + box.x * width, y: y + box.y * height, width: box.width * width, height: box.height * height };
    drawBox(context, at, labelOf(box), layer.isDefect ? DEFECT_COLOUR : OK_COLOUR, ratio);
  }
}

function labelOf({ label, score }: ResultBox): string {
  return score === null ? label : `${label} ${Math.round(score * 100)} %`.trim();
}

function drawBox(
  context: CanvasRenderingContext2D,
  at: Place,
  label: string,
  colour: string,
  ratio: number,
): void {
  const { x, y, width, height } = at;
  context.lineWidth = 2 * ratio;
  context.strokeStyle = colour;
  context.strokeRect(x, y, width, height);
  if (label === "") return;
  const size = 12 * ratio;
  context.font = `600 ${size}px system-ui, sans-serif`;
  const labelWidth = context.measureText(label).width + size * 0.8;
  const labelHeight = size * 1.5;
  const labelTop = y >= labelHeight ? y - labelHeight : y;
  const labelLeft = Math.max(0, Math.min(x - ratio, context.canvas.width - labelWidth));
  context.fillStyle = colour;
  context.fillRect(labelLeft, labelTop, labelWidth, labelHeight);
  context.fillStyle = LABEL_TEXT;
  context.textBaseline = "middle";
  context.fillText(label, labelLeft + size * 0.4, labelTop + labelHeight / 2 + ratio / 2);
}
