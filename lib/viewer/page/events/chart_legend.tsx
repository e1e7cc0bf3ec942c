/** Which line is which, with the values under the pointer, or the newest ones. */
import type { FeedView } from "../../event_library.ts";
import { formatAge, formatTime, visibleName } from "../format.ts";
import { formatInstant } from "../live/words.ts";
import { serverNow } from "../state.ts";
import type { ChartContent } from "./chart.tsx";
import { feedSignal } from "./event_state.ts";
import { styleIndex } from "./feed_choice.ts";
import { LineSample } from "./line_sample.tsx";
import { formatMeasure, partsOf } from "./measure_words.ts";
import type { ReadingsState, SeriesKey } from "./readings_state.ts";
import { extentOf, gapLimitMs, pointNear } from "./series.ts";

/** A row for each line of a chart. */
export function ChartLegend({ content, state }: { content: ChartContent; state: ReadingsState }) {
  state.drawn.value;
  const cursorMs = state.cursorMs.value;
  return (
    <div class="chart-legend">
      <ul>
        {content.keys.map((key) => (
          <Line
            key={`${key.feedId} ${key.measure}`}
            line={key}
            content={content}
            state={state}
            atMs={cursorMs}
          />
        ))}
      </ul>
      {cursorMs !== null && <p class="legend-time">{dayOf(cursorMs)}{formatInstant(cursorMs)}</p>}
    </div>
  );
}

function Line({ line, content: { unit }, state, atMs }: {
  line: SeriesKey;
  content: ChartContent;
  state: ReadingsState;
  atMs: number | null;
}) {
  const { sensor } = partsOf(line.measure);
  const known = state.points(line);
  const points = known?.points ?? [];
  const limitMs = Math.min(gapLimitMs(points, known?.bucketMs ?? 0), 1e15);
  const point = atMs === null ? null : pointNear(points, atMs, limitMs);
  const extent = extentOf(points);
  return (
    <li class="legend-line">
      <LineSample index={styleIndex(line)} />
      <span class="legend-name">
        {visibleName(line.device)}{" "}
        <span class="legend-feed">{visibleName(line.feed)}{sensor !== null && `, sensor ${sensor}`}</span>
      </span>
      {atMs !== null
        ? point === null ? <span class="legend-value">no reading</span> : (
          <span class="legend-value">
            <strong>{formatMeasure(point.mean, unit)}</strong>
            {point.count > 1 &&
              ` mean of ${point.count.toLocaleString("en")}, ${formatMeasure(point.min, "")} to ${
                formatMeasure(point.max, unit)
              }`}
          </span>
        )
        : <Newest feed={feedSignal(line.feedId)?.value} measure={line.measure} unit={unit} />}
      {atMs === null && extent !== null && (
        <span class="legend-extent">
          {formatMeasure(extent.min, "")} to {formatMeasure(extent.max, unit)}, mean {formatMeasure(extent.mean, unit)}
        </span>
      )}
    </li>
  );
}

function Newest({ feed, measure, unit }: { feed: FeedView | undefined; measure: string; unit: string }) {
  const value = feed?.lastValues[measure];
  if (feed === undefined || value === undefined) return <span class="legend-value">nothing yet</span>;
  return (
    <span class="legend-value">
      <strong>{formatMeasure(value, unit)}</strong>{" "}
      {feed.lastEventMs !== null && formatAge(feed.lastEventMs, serverNow())}
    </span>
  );
}

/** The day in front of a time, unless it is today. */
export function dayOf(ms: number): string {
  const text = formatTime(ms, serverNow());
  return text.length > 5 ? text.slice(0, -5) : "";
}
