/// <reference lib="dom" />
/** The bar of a timeline: what is recorded, gaps, defects; drag or arrow keys move the playhead. */
import { visibleName } from "../format.ts";
import { serverNow } from "../state.ts";
import type { Playhead } from "./playhead.ts";
import { barOf, fractionOf, marksOf, selectionOf, timeAt, type TimeWindow, whatIsAt } from "./timeline_math.ts";
import type { Lane, TimelineState } from "./timeline_state.ts";
import { formatCount, formatInstant, GAP_WORDS, gapText } from "./words.ts";

const MARKS_MAX = 6;
/** Nearer to an end than this a mark would be cut off. */
const MARK_EDGE = 0.04;
/** Page up and down move by this part of what is shown. */
const PAGE = 0.1;

/** All lanes with one playhead. `names`: of the sources, for people. */
export function TimelineTrack({ state, playhead, names }: {
  state: TimelineState;
  playhead: Playhead;
  names: readonly string[];
}) {
  const window = state.window.value;
  const atMs = playhead.atMs.value;
  const selection = selectionOf(playhead.startMs.value, playhead.endMs.value);

  function seekTo(event: PointerEvent & { currentTarget: HTMLElement }): void {
    const box = event.currentTarget.getBoundingClientRect();
    playhead.seek(timeAt(window, (event.clientX - box.left) / box.width));
  }
  function onKeyDown(event: KeyboardEvent): void {
    const page = PAGE * (window.toMs - window.fromMs);
    const from = atMs ?? serverNow();
    const actions: Record<string, () => void> = {
      ArrowLeft: () => void playhead.step(-1, serverNow()),
      ArrowRight: () => void playhead.step(1, serverNow()),
      PageUp: () => playhead.seek(Math.min(serverNow(), from + page)),
      PageDown: () => playhead.seek(from - page),
      Home: () => playhead.seek(window.fromMs),
      End: () => playhead.live(),
    };
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }

  return (
    <div class="track-holder">
      <div
        class="track"
        role="slider"
        tabIndex={0}
        aria-label={`Time of ${names.join(" and ")}`}
        aria-valuemin={0}
        aria-valuemax={1000}
        aria-valuenow={atMs === null ? 1000 : Math.round(1000 * Math.min(1, Math.max(0, fractionOf(window, atMs))))}
        aria-valuetext={valueText(atMs, state.lanes.value[0] ?? null)}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          seekTo(event);
        }}
        onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && seekTo(event)}
      >
        {names.map((name, i) => <LaneBars key={i} name={name} lane={state.lanes.value[i] ?? null} window={window} />)}
        {selection !== null && <Band window={window} span={selection} />}
        <span
          class="playhead"
          data-live={atMs === null || undefined}
          style={{ left: `${100 * (atMs === null ? 1 : Math.min(1, Math.max(0, fractionOf(window, atMs))))}%` }}
        />
      </div>
      <div class="marks" aria-hidden="true">
        {marksOf(window, MARKS_MAX, -new Date(window.toMs).getTimezoneOffset() * 60_000).filter((ms) =>
          Math.abs(fractionOf(window, ms) - 0.5) < 0.5 - MARK_EDGE
        ).map((ms) => <span key={ms} style={{ left: `${100 * fractionOf(window, ms)}%` }}>{markText(ms)}</span>)}
      </div>
    </div>
  );
}

function LaneBars({ name, lane, window }: { name: string; lane: Lane | null; window: TimeWindow }) {
  return (
    <div class="lane" data-known={lane !== null || undefined}>
      <svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
        {lane !== null && <GapBars lane={lane} window={window} place={{ y: 0, height: 10 }} />}
        {lane?.view.spans.map((span, i) => (
          <Bar key={i} window={window} from={span.fromMs} to={span.toMs} name="span">
            {`Recorded: ${formatCount(span.frames)} pictures, ${formatCount(span.defects)} defects`}
          </Bar>
        ))}
        {/* Where some pictures are lost and others are not, both are seen. */}
        {lane !== null && <GapBars lane={lane} window={window} place={{ y: 7, height: 3 }} />}
        {lane?.defects.map(({ id, timeMs }) => (
          <Bar key={id} window={window} from={timeMs} to={timeMs} name="defect-mark">Defect</Bar>
        ))}
      </svg>
      <span class="lane-name" aria-hidden="true">{visibleName(name)}</span>
    </div>
  );
}

function GapBars({ lane, window, place }: { lane: Lane; window: TimeWindow; place: { y: number; height: number } }) {
  return (
    <>
      {lane.view.gaps.map((gap, i) => (
        <Bar
          key={i}
          window={window}
          from={gap.fromMs}
          to={gap.toMs ?? window.toMs}
          name={`gap gap-${gap.reason}`}
          place={place}
        >
          {gapText(gap)}
        </Bar>
      ))}
    </>
  );
}

function Bar({ window, from, to, name, place = { y: 0, height: 10 }, children }: {
  window: TimeWindow;
  place?: { y: number; height: number };
  from: number;
  to: number;
  name: string;
  children: string;
}) {
  const bar = barOf(window, from, to);
  if (bar === null) return null;
  return (
    <rect class={name} x={bar.left * 1000} width={bar.width * 1000} {...place}>
      <title>{children}</title>
    </rect>
  );
}

function Band({ window, span }: { window: TimeWindow; span: TimeWindow }) {
  const bar = barOf(window, span.fromMs, span.toMs);
  if (bar === null) return null;
  return <span class="band" style={{ left: `${bar.left * 100}%`, width: `${bar.width * 100}%` }} />;
}

function valueText(atMs: number | null, lane: Lane | null): string {
  if (atMs === null) return "Live";
  const what = lane === null ? null : whatIsAt(lane.view, atMs);
  const words = what === null ? "nothing recorded" : what === "recorded" ? "recorded" : GAP_WORDS[what.reason];
  return `${formatInstant(atMs)}, ${words}`;
}

/** Midnight is the day that begins. */
function markText(ms: number): string {
  const date = new Date(ms);
  if (date.getHours() === 0 && date.getMinutes() === 0) {
    return date.toLocaleDateString("en", { day: "numeric", month: "short" });
  }
  return formatInstant(ms).slice(0, 5);
}
