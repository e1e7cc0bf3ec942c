/// <reference lib="dom" />
/** Pictures that came with readings, below the charts at their moments. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { ShownEvent } from "./event_words.ts";
import { visibleName } from "../format.ts";
import { formatInstant } from "../live/words.ts";
import { PLOT_INSETS } from "./chart_options.ts";
import { readingWords } from "./event_words.ts";
import { chosenFeeds } from "./feed_choice.ts";
import { pictureGroups } from "./marks.ts";
import { PictureDialog } from "./picture_dialog.tsx";
import { PictureMarks } from "./picture_marks.ts";
import type { ReadingsState } from "./readings_state.ts";

/** Width of a picture in the strip with its room. */
const GROUP_PIXELS = 84;

/** Nothing when there are none. */
export function PictureStrip({ state }: { state: ReadingsState }) {
  const marks = useMemo(() => new PictureMarks(state), [state]);
  useEffect(() => marks.start(), [marks]);
  const feeds = chosenFeeds.value;
  const names = JSON.stringify(feeds.map(({ device, feed }) => [device, feed]));
  useEffect(() => marks.show(feeds), [marks, names]);
  const open = useSignal<ShownEvent | null>(null);
  if (marks.events.value.length === 0) return null;
  return (
    <section class="strip" aria-label="Pictures of readings">
      <h2>Pictures</h2>
      <Track marks={marks} state={state} open={open} />
      {marks.hasMore.value && (
        <p class="hint">Only the newest {marks.events.value.length} pictures are marked; zoom in for the others.</p>
      )}
      {open.value !== null && (
        <PictureDialog
          event={open.value}
          pictures={marks.events.value}
          onShow={(event) => open.value = event}
        />
      )}
    </section>
  );
}

function Track({ marks, state, open }: { marks: PictureMarks; state: ReadingsState; open: Signal<ShownEvent | null> }) {
  const track = useRef<HTMLDivElement>(null);
  const window = state.window.value;
  const width = Math.max(200, state.widthPixels - PLOT_INSETS.left - PLOT_INSETS.right);
  return (
    <div
      class="strip-track"
      ref={track}
      style={{ marginLeft: `${PLOT_INSETS.left}px`, marginRight: `${PLOT_INSETS.right}px` }}
    >
      {pictureGroups(marks.events.value, window, GROUP_PIXELS / width).map(({ at, events }) => {
        const newest = events.at(-1)!;
        const time = formatInstant(newest.timeMs);
        return (
          <div key={newest.id} class="strip-moment" style={{ "--at": `${100 * at}%` }}>
            <button
              type="button"
              class="strip-picture"
              title={`${visibleName(newest.device)}, ${readingWords(newest)}, ${time}`}
              aria-label={`Picture of ${time}, ${readingWords(newest)}${
                events.length > 1 ? `, and ${events.length - 1} before it` : ""
              }`}
              onClick={() => open.value = newest}
            >
              <img src={newest.picture ?? ""} alt="" loading="lazy" decoding="async" />
              {events.length > 1 && <span class="strip-count">{events.length}</span>}
            </button>
          </div>
        );
      })}
    </div>
  );
}
