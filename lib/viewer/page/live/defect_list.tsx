/// <reference lib="dom" />
/** The last defects of a source, to jump to. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { SourceView } from "../../frame_library.ts";
import { formatTime, visibleName } from "../format.ts";
import { serverNow } from "../state.ts";
import { fetchDefects, type RecordedFrame } from "./frame_api.ts";
import type { Playhead } from "./playhead.ts";
import { reasonsOf } from "./verdict.tsx";

const COUNT = 12;
/** A defect is counted when it is found, and can be fetched when it is durable; by then it is. */
const SETTLE_MS = 1_500;

/** Loads anew when the count of defects goes up. */
export function DefectList({ view, playhead }: { view: SourceView; playhead: Playhead }) {
  const frames = useSignal<readonly RecordedFrame[] | null>(null);
  useEffect(() => {
    const ending = new AbortController();
    const load = async () => {
      try {
        frames.value = await fetchDefects(view, COUNT, null, ending.signal);
      } catch {
        // The list which is there stays; the next defect loads it again.
      }
    };
    const timer = setTimeout(() => void load(), frames.peek() === null ? 0 : SETTLE_MS);
    return () => {
      clearTimeout(timer);
      ending.abort();
    };
  }, [view.defects]);
  if (frames.value === null) return null;
  if (frames.value.length === 0) return <p class="hint">None is recorded.</p>;
  const track = playhead.tracks.find(({ source }) => source.source === view.source);
  return (
    <ul class="defects">
      {frames.value.map((frame) => (
        <li key={frame.id}>
          <button
            type="button"
            class="row"
            aria-pressed={playhead.atMs.value !== null && track?.frame.value?.id === frame.id}
            onClick={() => playhead.show(frame, track)}
          >
            <span class="row-time">{formatTime(frame.timeMs, serverNow(), true)}</span>
            <span class="row-words">
              {frame.result === null ? "Defect" : visibleName(reasonsOf(frame.result)) || "Defect"}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
