/** The timeline below a picture: range, playhead, gaps in words, export. */
import { useEffect, useMemo } from "preact/hooks";
import type { SourceView, TimelineView } from "../../frame_library.ts";
import { formatDuration, formatTime, visibleName } from "../format.ts";
import { Icon } from "../icons.tsx";
import { serverNow } from "../state.ts";
import { ExportBar } from "./export_bar.tsx";
import type { Playhead } from "./playhead.ts";
import { RANGES, totalsOf } from "./timeline_math.ts";
import { TimelineState } from "./timeline_state.ts";
import { TimelineTrack } from "./timeline_track.tsx";
import { formatCount, formatInstant, GAP_WORDS, gapCount, KIND_WORDS } from "./words.ts";

/** A timeline of one source, or of two in step. */
export function Timeline({ playhead, sources }: { playhead: Playhead; sources: readonly SourceView[] }) {
  const state = useMemo(() => new TimelineState(playhead), [playhead]);
  useEffect(() => state.start(), [state]);
  const names = sources.length === 1 ? [visibleName(sources[0]!.source)] : sources.map(laneName);
  return (
    <section class="timeline" aria-label="Timeline">
      <div class="timeline-head">
        <div class="segments" role="group" aria-label="Time shown">
          {RANGES.map(({ name, ms }) => (
            <button
              type="button"
              key={name}
              aria-pressed={state.rangeMs.value === ms}
              onClick={() => state.showRange(ms)}
            >
              {name}
            </button>
          ))}
        </div>
        <div class="steps">
          <StepButton icon="back" label="Earlier" onClick={() => state.shift(-1)} />
          <StepButton icon="forward" label="Later" onClick={() => state.shift(1)} />
        </div>
        <Position playhead={playhead} />
      </div>
      <TimelineTrack state={state} playhead={playhead} names={names} />
      <p class="legend">
        <span class="key key-span">Recorded</span>
        <span class="key key-gap">Gap</span>
        <span class="key key-defect">Defect</span>
        {state.hasFailed.value
          ? <span class="bad">Cannot load what is recorded</span>
          : <Totals lanes={state.lanes.value.map((lane) => lane?.view ?? null)} />}
      </p>
      <div class="timeline-foot">
        <div class="steps">
          <button type="button" class="button" onClick={() => void playhead.step(-1, serverNow())}>
            <Icon name="back" />Previous frame
          </button>
          <button
            type="button"
            class="button"
            disabled={playhead.atMs.value === null}
            onClick={() => void playhead.step(1, serverNow())}
          >
            Next frame<Icon name="forward" />
          </button>
        </div>
        <ExportBar playhead={playhead} sources={sources} window={() => state.window.peek()} />
      </div>
      {sources.map((source, i) => {
        const view = state.lanes.value[i]?.view;
        if (view === undefined || view.gaps.length === 0) return null;
        return <Gaps key={source.id} name={names[i] ?? ""} view={view} playhead={playhead} />;
      })}
    </section>
  );
}

function laneName(view: SourceView): string {
  return `${visibleName(view.source)} (${KIND_WORDS[view.kind].toLowerCase()})`;
}

function StepButton({ icon, label, onClick }: { icon: "back" | "forward"; label: string; onClick: () => void }) {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

/** Where the playhead is, and the way back. */
function Position({ playhead }: { playhead: Playhead }) {
  const atMs = playhead.atMs.value;
  if (atMs === null) return <p class="position">Showing what is live</p>;
  const words = {
    idle: "",
    loading: "Loading…",
    none: "Nothing is recorded",
    gone: "This frame is gone",
    failed: "Cannot load this frame",
  };
  const track = playhead.tracks[0]!;
  const frame = track.frame.value;
  const state = track.state.value;
  return (
    <>
      <p class="position" role="status">
        {state === "shown" || (state === "loading" && frame !== null)
          ? (
            <>
              <span class="position-word">Recorded</span>{" "}
              <strong>{day(frame!.timeMs)}{formatInstant(frame!.timeMs)}</strong>, frame{" "}
              {frame!.name === null ? frame!.sequence : visibleName(frame!.name)}
            </>
          )
          : words[state as keyof typeof words]}
      </p>
      <button type="button" class="button button-live" onClick={() => playhead.live()}>
        <span class="dot" data-online="true" />Back to live
      </button>
    </>
  );
}

/** The day in front of a time, unless it is today. */
function day(ms: number): string {
  const text = formatTime(ms, serverNow());
  return text.length > 5 ? `${text.slice(0, -5)}` : "";
}

function Totals({ lanes }: { lanes: readonly (TimelineView | null)[] }) {
  const known = lanes.filter((lane) => lane !== null).map(totalsOf);
  if (known.length === 0) return null;
  const sum = (name: "frames" | "defects" | "lost") => known.reduce((total, one) => total + one[name], 0);
  const defects = sum("defects");
  const lost = sum("lost");
  return (
    <span class="totals">
      {formatCount(sum("frames"))} pictures
      {defects > 0 && `, ${formatCount(defects)} with ${defects === 1 ? "a defect" : "defects"}`}
      {lost > 0 && `, ${formatCount(lost)} lost`}
    </span>
  );
}

const GAPS_MAX = 50;

function Gaps({ name, view, playhead }: { name: string; view: TimelineView; playhead: Playhead }) {
  const newest = [...view.gaps].sort((a, b) => b.fromMs - a.fromMs).slice(0, GAPS_MAX);
  return (
    <details class="gaps">
      <summary>{gapCount(totalsOf(view).gaps)} of {name}</summary>
      <ul>
        {newest.map((gap, i) => (
          <li key={i}>
            <button type="button" class="row" onClick={() => playhead.seek(gap.fromMs)}>
              <span class="row-time">{formatTime(gap.fromMs, serverNow(), true)}</span>
              <span class="key-dot" data-reason={gap.reason} />
              <span>{GAP_WORDS[gap.reason]}</span>
              <span class="row-end">
                {gap.count > 1 && `${gapCount(gap.count)} in `}
                {gap.toMs === null ? "until now" : formatDuration((gap.toMs - gap.fromMs) / 1000)}
                {gap.frames > 0 && `, ${formatCount(gap.frames)} pictures`}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}
