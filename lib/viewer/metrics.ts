/** `/metrics` in Prometheus' text format. Source: https://prometheus.io/docs/instrumenting/exposition_formats/ */
import type { ClipTotals, ServerView } from "./clip_library.ts";

/** What the viewer itself counts. */
export interface ViewerCounts {
  readonly uptimeSeconds: number;
  readonly viewers: number;
  readonly contentRequests: number;
}

function metric(name: string, help: string, samples: readonly (readonly [labels: string, value: number])[]): string {
  const lines = samples.map(([labels, value]) => `framewire_${name}${labels} ${value}\n`);
  return `# HELP framewire_${name} ${help}\n# TYPE framewire_${name} gauge\n${lines.join("")}`;
}

function label(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/** The whole text. Device names are left out on purpose: a box could make any number of series. */
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
    metric("free_bytes", "Bytes free for clips, after the reserve.", free),
  ].join("");
}
