/// <reference lib="dom" />
/** The log: all events of a span, newest first, searchable. */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { ShownEvent } from "./event_words.ts";
import { visibleName } from "../format.ts";
import { Icon } from "../icons.tsx";
import { formatCount } from "../live/words.ts";
import { filterQuery } from "./event_api.ts";
import { feeds } from "./event_state.ts";
import { namedFeeds } from "./feed_choice.ts";
import { LogRow } from "./log_row.tsx";
import { LogState } from "./log_state.ts";
import { PictureDialog } from "./picture_dialog.tsx";
import type { ReadingsState } from "./readings_state.ts";
import { spanWords } from "./span.ts";

const KINDS = [
  { name: "All", kind: undefined },
  { name: "Readings", kind: "temp" },
  { name: "Text", kind: "text" },
  { name: "JSON", kind: "json" },
] as const;

/** The log in the span that the charts show, or of all times. */
export function Log({ state: { window, isLive } }: { state: ReadingsState }) {
  const holder = useRef<HTMLElement>(null);
  const log = useMemo(() => new LogState(() => isTopSeen(holder.current)), []);
  const isAllTimes = useSignal(false);
  const open = useSignal<ShownEvent | null>(null);
  useEffect(() => log.start(), [log]);
  const { fromMs, toMs } = window.value;
  const spanMs = toMs - fromMs;
  // A window that moves on is not another filter each second.
  const anchor = isAllTimes.value ? "all" : isLive.value ? `last ${Math.round(spanMs)}` : `${fromMs} ${toMs}`;
  useEffect(() => {
    const { fromMs, toMs } = window.peek();
    log.within(isAllTimes.value ? {} : isLive.peek() ? { sinceMs: fromMs } : { sinceMs: fromMs, untilMs: toMs });
  }, [log, anchor]);
  const named = namedFeeds.value;
  const only = named?.length === 1 ? feeds.value.find(({ id }) => id === named[0]) : undefined;
  useEffect(() => log.change({ device: only?.device, feed: only?.feed }), [log, only?.device, only?.feed]);
  return (
    <section class="log" aria-label="Log" ref={holder}>
      <div class="log-head">
        <h2>Log</h2>
        <Exports log={log} anchor={anchor} />
      </div>
      <Filters log={log} />
      <div class="log-scope">
        <label class="check">
          <input type="checkbox" checked={isAllTimes.value} onChange={() => isAllTimes.value = !isAllTimes.value} />
          Of all times
        </label>
        <p class="hint">
          {isAllTimes.value
            ? "everything that is stored"
            : isLive.value
            ? `as in the charts: the last ${spanWords(spanMs)}`
            : `as in the charts: ${spanWords(spanMs)}`}
        </p>
      </div>
      <Rows log={log} onPicture={(event) => open.value = event} onAllTimes={() => isAllTimes.value = true} />
      {open.value !== null && (
        <PictureDialog
          event={open.value}
          pictures={log.rows.value.events.filter(({ picture }) => picture !== null)}
          onShow={(event) => open.value = event}
        />
      )}
    </section>
  );
}

/** Nobody reads further down: the head of the log is in sight, or still below. */
function isTopSeen(holder: HTMLElement | null): boolean {
  return holder === null || holder.getBoundingClientRect().top > -120;
}

function Filters({ log }: { log: LogState }) {
  const { device, feed, kind, search } = log.filter.value;
  const chosen = feeds.value.find((one) => one.device === device && one.feed === feed);
  return (
    <div class="log-filters">
      <div class="filter">
        <Icon name="search" />
        <input
          type="search"
          placeholder="Search texts and JSON"
          aria-label="Search texts and JSON"
          autocomplete="off"
          spellcheck={false}
          value={search ?? ""}
          onInput={(event) => log.change({ search: event.currentTarget.value }, true)}
          onKeyDown={(event) => event.key === "Escape" && log.change({ search: undefined })}
        />
      </div>
      <select
        class="select"
        aria-label="Feed"
        value={chosen === undefined ? "" : String(chosen.id)}
        onChange={(event) => {
          const one = feeds.peek().find(({ id }) => String(id) === event.currentTarget.value);
          log.change({ device: one?.device, feed: one?.feed });
        }}
      >
        <option value="">All feeds</option>
        {feeds.value.map((one) => (
          <option key={one.id} value={String(one.id)}>{visibleName(one.device)}, {visibleName(one.feed)}</option>
        ))}
      </select>
      <div class="segments" role="group" aria-label="Kind">
        {KINDS.map((one) => (
          <button
            type="button"
            key={one.name}
            aria-pressed={kind === one.kind}
            onClick={() => log.change({ kind: one.kind })}
          >
            {one.name}
          </button>
        ))}
      </div>
    </div>
  );
}

/** Links to what the log shows, as files. `anchor` makes them anew with the span. */
function Exports({ log }: { log: LogState; anchor: string }) {
  log.filter.value;
  log.rows.value;
  const query = filterQuery(log.query);
  return (
    <div class="log-exports" role="group" aria-label="Export what the log shows">
      <a class="button" href={`/api/events.csv?${query}`} download>
        <Icon name="download" />CSV
      </a>
      <a class="button" href={`/api/events.ndjson?${query}`} download>
        <Icon name="download" />NDJSON
      </a>
    </div>
  );
}

function Rows({ log, onPicture, onAllTimes }: {
  log: LogState;
  onPicture: (event: ShownEvent) => void;
  onAllTimes: () => void;
}) {
  const { events, next, isCut } = log.rows.value;
  const load = log.load.value;
  if (load === "failed" && events.length === 0) return <p class="log-none bad">Cannot load the log</p>;
  if (events.length === 0) {
    if (load === "loading") return <p class="log-none" aria-busy>Loading…</p>;
    if (next !== null) {
      return (
        <div class="log-none">
          <p>Nothing found in the newest events</p>
          <button type="button" class="button" onClick={() => void log.older()}>Search older events</button>
        </div>
      );
    }
    return (
      <div class="log-none">
        <p>No event fits</p>
        <button type="button" class="button" onClick={onAllTimes}>Look at all times</button>
      </div>
    );
  }
  return (
    <>
      {log.held.value > 0 && (
        <button type="button" class="button log-held" onClick={() => log.release()}>
          {log.held.value === 1 ? "1 new event" : `${formatCount(log.held.value)} new events`}
        </button>
      )}
      <ol class="log-rows">
        {events.map((event) => <LogRow key={event.id} event={event} onPicture={onPicture} />)}
      </ol>
      {(next !== null || isCut) && (
        <div class="older">
          <button type="button" class="button" disabled={load === "loading"} onClick={() => void log.older()}>
            {load === "loading" ? "Loading…" : load === "failed" ? "That did not work; try again" : "Show older events"}
          </button>
        </div>
      )}
    </>
  );
}
