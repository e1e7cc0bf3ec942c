/// <reference lib="dom" />
/** Chooses a span at the playhead, and gets it as a file. */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { SourceView } from "../../frame_library.ts";
import { formatDuration, visibleName } from "../format.ts";
import { Icon } from "../icons.tsx";
import { exportUrl, progressWords, type VideoProgress } from "./export_links.ts";
import type { Playhead } from "./playhead.ts";
import { selectionOf, type TimeWindow } from "./timeline_math.ts";
import { formatInstant } from "./words.ts";

const POLL_MS = 1_000;

/** `window`: what is shown, to choose all of it. */
export function ExportBar({ playhead, sources, window }: {
  playhead: Playhead;
  sources: readonly SourceView[];
  window: () => TimeWindow;
}) {
  const atMs = playhead.atMs.value;
  const span = selectionOf(playhead.startMs.value, playhead.endMs.value);
  function choose({ fromMs, toMs }: TimeWindow): void {
    playhead.startMs.value = fromMs;
    playhead.endMs.value = toMs;
  }
  if (span === null) {
    return (
      <div class="export" role="group" aria-label="Export">
        {atMs === null
          ? null
          : playhead.startMs.value === null
          ? (
            <button type="button" class="button" onClick={() => playhead.startMs.value = atMs}>
              Export from here…
            </button>
          )
          : (
            <button type="button" class="button" onClick={() => playhead.endMs.value = atMs}>
              … to here ({formatInstant(playhead.startMs.value).slice(0, 8)} is one end)
            </button>
          )}
        <button type="button" class="button" onClick={() => choose(window())}>Export what is shown</button>
      </div>
    );
  }
  const seconds = (span.toMs - span.fromMs) / 1000;
  return (
    <div class="export" role="group" aria-label="Export">
      <p class="export-words">
        {formatInstant(span.fromMs).slice(0, 8)} to {formatInstant(span.toMs).slice(0, 8)}, {formatDuration(seconds)}
      </p>
      {sources.map((source) => (
        <ExportButtons
          key={`${source.id} ${span.fromMs} ${span.toMs}`}
          source={source}
          span={span}
          prefix={sources.length > 1 ? `${visibleName(source.source)}: ` : ""}
        />
      ))}
      <button
        type="button"
        class="icon-button"
        aria-label="Choose no span"
        title="Choose no span"
        onClick={() => playhead.startMs.value = playhead.endMs.value = null}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

function ExportButtons({ source, span, prefix }: { source: SourceView; span: TimeWindow; prefix: string }) {
  const progress = useSignal<VideoProgress | null>(null);
  const ending = useMemo(() => new AbortController(), []);
  useEffect(() => () => ending.abort(), []);
  return (
    <>
      <a class="button" href={exportUrl(source, span, "zip")} download>
        <Icon name="download" />
        {prefix}ZIP of JPEGs
      </a>
      <button
        type="button"
        class="button"
        disabled={progress.value?.state === "working"}
        title={progress.value?.state === "failed" ? progress.value.text : undefined}
        onClick={() => void makeVideo(exportUrl(source, span, "mp4"), (next) => progress.value = next, ending.signal)}
      >
        <Icon name="download" />
        {prefix}
        {progressWords(progress.value)}
      </button>
    </>
  );
}

/** Asks until the video is ready, and has the browser save it. */
async function makeVideo(url: string, tell: (progress: VideoProgress) => void, signal: AbortSignal): Promise<void> {
  tell({ state: "working", frames: 0, framesDone: 0 });
  while (!signal.aborted) {
    const progress = await askForVideo(url, signal);
    if (signal.aborted) return;
    tell(progress);
    if (progress.state === "ready") {
      const link = Object.assign(document.createElement("a"), { href: progress.url, download: "" });
      link.click();
    }
    if (progress.state !== "working") return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function askForVideo(url: string, signal: AbortSignal): Promise<VideoProgress> {
  try {
    const response = await fetch(url, { signal });
    return response.ok
      ? await response.json() as VideoProgress
      : { state: "failed", text: `The server answered ${response.status}` };
  } catch {
    return { state: "failed", text: "The server does not answer" };
  }
}
