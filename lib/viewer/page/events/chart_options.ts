/// <reference lib="dom" />
/** How uPlot draws a chart of one measure: lines with their bands, axes, and the range that the box allows. */
import uPlot from "uplot";
import type { TimeWindow } from "../live/timeline_math.ts";
import { COLOURS, type LineStyle } from "./line_style.ts";
import { markWords, timeMarks } from "./time_marks.ts";

/** Colours of the page at the moment, as a canvas takes them. */
export interface ChartColours {
  readonly lines: readonly string[];
  readonly text: string;
  readonly grid: string;
  readonly limit: string;
  readonly late: string;
  readonly surface: string;
}

/** What a chart is told of its measure. */
export interface ChartMeasure {
  readonly unit: string;
  /** What the box says it may be; null: anything. */
  readonly min: number | null;
  readonly max: number | null;
}

/** What a chart tells. */
export interface ChartEvents {
  /** A span was drawn over. */
  readonly selected: (fromMs: number, toMs: number) => void;
  /** Where the pointer is; null: nowhere. */
  readonly pointed: (timeMs: number | null) => void;
  /** Spans whose readings came late. */
  readonly late: () => readonly TimeWindow[];
}

/** Columns of one line: mean, min, max. */
export const COLUMNS = 3;
const AXIS_PIXELS = 58;
const RIGHT_PIXELS = 14;
/** Room of a mark below the chart. */
const MARK_PIXELS = 74;
const MARK_PIXELS_PHONE = 66;
/** Room between the last mark and the end of the plot: what its words need beside the padding. */
const MARK_END_PIXELS = 16;
/** Left and right of the plot, for what stands in line with it. */
export const PLOT_INSETS = { left: AXIS_PIXELS, right: RIGHT_PIXELS };

/** The colours from the page's stylesheet. */
export function chartColours(element: Element): ChartColours {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    lines: Array.from({ length: COLOURS }, (_, i) => read(`--line-${i}`)),
    text: read("--muted"),
    grid: read("--line"),
    limit: read("--bad"),
    late: read("--warn"),
    surface: read("--surface"),
  };
}

/** Options of a chart with a line for each style. */
export function chartOptions(
  { styles, measure, colours, events, width, height }: {
    styles: readonly LineStyle[];
    measure: ChartMeasure;
    colours: ChartColours;
    events: ChartEvents;
    width: number;
    height: number;
  },
): uPlot.Options {
  const axis = { stroke: colours.text, grid: { stroke: colours.grid, width: 1 }, ticks: { show: false } };
  const font = `12px ${getComputedStyle(document.documentElement).fontFamily}`;
  return {
    width,
    height,
    ms: 1,
    legend: { show: false },
    padding: [10, RIGHT_PIXELS, 0, 0],
    scales: { x: { time: true }, y: { range: (_, min, max) => valueRange(min, max, measure) } },
    axes: [
      {
        ...axis,
        font,
        size: (_, values) => values?.some((text) => text.includes("\n")) ? 44 : 28,
        splits: (u, _, fromMs, toMs) => {
          const plotPixels = u.bbox.width / devicePixelRatio;
          const marks = timeMarks(fromMs, toMs, plotPixels / (width < 560 ? MARK_PIXELS_PHONE : MARK_PIXELS));
          // The words of a mark at the end of the axis would be cut.
          return marks.filter((ms) => (toMs - ms) / (toMs - fromMs) * plotPixels >= MARK_END_PIXELS);
        },
        values: (_, splits) => markWords(splits),
      },
      { ...axis, font, size: AXIS_PIXELS, space: 36, values: (_, splits) => valueMarks(splits) },
    ],
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false, dist: 6 },
      bind: {
        // With shift it is moved; see `chart_hands.ts`, as is what a double click does.
        mousedown: (_, __, handler) => (event: MouseEvent) => event.shiftKey ? null : handler(event),
        dblclick: () => null,
      },
      // Not on the edges of the bands.
      points: {
        size: (_, i) => (i - 1) % COLUMNS === 0 ? 9 : 0,
        width: 2,
        stroke: (u, i) => lineColour(u, i),
        fill: colours.surface,
      },
      focus: { prox: -1 },
    },
    series: [{}, ...styles.flatMap((style) => lineSeries(style, colours))],
    bands: styles.map((style, i) => ({
      series: [1 + i * COLUMNS + 2, 1 + i * COLUMNS + 1] as [number, number],
      fill: `color-mix(in srgb, ${colours.lines[style.colour]} 22%, transparent)`,
    })),
    hooks: {
      drawAxes: [(u) => drawLimits(u, measure, colours), (u) => drawLate(u, events.late(), colours)],
      setSelect: [(u) => {
        if (u.select.width < 6) return;
        events.selected(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
        u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      }],
      setCursor: [(u) => {
        const left = u.cursor.left ?? -1;
        events.pointed(left < 0 ? null : u.posToVal(left, "x"));
      }],
    },
  };
}

function lineSeries({ colour, dash }: LineStyle, colours: ChartColours): uPlot.Series[] {
  const stroke = colours.lines[colour]!;
  const edge: uPlot.Series = { stroke: "transparent", width: 0, points: { show: false } };
  return [
    { stroke, width: 2, dash: [...dash], points: { size: 5, stroke, fill: stroke, filter: alonePoints } },
    edge,
    edge,
  ];
}

/** Points between two gaps have no line: they are drawn as points, as are all when there is room for it. */
function alonePoints(u: uPlot, series: number, show: boolean): number[] | null {
  if (show) return null;
  const values = u.data[series] ?? [];
  const alone: number[] = [];
  let before: number | null = null;
  let candidate: number | null = null;
  values.forEach((value, i) => {
    if (value === undefined) return;
    if (value === null) {
      if (candidate !== null) alone.push(candidate);
      candidate = before = null;
    } else {
      candidate = before === null ? i : null;
      before = i;
    }
  });
  if (candidate !== null) alone.push(candidate);
  return alone;
}

function lineColour(u: uPlot, series: number): string {
  const stroke = u.series[series]?.stroke;
  return typeof stroke === "function" ? String(stroke(u, series)) : "transparent";
}

/** The values with some room, and the range that the box named at least. */
export function valueRange(min: number | null, max: number | null, measure: ChartMeasure): [number, number] {
  const known = [min, max, measure.min, measure.max].filter((value): value is number => Number.isFinite(value));
  if (known.length === 0) return [0, 1];
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const room = high === low ? Math.max(1, Math.abs(high) * 0.1) : (high - low) * 0.08;
  return [low - room, high + room];
}

function drawLimits(u: uPlot, { min, max }: ChartMeasure, colours: ChartColours): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colours.limit;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const value of [min, max]) {
    if (value === null) continue;
    const y = Math.round(u.valToPos(value, "y", true)) + 0.5;
    ctx.globalAlpha = 0.06;
    if (value === max) ctx.fillRect(bbox.left, bbox.top, bbox.width, Math.max(0, y - bbox.top));
    else ctx.fillRect(bbox.left, y, bbox.width, Math.max(0, bbox.top + bbox.height - y));
    ctx.globalAlpha = 0.75;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

/** A bar at the foot of the chart where readings waited on their box. */
function drawLate(u: uPlot, spans: readonly TimeWindow[], colours: ChartColours): void {
  const { ctx, bbox } = u;
  const height = 5 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = colours.late;
  for (const { fromMs, toMs } of spans) {
    const left = u.valToPos(fromMs, "x", true);
    const width = Math.max(3 * devicePixelRatio, u.valToPos(toMs, "x", true) - left);
    ctx.fillRect(left, bbox.top + bbox.height - height, width, height);
  }
  ctx.restore();
}

/** Numbers with as many digits as tell the marks apart. */
function valueMarks(splits: readonly number[]): string[] {
  const step = Math.abs((splits[1] ?? 1) - (splits[0] ?? 0)) || 1;
  const digits = Math.min(10, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  return splits.map((value) => {
    const size = Math.abs(value);
    // There is room for seven letters.
    const text = size >= 1e15
      ? value.toExponential(1)
      : size >= 1e5
      ? value.toLocaleString("en", { notation: "compact", maximumFractionDigits: 3 })
      : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return text.replace("-", "−");
  });
}
