/** Everything known of one source, in figures. */
import type { Signal } from "@preact/signals";
import type { SourceView } from "../../frame_library.ts";
import { formatBytes, visibleName } from "../format.ts";
import type { Figures } from "./figures.ts";
import type { Result } from "./result_book.ts";
import { reasonsOf } from "./verdict.tsx";
import { formatCount, formatRate, formatShort, KIND_WORDS, lostLines, VERDICT_WORDS } from "./words.ts";

/** Figures of a source as a list. */
export function FigureList({ view, figures }: { view: SourceView; figures: Signal<Figures> }) {
  const { fps, latencyMs, missed, size, state } = figures.value;
  const isLive = state === "live";
  const lost = lostLines(view, missed);
  return (
    <dl class="figures">
      <Row name="Kind" value={KIND_WORDS[view.kind]} />
      <Row name="Picture" value={size ?? "–"} />
      <Row name="Shown here" value={isLive && fps !== null ? `${formatRate(fps)} fps` : "–"} />
      <Row
        name="At the server"
        value={isLive ? `${formatRate(view.fps)} fps, ${formatBytes(view.bytesPerSecond)}/s` : "–"}
      />
      <Row name="Latency" value={isLive && latencyMs !== null ? formatShort(latencyMs) : "–"} hint="taken to drawn" />
      <Row
        name="… of which to the server"
        value={isLive && view.latencyMs !== null ? formatShort(view.latencyMs) : "–"}
      />
      <Row
        name="Clock of the box"
        value={view.clockOffsetMs === null ? "–" : clockWords(view.clockOffsetMs)}
      />
      <Row
        name="Analysed"
        value={`${formatCount(view.analysed)}, ${formatCount(view.defects)} ${
          view.defects === 1 ? "defect" : "defects"
        }`}
      />
      <Row name="Recorded" value={`${formatCount(view.storedFrames)} (${formatBytes(view.storedBytes)})`} />
      <div class="figure figure-lost">
        <dt>Lost</dt>
        {lost.length === 0 ? <dd>nothing</dd> : lost.map(({ count, reason }) => (
          <dd key={reason}>
            <strong>{formatCount(count)}</strong> {reason}
          </dd>
        ))}
      </div>
    </dl>
  );
}

function Row({ name, value, hint }: { name: string; value: string; hint?: string }) {
  return (
    <div class="figure">
      <dt>{name}{hint !== undefined && <span class="hint">, {hint}</span>}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function clockWords(offsetMs: number): string {
  if (Math.abs(offsetMs) < 1) return "right";
  return `${formatShort(Math.abs(offsetMs))} ${offsetMs > 0 ? "fast" : "slow"}`;
}

/** A result in full: verdict, reasons, what was found and measured. */
export function ResultDetails({ result }: { result: Result | null }) {
  if (result === null) return <p class="hint">No verdict.</p>;
  const reasons = reasonsOf(result);
  const measures = Object.entries(result.measures);
  return (
    <div class="result">
      <p class="result-head">
        <span class="verdict" data-verdict={result.result}>{VERDICT_WORDS[result.result]}</span>
        {reasons !== "" && <span>{visibleName(reasons)}</span>}
      </p>
      {measures.length > 0 && (
        <dl class="figures">
          {measures.map(([name, value]) => (
            <Row key={name} name={visibleName(name)} value={visibleName(measureText(value))} />
          ))}
        </dl>
      )}
    </div>
  );
}

function measureText(value: number | boolean | string): string {
  if (typeof value !== "number") return typeof value === "boolean" ? (value ? "yes" : "no") : value;
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}
