/** One source at full size: live, or what is recorded of it. */
import { useEffect, useMemo } from "preact/hooks";
import type { SourceView as View } from "../../frame_library.ts";
import { visibleName } from "../format.ts";
import { Icon } from "../icons.tsx";
import { pairAddress } from "./address.ts";
import { DefectList } from "./defect_list.tsx";
import { figuresOf } from "./figures.ts";
import { liveContent, PictureCanvas } from "./picture_canvas.tsx";
import { Playhead } from "./playhead.ts";
import { FigureList, ResultDetails } from "./side_panel.tsx";
import { pairOfGroup, sourceGroups, sourceSignal } from "./source_state.ts";
import { PictureNote, SourceBadge } from "./source_status.tsx";
import { Timeline } from "./timeline.tsx";
import { FullScreenButton, NoSource, ViewHead } from "./view_head.tsx";
import { formatInstant } from "./words.ts";

/** The view of `#source=<id>`, and of `#source=<id>@<ms>`, which shows what was recorded then. */
export function SourceView({ id, atMs }: { id: number; atMs: number | null }) {
  const source = sourceSignal(id);
  return source === undefined ? <NoSource /> : <OpenSource view={source.value} atMs={atMs} />;
}

function OpenSource({ view, atMs }: { view: View; atMs: number | null }) {
  const figures = figuresOf(view);
  const playhead = useMemo(() => new Playhead([view]), [view.id]);
  useEffect(() => () => playhead.close(), [playhead]);
  useEffect(() => {
    if (atMs !== null) playhead.seek(atMs);
  }, [playhead, atMs]);
  const track = playhead.tracks[0]!;
  const live = useMemo(() => liveContent(view.id), [view.id]);
  const recorded = useMemo(
    () => ({ begin: (changed: () => void) => track.listen(changed), layers: () => track.layers() }),
    [track],
  );
  const isLive = playhead.atMs.value === null;
  const group = sourceGroups.value.find(({ device }) => device === view.device);
  const pair = group === undefined ? null : pairOfGroup(group);
  const name = visibleName(view.source);
  const frame = track.frame.value;
  return (
    <div class="view" data-state={isLive ? figures.value.state : "recorded"}>
      <ViewHead title={name} device={visibleName(view.device)} backTo={view.id}>
        {pair?.some(({ id }) => id === view.id) && (
          <a class="button" href={pairAddress(pair[0].id, pair[1].id)}>
            <Icon name="pair" />
            <span>Side by side</span>
          </a>
        )}
        <FullScreenButton />
      </ViewHead>
      <div class="view-body">
        <div class="screen-holder">
          <div class="screen" data-recorded={!isLive || undefined}>
            {isLive
              ? <PictureCanvas key="live" label={`Newest picture of ${name}`} content={live} />
              : <PictureCanvas key="recorded" label={`Recorded picture of ${name}`} content={recorded} />}
            <div class="screen-tags">
              {isLive ? <SourceBadge figures={figures} /> : <span class="badge" data-state="recorded">Recorded</span>}
            </div>
            {isLive
              ? <PictureNote figures={figures} />
              : frame !== null && <span class="picture-note">{formatInstant(frame.timeMs)}</span>}
          </div>
        </div>
        <aside class="panel" aria-label="Figures">
          <section>
            <h2>{isLive ? "Verdict" : "Verdict of this frame"}</h2>
            <ResultDetails result={isLive ? figures.value.result : frame?.result ?? null} />
          </section>
          <section>
            <h2>{isLive ? "Figures" : "Figures now"}</h2>
            <FigureList view={view} figures={figures} />
          </section>
          <section>
            <h2>Last defects</h2>
            <DefectList view={view} playhead={playhead} />
          </section>
        </aside>
        <Timeline playhead={playhead} sources={[view]} />
      </div>
    </div>
  );
}
