/** Two sources of a device at the same instant: side by side, or one over the other. */
import { type Signal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { SourceView as View } from "../../frame_library.ts";
import { visibleName } from "../format.ts";
import { Icon } from "../icons.tsx";
import { sourceAddress } from "./address.ts";
import { figuresOf } from "./figures.ts";
import { PairPlayer } from "./pair_player.ts";
import { PictureCanvas } from "./picture_canvas.tsx";
import { Playhead } from "./playhead.ts";
import { sourceSignal } from "./source_state.ts";
import { PictureNote, SourceBadge, SourceFacts } from "./source_status.tsx";
import { Timeline } from "./timeline.tsx";
import { LostCount, VerdictChip } from "./verdict.tsx";
import { FullScreenButton, NoSource, ViewHead } from "./view_head.tsx";
import { formatShort, KIND_WORDS } from "./words.ts";

const OPACITY_START = 0.5;
/** How the two are shown; kept while one goes from pair to pair. */
const isOverlaid: Signal<boolean> = signal(false);
const opacity: Signal<number> = signal(OPACITY_START);

/** The view of `#pair=<id>,<id>`. */
export function PairView({ ids }: { ids: readonly [number, number] }) {
  const [first, second] = [sourceSignal(ids[0]), sourceSignal(ids[1])];
  if (first === undefined || second === undefined) return <NoSource />;
  return <OpenPair views={[first.value, second.value]} />;
}

function OpenPair({ views }: { views: readonly [View, View] }) {
  const [first, second] = views;
  const playhead = useMemo(() => new Playhead(views), [first.id, second.id]);
  const player = useMemo(() => new PairPlayer([first.id, second.id], playhead, () => opacity.value), [playhead]);
  useEffect(() => {
    const stop = player.start();
    return () => {
      stop();
      playhead.close();
    };
  }, [player]);
  return (
    <div class="view view-pair" data-state={playhead.atMs.value === null ? "live" : "recorded"}>
      <ViewHead
        title={views.map(({ source }) => visibleName(source)).join(" + ")}
        device={visibleName(first.device)}
        backTo={first.id}
      >
        <FullScreenButton />
      </ViewHead>
      <div class="pair-tools">
        <div class="segments" role="group" aria-label="How they are shown">
          <button type="button" aria-pressed={!isOverlaid.value} onClick={() => isOverlaid.value = false}>
            <Icon name="pair" />Side by side
          </button>
          <button type="button" aria-pressed={isOverlaid.value} onClick={() => isOverlaid.value = true}>
            <Icon name="overlay" />Overlay
          </button>
        </div>
        {isOverlaid.value && <OpacitySlider views={views} />}
        <Skew player={player} />
      </div>
      <div class="screen-holder" data-overlaid={isOverlaid.value || undefined}>
        {isOverlaid.value
          ? <Screen key="both" views={views} content={player.both} playhead={playhead} />
          : views.map((view, i) => (
            <Screen key={view.id} views={[view]} content={player.single[i]!} playhead={playhead} />
          ))}
      </div>
      <ul class="pair-facts">
        {views.map((view) => <Facts key={view.id} view={view} />)}
      </ul>
      <Timeline playhead={playhead} sources={views} />
    </div>
  );
}

function Screen({ views, content, playhead }: {
  views: readonly View[];
  content: PairPlayer["both"];
  playhead: Playhead;
}) {
  const isLive = playhead.atMs.value === null;
  const names = views.map(({ source }) => visibleName(source)).join(" over ");
  return (
    <div class="screen" data-recorded={!isLive || undefined}>
      <PictureCanvas label={`Picture of ${names}`} content={content} />
      <div class="screen-tags">
        {views.map((view) => (
          <span class="screen-tag" key={view.id}>
            {isLive && <SourceBadge figures={figuresOf(view)} />}
            <span class="kind-tag">{KIND_WORDS[view.kind]}</span>
          </span>
        ))}
      </div>
      {isLive && views.length === 1 && <PictureNote figures={figuresOf(views[0]!)} />}
    </div>
  );
}

function OpacitySlider({ views }: { views: readonly [View, View] }) {
  const percent = Math.round(opacity.value * 100);
  return (
    <label class="opacity">
      <span>{KIND_WORDS[views[0].kind]}</span>
      <input
        type="range"
        min={0}
        max={100}
        value={percent}
        aria-label={`Opacity of ${visibleName(views[1].source)}`}
        aria-valuetext={`${percent} %`}
        onInput={(event) => opacity.value = event.currentTarget.valueAsNumber / 100}
      />
      <span>{KIND_WORDS[views[1].kind]}</span>
    </label>
  );
}

/** How far apart the two pictures were taken. */
function Skew({ player }: { player: PairPlayer }) {
  const skew = player.skew.value;
  if (skew === null) return <p class="skew">Waiting for both pictures</p>;
  const words = skew.isSameInstant ? "Same instant" : "Not the same instant";
  const sign = Math.round(skew.ms) > 0 ? "+" : "";
  return (
    <p class="skew" data-apart={!skew.isSameInstant || undefined}>
      {words}, skew <strong>{sign}{formatShort(skew.ms)}</strong>
    </p>
  );
}

function Facts({ view }: { view: View }) {
  const figures = figuresOf(view);
  const name = visibleName(view.source);
  return (
    <li class="pair-fact">
      <a href={sourceAddress(view.id)}>{name}</a>
      <SourceFacts view={view} figures={figures} />
      <VerdictChip figures={figures} />
      <LostCount view={view} missed={figures.value.missed} />
    </li>
  );
}
