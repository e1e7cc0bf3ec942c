/** A message of MQTT as an event. Text only. */
import { FramewireError } from "../errors.ts";
import { EVENT_TEXT_BYTES_MAX } from "../events/line_splitter.ts";
import type { EventBody } from "../protocol/event.ts";
import type { ParseLine } from "./agent_outside.ts";
import type { MqttMessage } from "./mqtt_packets.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * A JSON object as lines have it, with the field `topic` unless it has one or is a TempEvent; a number as the object
 * `{"topic's name": number}`, so that each topic is a chart; else a text, behind its topic. Null for no payload: the topic is
 * cleared by that.
 *
 * @throws {FramewireError} `MALFORMED` for what is no text, or too long.
 */
export function eventOf({ topic, payload, bytes }: MqttMessage, parse: ParseLine): ReturnType<ParseLine> | null {
  if (bytes === 0) return null;
  if (payload === null) throw tooLong(bytes);
  const text = decode(payload);
  const trimmed = text.trim();
  if (NUMBER.test(trimmed)) return checked({ body: { kind: "json", json: `{${JSON.stringify(topic)}:${trimmed}}` } });
  if (trimmed.startsWith("{")) {
    const event = objectOf(trimmed, parse);
    if (event?.body.kind === "json") return checked({ ...event, body: withTopic(event.body, topic) });
    if (event !== null) return checked(event);
  }
  return checked({ body: { kind: "text", text: `${topic}: ${text}` } });
}

/** Null when it only begins as one: what is a text to its sender is no mistake, and nobody could send it again. */
function objectOf(text: string, parse: ParseLine): ReturnType<ParseLine> | null {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof FramewireError)) throw error;
    return null;
  }
}

/** As it is written: integers of any size stay exact. */
function withTopic(body: Extract<EventBody, { kind: "json" }>, topic: string): EventBody {
  const object = JSON.parse(body.json) as object;
  if (Object.hasOwn(object, "topic")) return body;
  const field = `"topic":${JSON.stringify(topic)}`;
  return { kind: "json", json: Object.keys(object).length === 0 ? `{${field}}` : `{${field},${body.json.slice(1)}` };
}

function decode(payload: Uint8Array): string {
  try {
    return decoder.decode(payload);
  } catch (cause) {
    const text = `It must be UTF-8: received ${payload.length} other bytes`;
    throw new FramewireError("MALFORMED", text, { cause });
  }
}

function checked(event: ReturnType<ParseLine>): ReturnType<ParseLine> {
  const { body } = event;
  // What is a TempEvent was shorter than the text it came as.
  const text = body.kind === "json" ? body.json : body.kind === "text" ? body.text : "";
  const { length } = encoder.encode(text);
  if (length > EVENT_TEXT_BYTES_MAX) throw tooLong(length);
  return event;
}

function tooLong(bytes: number): FramewireError {
  return new FramewireError(
    "MALFORMED",
    `It must have <= ${EVENT_TEXT_BYTES_MAX} bytes with its topic: received ${bytes}`,
  );
}
