/** `/metrics` in Prometheus' text format. Source: https://prometheus.io/docs/instrumenting/exposition_formats/ */
import type { LiveFigures } from "../live/live_hub.ts";
import type { ClipTotals, ServerView } from "./clip_library.ts";

/** What the viewer itself counts. */
export interface ViewerCounts {
  readonly uptimeSeconds: number;
  readonly viewers: number;
  readonly contentRequests: number;
  readonly liveRequests: number;
}

/** Sources with lines of their own; a box could make any number of them. */
const SOURCES_MAX = 64;

type Samples = readonly (readonly [labels: string, value: number])[];

function metric(name: string, help: string, samples: Samples, type: "gauge" | "counter" = "gauge"): string {
  const lines = samples.map(([labels, value]) => `framewire_${name}${labels} ${value}\n`);
  return `# HELP framewire_${name} ${help}\n# TYPE framewire_${name} ${type}\n${lines.join("")}`;
}

function label(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/** The whole text. Names of devices are left out on purpose, as a box could make any number of series; see `liveMetricsText`. */
export function metricsText(server: ServerView, totals: ClipTotals, counts: ViewerCounts): string {
  const states = Object.entries(totals.clips).map(([state, count]) => [`{state="${state}"}`, count] as const);
  const online = server.devices.filter(({ connections }) => connections > 0).length;
  const free = server.freeBytes === null ? [] : [["", server.freeBytes] as const];
  return [
    metric("info", "Version of the server.", [[`{version="${label(server.software)}"}`, 1]]),
    metric("uptime_seconds", "Seconds since the server started.", [["", counts.uptimeSeconds]]),
    metric("clips", "Clips by state.", states),
    metric("clip_held_bytes", "Bytes held of all clips.", [["", totals.heldBytes]]),
    metric("devices_connected", "Devices with at least one connection.", [["", online]]),
    metric("viewers", "Pages connected at the moment.", [["", counts.viewers]]),
    metric("content_requests", "Requests for the content of clips under way.", [["", counts.contentRequests]]),
    metric("live_requests", "Live streams over HTTP under way.", [["", counts.liveRequests]]),
    metric("free_bytes", "Bytes free for clips, after the reserve.", free),
  ].join("");
}

/**
 * What is live: sums of all sources, and lines of their own for those which are sent at the moment, the first few of
 * them.
 */
export function liveMetricsText(sources: readonly LiveFigures[]): string {
  const open = sources.filter(({ state }) => state === "live" || state === "stale");
  const shown = open.slice(0, SOURCES_MAX).map((figures) => {
    const names = `device="${label(figures.device)}",source="${label(figures.source)}"`;
    return { names, figures };
  });
  const perSource = (pick: (figures: LiveFigures) => number): Samples =>
    shown.map(({ names, figures }) => [`{${names}}`, pick(figures)]);
  const dropped: Samples = shown.flatMap(({ names, figures }) =>
    Object.entries(figures.dropped).map(([reason, count]) => [`{${names},reason="${reason}"}`, count] as const)
  );
  const states = ["live", "stale"].map((state) =>
    [`{state="${state}"}`, open.filter((one) => one.state === state).length] as const
  );
  return [
    metric("sources", "Sources which boxes send at the moment.", states),
    metric("source_fps", "Frames a second of a source.", perSource(({ fps }) => Math.round(fps * 100) / 100)),
    metric("source_frames_total", "Frames of a source that arrived.", perSource(({ frames }) => frames), "counter"),
    metric("source_dropped_total", "Frames of a source that its box dropped.", dropped, "counter"),
    metric(
      "source_missed_total",
      "Frames that viewers were too slow for.",
      perSource(({ missed }) => missed),
      "counter",
    ),
  ].join("");
}
