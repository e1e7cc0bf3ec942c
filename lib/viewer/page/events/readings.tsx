/// <reference lib="dom" />
/** The view of `#readings` and `#feed=<id>`: charts of what boxes measure, their pictures, and the log. */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Empty } from "./empty.tsx";
import { feeds } from "./event_state.ts";
import { Chart } from "./chart.tsx";
import { chartedFeeds, chartsOf, chosenFeeds } from "./feed_choice.ts";
import { FeedChips } from "./feed_chips.tsx";
import { Log } from "./log.tsx";
import { PictureStrip } from "./picture_strip.tsx";
import { ReadingsState } from "./readings_state.ts";
import { followSpan } from "./span_address.ts";
import { SpanBar } from "./span_bar.tsx";

/** Charts shown before one asks for the rest. */
const CHARTS_FIRST = 8;

/** Readings, or how to get some. */
export function Readings() {
  if (feeds.value.length === 0) return <Empty what="readings" />;
  return <OpenReadings />;
}

function OpenReadings() {
  const state = useMemo(() => new ReadingsState(), []);
  useEffect(() => state.start(), [state]);
  useEffect(() => followSpan(state), [state]);
  const isAll = useSignal(false);
  const all = chartsOf(chosenFeeds.value);
  const charts = isAll.value ? all : all.slice(0, CHARTS_FIRST);
  const keys = charts.flatMap((chart) => chart.keys);
  const names = JSON.stringify(keys);
  useEffect(() => state.show(keys), [state, names]);
  return (
    <>
      <h1 class="off-screen">Readings</h1>
      {chartedFeeds.value.length > 1 && <FeedChips />}
      <SpanBar state={state} />
      {charts.length === 0 && (
        <p class="no-charts">
          {chartedFeeds.value.length === 0
            ? "These feeds carry texts only, which the log shows; there is nothing to draw."
            : "No feed is chosen: choose one above to see its charts."}
        </p>
      )}
      <div class="charts">
        {charts.map((chart) => <Chart key={`${chart.measure} ${chart.unit}`} content={chart} state={state} />)}
      </div>
      {all.length > charts.length && (
        <div class="older">
          <button type="button" class="button" onClick={() => isAll.value = true}>
            Show {all.length - charts.length} more {all.length - charts.length === 1 ? "chart" : "charts"}
          </button>
        </div>
      )}
      <PictureStrip state={state} />
      <Log state={state} />
    </>
  );
}
