/// <reference lib="dom" />
/** The chart of one measure: a line for each feed, with the band from least to greatest where many readings are one point. */
import { effect, type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { visibleName } from "../format.ts";
import { serverNow } from "../state.ts";
import type { TimeWindow } from "../live/timeline_math.ts";
import { layHandsOn } from "./chart_hands.ts";
import { chartColours, type ChartMeasure, chartOptions, COLUMNS } from "./chart_options.ts";
import { ChartLegend } from "./chart_legend.tsx";
import { styleIndex } from "./feed_choice.ts";
import { lineStyle } from "./line_style.ts";
import { formatMeasure, measureName } from "./measure_words.ts";
import type { ReadingsState, SeriesKey } from "./readings_state.ts";
import { columnsOf, extentOf, lateSpans } from "./series.ts";

/** What one chart shows. */
export interface ChartContent extends ChartMeasure {
  readonly measure: string;
  readonly keys: readonly SeriesKey[];
}

/** Of uPlot: a gap of one line goes on over the times which only other lines have. */
const NULL_EXPAND = 2;
/** Charts which are nearly in sight are drawn too. */
const NEAR = "300px";
const HEIGHT = 240;
const HEIGHT_PHONE = 190;
const PHONE_PIXELS = 560;

/** A chart with its head and legend. */
export function Chart({ content, state }: { content: ChartContent; state: ReadingsState }) {
  const place = useRef<HTMLDivElement>(null);
  const { measure, unit, min, max, keys } = content;
  const name = visibleName(measureName(measure));
  const lines = keys.map(({ feedId, measure }) => `${feedId} ${measure}`).join();
  const late = useSignal<readonly TimeWindow[]>([]);
  useEffect(() => drawIn(place.current!, content, state, late), [measure, unit, min, max, lines]);
  return (
    <section class="chart-card" aria-label={name}>
      <div class="chart-head">
        <h2>{name}{unit !== "" && <span class="chart-unit">{visibleName(unit)}</span>}</h2>
        {late.value.length > 0 && (
          <p class="chart-range">
            <span class="late-sample" aria-hidden="true" />came late
          </p>
        )}
        {(min !== null || max !== null) && (
          <p class="chart-range">
            <span class="limit-sample" aria-hidden="true" />range {rangeWords(min, max, unit)}
          </p>
        )}
      </div>
      <div
        class="chart"
        ref={place}
        tabIndex={0}
        role="group"
        aria-roledescription="chart"
        aria-label={summary(content, state)}
        aria-keyshortcuts="ArrowLeft ArrowRight Shift+ArrowLeft Shift+ArrowRight + - PageUp PageDown End Backspace"
        onKeyDown={(event) => onKey(event, state)}
      />
      <ChartLegend content={content} state={state} />
    </section>
  );
}

function rangeWords(min: number | null, max: number | null, unit: string): string {
  if (min !== null && max !== null) return `${formatMeasure(min, "")} to ${formatMeasure(max, unit)}`;
  return min !== null ? `from ${formatMeasure(min, unit)}` : `up to ${formatMeasure(max!, unit)}`;
}

/** The chart in words, for those who do not see it; made when it is drawn anew, not with each reading. */
function summary({ measure, unit, keys }: ChartContent, state: ReadingsState): string {
  const parts = keys.map((key) => {
    const extent = extentOf(state.points(key)?.points ?? []);
    const words = extent === null
      ? "nothing"
      : `${formatMeasure(extent.min, unit)} to ${formatMeasure(extent.max, unit)}, mean ${
        formatMeasure(extent.mean, unit)
      }`;
    return `${visibleName(key.device)} ${visibleName(key.feed)}: ${words}`;
  });
  return `${visibleName(measureName(measure))}. ${
    parts.join("; ")
  }. Plus and minus zoom, arrows move the cursor, with shift the span, backspace goes back.`;
}

function drawIn(
  place: HTMLElement,
  content: ChartContent,
  state: ReadingsState,
  late: Signal<readonly TimeWindow[]>,
): () => void {
  const styles = content.keys.map((key) => lineStyle(styleIndex(key)));
  let isSeen = true;
  let chart: uPlot | null = null;
  let takeOff = () => {};
  const size = () => ({
    width: Math.max(200, place.clientWidth),
    height: place.clientWidth < PHONE_PIXELS ? HEIGHT_PHONE : HEIGHT,
  });
  const paint = () => {
    if (chart === null || !isSeen) return;
    const spans = content.keys.flatMap((key) => {
      const known = state.points(key);
      return lateSpans(known?.points ?? [], known?.bucketMs ?? 0);
    });
    if (spans.length > 0 || late.peek().length > 0) late.value = spans;
    drawData(chart, content, state);
  };
  const make = () => {
    takeOff();
    chart?.destroy();
    const events = {
      selected: (fromMs: number, toMs: number) => state.showSpan(fromMs, toMs),
      pointed: (timeMs: number | null) => state.cursorMs.value = timeMs,
      late: () => late.peek(),
    };
    chart = new uPlot(
      chartOptions({ styles, measure: content, colours: chartColours(place), events, ...size() }),
      [[], ...styles.flatMap(() => [[], [], []])],
      place,
    );
    takeOff = layHandsOn(chart.over, state);
    state.widthPixels = chart.width;
    paint();
  };
  make();
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", make);
  const resizing = new ResizeObserver(() => {
    const next = size();
    if (chart === null || (chart.width === next.width && chart.height === next.height)) return;
    chart.setSize(next);
    state.widthPixels = next.width;
    paint();
  });
  resizing.observe(place);
  // What is scrolled away is not drawn.
  const looking = new IntersectionObserver(([entry]) => {
    isSeen = entry?.isIntersecting ?? true;
    paint();
  }, { rootMargin: NEAR });
  looking.observe(place);
  const unpaint = state.paint(paint);
  const unpoint = effect(() => {
    if (chart !== null) pointAt(chart, state.cursorMs.value);
  });
  return () => {
    unpaint();
    unpoint();
    resizing.disconnect();
    looking.disconnect();
    scheme.removeEventListener("change", make);
    takeOff();
    chart?.destroy();
  };
}

function drawData(chart: uPlot, { keys }: ChartContent, state: ReadingsState): void {
  const tables = keys.map((key): uPlot.AlignedData => {
    const known = state.points(key);
    const { timeMs, mean, min, max } = columnsOf(known?.points ?? [], known?.bucketMs ?? 0);
    return [timeMs, mean, min, max];
  });
  const data = tables.length === 1
    ? tables[0]!
    : uPlot.join(tables, tables.map((table) => table.map(() => NULL_EXPAND)));
  const isEmpty = data[0].length === 0;
  const { fromMs, toMs } = state.window.peek();
  chart.batch(() => {
    chart.setData(isEmpty ? emptyData(keys.length, fromMs, toMs) : data, false);
    chart.setScale("x", { min: fromMs, max: toMs });
  });
}

/** The pointer of one chart, and the arrow keys, show in all of them. */
function pointAt(chart: uPlot, timeMs: number | null): void {
  const left = timeMs === null ? -10 : chart.valToPos(timeMs, "x");
  if (Math.abs((chart.cursor.left ?? -10) - left) > 0.5) {
    chart.setCursor({ left, top: timeMs === null ? -10 : 0 }, false);
  }
}

/** Axes without a line. */
function emptyData(lines: number, fromMs: number, toMs: number): uPlot.AlignedData {
  return [[fromMs, toMs], ...Array.from({ length: lines * COLUMNS }, () => [null, null])];
}

function onKey(event: KeyboardEvent, state: ReadingsState): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { fromMs, toMs } = state.window.peek();
  const cursorMs = state.cursorMs.peek() ?? (fromMs + toMs) / 2;
  const point = (ms: number) => state.cursorMs.value = Math.min(Math.min(toMs, serverNow()), Math.max(fromMs, ms));
  const actions: Record<string, () => void> = {
    "+": () => state.zoom(0.5, cursorMs),
    "=": () => state.zoom(0.5, cursorMs),
    "-": () => state.zoom(2, cursorMs),
    ArrowLeft: () => event.shiftKey ? state.shift(-0.1) : point(cursorMs - (toMs - fromMs) / 100),
    ArrowRight: () => event.shiftKey ? state.shift(0.1) : point(cursorMs + (toMs - fromMs) / 100),
    PageUp: () => state.shift(-0.5),
    PageDown: () => state.shift(0.5),
    End: () => state.showLast(toMs - fromMs),
    Backspace: () => state.back(),
    Escape: () => state.cursorMs.value = null,
  };
  const action = actions[event.key];
  if (action === undefined) return;
  event.preventDefault();
  action();
}
