/** Which time the charts show. */
import { formatTime } from "../format.ts";
import { Icon } from "../icons.tsx";
import { serverNow } from "../state.ts";
import type { ReadingsState } from "./readings_state.ts";
import { SPANS, spanWords } from "./span.ts";

/** Spans to choose from, zoom, and the way through time. */
export function SpanBar({ state }: { state: ReadingsState }) {
  const { fromMs, toMs } = state.window.value;
  const spanMs = toMs - fromMs;
  const isLive = state.isLive.value;
  const chosen = isLive ? spanWords(spanMs) : null;
  return (
    <div class="span-bar">
      <div class="segments" role="group" aria-label="Time shown">
        {SPANS.map(({ name, ms }) => (
          <button
            type="button"
            key={name}
            aria-pressed={chosen === name}
            onClick={() => state.showLast(ms)}
          >
            {name}
          </button>
        ))}
      </div>
      <div class="steps" role="group" aria-label="Move and zoom">
        <Step icon="back" label="Earlier" onClick={() => state.shift(-0.5)} />
        <Step icon="forward" label="Later" isOff={isLive} onClick={() => state.shift(0.5)} />
        <Step icon="minus" label="Zoom out" onClick={() => state.zoom(2)} />
        <Step icon="plus" label="Zoom in" onClick={() => state.zoom(0.5)} />
      </div>
      <p class="position" role="status">
        {state.load.value === "failed" ? <span class="bad">Cannot load the readings; trying again</span> : isLive
          ? (
            <>
              Live, the last <strong>{spanWords(spanMs)}</strong>
            </>
          )
          : <strong>{edgeText(fromMs, spanMs)} – {edgeText(toMs, spanMs)}</strong>}
      </p>
      {!isLive && (
        <button type="button" class="button button-live" onClick={() => state.showLast(spanMs)}>
          <span class="dot" data-online="true" />Back to live
        </button>
      )}
    </div>
  );
}

function Step({ icon, label, isOff = false, onClick }: {
  icon: "back" | "forward" | "plus" | "minus";
  label: string;
  isOff?: boolean;
  onClick: () => void;
}) {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} disabled={isOff} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

/** An end of the span: seconds only where they tell something. */
function edgeText(ms: number, spanMs: number): string {
  return formatTime(ms, serverNow(), spanMs < 600_000);
}
