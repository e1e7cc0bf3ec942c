/** One event of the log. */
import type { ShownEvent } from "./event_words.ts";
import { visibleName } from "../format.ts";
import { Icon } from "../icons.tsx";
import { formatInstant, formatShort } from "../live/words.ts";
import { dayOf } from "./chart_legend.tsx";
import { readingWords } from "./event_words.ts";
import { folded, unfolded } from "./json_text.ts";
import { momentAddress } from "./moment.ts";

/** Longer objects are not shown in one line. */
const FOLDED_LENGTH = 300;

/** When, where from, what; and the way to its picture and its camera. */
export function LogRow({ event, onPicture }: { event: ShownEvent; onPicture: (event: ShownEvent) => void }) {
  const moment = momentAddress(event);
  return (
    <li class="log-row" data-kind={event.kind}>
      <time class="log-time" dateTime={new Date(event.timeMs).toISOString()}>
        {dayOf(event.timeMs)}
        {formatInstant(event.timeMs)}
      </time>
      <span class="log-origin" title={`${visibleName(event.device)}, ${visibleName(event.feed)}`}>
        {visibleName(event.device)} <span class="log-feed">{visibleName(event.feed)}</span>
      </span>
      <div class="log-body">
        <Body event={event} />
      </div>
      <span class="log-tags">
        {event.late && (
          <span
            class="late-mark"
            title={`It waited on the box: here ${formatShort(event.receivedMs - event.timeMs)} later`}
          >
            late
          </span>
        )}
        {event.picture !== null && (
          <button
            type="button"
            class="icon-button"
            aria-label="Show its picture"
            title="Its picture"
            onClick={() => onPicture(event)}
          >
            <Icon name="picture" />
          </button>
        )}
        {moment !== null && (
          <a class="icon-button" href={moment} aria-label="Camera at that moment" title="Camera at that moment">
            <Icon name="camera" />
          </a>
        )}
      </span>
    </li>
  );
}

function Body({ event }: { event: ShownEvent }) {
  if (event.kind === "temp") return <span class="log-reading">{readingWords(event)}</span>;
  if (event.kind === "text") return <span class="log-text">{visibleLines(event.text ?? "")}</span>;
  const json = event.json ?? "{}";
  const line = folded(json);
  if (line.length < 60) return <code class="log-json">{visibleName(line)}</code>;
  return (
    <details class="log-object">
      <summary>
        <code class="log-json">{visibleName(line.slice(0, FOLDED_LENGTH))}</code>
      </summary>
      <pre>{visibleLines(unfolded(json))}</pre>
    </details>
  );
}

function visibleLines(text: string): string {
  return text.split("\n").map(visibleName).join("\n");
}
