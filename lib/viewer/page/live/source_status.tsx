/** The state of a source in words and figures. */
import type { Signal } from "@preact/signals";
import type { SourceView } from "../../frame_library.ts";
import type { Figures } from "./figures.ts";
import { formatRate, formatShort, KIND_WORDS, STATE_WORDS } from "./words.ts";

/** The state in a word. */
export function SourceBadge({ figures }: { figures: Signal<Figures> }) {
  const { state } = figures.value;
  return <span class="badge" data-state={state}>{STATE_WORDS[state]}</span>;
}

/** Said over a picture which is not live: how old it is. */
export function PictureNote({ figures }: { figures: Signal<Figures> }) {
  const { state, ageMs, size } = figures.value;
  if (state === "live") return null;
  if (ageMs === null) return <span class="picture-note">No picture yet</span>;
  const age = ageMs === 0 ? "under 1 s" : formatShort(ageMs);
  return <span class="picture-note">{size === null ? `Last picture ${age} ago` : `Picture is ${age} old`}</span>;
}

/** Kind, rate, latency. */
export function SourceFacts({ view, figures }: { view: SourceView; figures: Signal<Figures> }) {
  const { fps, latencyMs, state } = figures.value;
  const isLive = state === "live";
  return (
    <p class="facts">
      <span class="kind" data-kind={view.kind}>{KIND_WORDS[view.kind]}</span>
      {isLive && <span title="Pictures a second that this page gets">{fps === null ? "…" : formatRate(fps)} fps</span>}
      {isLive && latencyMs !== null && (
        <span title="From being taken to being drawn here, by the server's clock">{formatShort(latencyMs)}</span>
      )}
    </p>
  );
}
