/** A source as a card of the wall. */
import type { Signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { SourceView } from "../../frame_library.ts";
import { visibleName } from "../format.ts";
import { Icon } from "../icons.tsx";
import { sourceAddress } from "./address.ts";
import { figuresOf } from "./figures.ts";
import { liveContent, PictureCanvas } from "./picture_canvas.tsx";
import { PictureNote, SourceBadge, SourceFacts } from "./source_status.tsx";
import { LostCount, VerdictChip } from "./verdict.tsx";

/** Shows the newest picture; a click opens it at full size. */
export function SourceCard({ source }: { source: Signal<SourceView> }) {
  const view = source.value;
  const figures = figuresOf(view);
  const content = useMemo(() => liveContent(view.id), [view.id]);
  const name = visibleName(view.source);
  return (
    <li class="card source-card" data-source={view.id} data-state={figures.value.state}>
      <a class="stage screen" href={sourceAddress(view.id)} aria-label={`Open ${name} of ${visibleName(view.device)}`}>
        <PictureCanvas label={`Newest picture of ${name}`} content={content} />
        <Icon name="camera" />
        <PictureNote figures={figures} />
      </a>
      <div class="card-body">
        <div class="card-head">
          <h3 title={name}>{name}</h3>
          <SourceBadge figures={figures} />
        </div>
        <SourceFacts view={view} figures={figures} />
        <div class="status status-row">
          <VerdictChip figures={figures} />
          <LostCount view={view} missed={figures.value.missed} />
        </div>
      </div>
    </li>
  );
}
