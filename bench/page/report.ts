/** What the looks at the page say. */
import type { MachineFacts } from "../machine.ts";
import { median } from "../statistics.ts";
import type { PageSample } from "./page_probe.ts";

/** More than this part, and so many bytes, above the first third is growth. */
const GROWTH_PART = 0.2;
const GROWTH_BYTES = 2 * 1024 * 1024;
/** The same of nodes of the document and of listeners: lists on the page come and go. */
const GROWTH_COUNT = 200;

/** A run. */
export interface PageReport {
  readonly machine: MachineFacts;
  readonly sources: number;
  readonly fps: number;
  readonly samples: readonly PageSample[];
  /** Of all cameras together. */
  readonly picturesPerSecond: number;
  /** Why the tab is not as it was; empty when it is. */
  readonly complaints: readonly string[];
}

/** Makes the report. */
export function pageReportOf(
  samples: readonly PageSample[],
  facts: Pick<PageReport, "machine" | "sources" | "fps">,
): PageReport {
  const last = samples.at(-1)!;
  const picturesPerSecond = last.pictures / last.atSeconds;
  return { ...facts, samples, picturesPerSecond, complaints: complaintsOf(samples, facts.sources) };
}

/** What has grown from the first third to the last one, and what stands still. */
function complaintsOf(samples: readonly PageSample[], sources: number): string[] {
  const third = Math.max(1, Math.floor(samples.length / 3));
  const [first, last] = [samples.slice(0, third), samples.slice(-third)];
  const complaints: string[] = [];
  const grown = (name: string, of: (sample: PageSample) => number, least: number) => {
    const [before, after] = [median(first.map(of)), median(last.map(of))];
    if (after > before * (1 + GROWTH_PART) && after > before + least) {
      complaints.push(`${name} must not grow: from ${Math.round(before)} to ${Math.round(after)}`);
    }
  };
  grown("JavaScript heap", ({ heapBytes }) => heapBytes, GROWTH_BYTES);
  grown("memory of the tab", ({ tabBytes }) => tabBytes ?? 0, 16 * GROWTH_BYTES);
  grown("nodes", ({ nodes }) => nodes, GROWTH_COUNT);
  grown("listeners", ({ listeners }) => listeners, GROWTH_COUNT);
  // One is drawn, and one may just have been decoded.
  const most = Math.max(...samples.map(({ bitmaps }) => bitmaps));
  if (most > 2 * sources) complaints.push(`bitmaps must be <= ${2 * sources}: received ${most}`);
  const shown = last.at(-1)!.pictures - (samples.at(-third - 1)?.pictures ?? 0);
  if (shown <= 0) complaints.push("pictures must be shown to the end: received none");
  return complaints;
}

/** As Markdown. */
export function pageMarkdownOf(report: PageReport): string {
  const { machine, sources, fps, samples, picturesPerSecond, complaints } = report;
  const megabytes = (bytes: number | null) => bytes === null ? "–" : (bytes / 1e6).toFixed(1);
  const rows = samples.map((sample) =>
    [
      `${sample.atSeconds.toFixed(0)} s`,
      megabytes(sample.heapBytes),
      megabytes(sample.tabBytes),
      ...[sample.nodes, sample.listeners, sample.bitmaps, sample.pictures],
    ].join(" | ")
  );
  return [
    `${sources} cameras of ${fps} pictures a second (640x360) in one tab of Chromium; ${machine.cores} cores, load ${machine.loadBefore}`,
    "",
    "| time | heap, MB | tab, MB | nodes | listeners | bitmaps | pictures shown |",
    "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows.map((row) => `| ${row} |`),
    "",
    `${picturesPerSecond.toFixed(0)} pictures a second were shown.`,
    complaints.length === 0 ? "Nothing has grown." : complaints.map((text) => `Wrong: ${text}`).join("\n"),
    "",
  ].join("\n");
}
