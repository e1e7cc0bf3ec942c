/** An event as a line for a person, or as JSON. Pure. */
import { shortestFloat } from "../protocol/float32.ts";
import type { FeedOrigin, LiveBody, LiveEvent } from "./live_event.ts";

/** `2026-11-20T12:00:00.000Z box/line1 temp device 1 event 7: 61.2 °C 40.1 %` */
export function eventLine({ device, feed, late }: FeedOrigin, { timeMs, body }: LiveEvent): string {
  return printable(`${time(timeMs)} ${device}/${feed} ${bodyText(body)}${late ? " (late)" : ""}`);
}

/** The same as JSON; free objects are in it as they were sent. */
export function eventJsonLine({ device, feed, run, late }: FeedOrigin, { sequence, timeMs, body }: LiveEvent): string {
  const head = JSON.stringify({
    event: "event",
    time: time(timeMs),
    device,
    feed,
    run,
    sequence,
    late,
    kind: body.kind,
  });
  return `${head.slice(0, -1)},${bodyJson(body)}}`;
}

function bodyText(body: LiveBody): string {
  switch (body.kind) {
    case "temp": {
      const { deviceId, eventId, tempCel, humidity } = body;
      return `temp device ${deviceId} event ${eventId}: ${shortestFloat(tempCel)} °C ${shortestFloat(humidity)} %`;
    }
    case "text":
      return `text: ${body.text}`;
    case "json":
      return `json: ${body.json}`;
  }
}

function bodyJson(body: LiveBody): string {
  switch (body.kind) {
    case "temp": {
      const { deviceId, eventId, tempCel, humidity } = body;
      const values = { deviceId, eventId, tempCel: shortestFloat(tempCel), humidity: shortestFloat(humidity) };
      return JSON.stringify(values).slice(1, -1);
    }
    case "text":
      return `"text":${JSON.stringify(body.text)}`;
    case "json":
      // Line breaks between its parts are space; there are none inside.
      return `"json":${body.json.replace(/[\r\n]+/g, " ")}`;
  }
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

/** A text of a box may hold what moves the cursor, or begins a line that nobody wrote. */
function printable(line: string): string {
  // deno-lint-ignore no-control-regex -- these are what must not get out
  return line.toWellFormed().replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
