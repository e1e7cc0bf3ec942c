/** `/api/events.csv` and `/api/events.ndjson`: all events of a query as a file, as they are read. */
import { LIMITS } from "../config/limits.ts";
import type { Clock } from "../platform/clock.ts";
import { answer, textAnswer } from "./answers.ts";
import { contentDisposition } from "./content_disposition.ts";
import { csvLine } from "./csv.ts";
import { eventJson } from "./event_json.ts";
import type { EventLibrary, EventView } from "./event_library.ts";
import { eventFilterOf } from "./event_parameters.ts";
import { liveBody } from "./live_body.ts";
import { orderOf } from "./parameters.ts";
import { rfc3339 } from "./times.ts";

/** Events which are in memory at once. */
const PAGE_EVENTS = 500;

interface Format {
  readonly type: string;
  readonly head: string;
  readonly line: (event: EventView) => string;
}

const COLUMNS = [
  ...["time", "device", "feed", "kind", "device_id", "event_id", "temp_cel", "humidity", "text", "json"],
  ...["late", "captured_at", "received_at", "run", "sequence", "id", "source", "picture", "frame"],
];

const FORMATS = {
  csv: { type: "text/csv; charset=utf-8; header=present", head: csvLine(COLUMNS), line: eventCells },
  ndjson: { type: "application/x-ndjson; charset=utf-8", head: "", line: (event) => `${eventJson(event)}\n` },
} as const satisfies Record<string, Format>;

/** Exports of events; a few at once. */
export class EventExport {
  readonly #library: EventLibrary;
  readonly #clock: Clock;
  /** Never: a clean end would make a file look whole. */
  readonly #cleanEnd = new AbortController().signal;
  #isStopping = false;
  readonly #running = { csv: 0, ndjson: 0 };

  constructor({ library, clock }: { readonly library: EventLibrary; readonly clock: Clock }) {
    this.#library = library;
    this.#clock = clock;
  }

  /** Breaks those off which run. */
  stop(): void {
    this.#isStopping = true;
  }

  /** The file, oldest first unless `order` says otherwise. @throws {BadParameter} */
  answer(request: Request, query: URLSearchParams, format: keyof typeof FORMATS): Response {
    const [filter, order] = [eventFilterOf(query), orderOf(query, "ascending")];
    const name = ["events", filter.device, filter.feed].filter((part) => part !== undefined).join("-");
    const { type, head, line } = FORMATS[format];
    const headers = {
      "content-type": type,
      "content-disposition": contentDisposition("attachment", `${name.replaceAll(/[/\\]/g, "_")}.${format}`),
    };
    if (request.method === "HEAD") return answer(200, null, headers);
    if (this.#running[format] >= LIMITS.exportsMax) {
      const text = `Cannot export more as at most ${LIMITS.exportsMax} exports of a format run at once\n`;
      return textAnswer(503, text, { "retry-after": "10" });
    }
    this.#running[format]++;
    return answer(200, this.#body({ ...filter, order }, head, line, () => this.#running[format]--), headers);
  }

  #body(
    query: Omit<Parameters<EventLibrary["events"]>[0], "limit">,
    head: string,
    line: (event: EventView) => string,
    onEnd: () => void,
  ): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    let cursor: string | null | undefined;
    const next = async (signal: AbortSignal) => {
      // A search may give pages without a row.
      while (cursor !== null && !signal.aborted) {
        if (this.#isStopping) throw new Error("An export ended early as the server stops");
        const from = cursor === undefined ? {} : { cursor };
        const page = await this.#library.events({ ...query, ...from, limit: PAGE_EVENTS });
        cursor = page.next;
        if (page.events.length > 0) return encoder.encode(page.events.map(line).join(""));
      }
      return null;
    };
    return liveBody({ preamble: encoder.encode(head), next, clock: this.#clock, onEnd, signal: this.#cleanEnd });
  }
}

function eventCells(event: EventView): string {
  return csvLine([
    rfc3339(event.timeMs),
    ...[event.device, event.feed, event.kind, event.deviceId, event.eventId, event.tempCel, event.humidity],
    ...[event.text, event.json, event.late, rfc3339(event.capturedMs), rfc3339(event.receivedMs)],
    ...[event.run, event.sequence, event.id, event.source, event.picture, event.frame],
  ]);
}
