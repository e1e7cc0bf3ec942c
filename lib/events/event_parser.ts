/** A line of JSON as an event. Text only. */
import { FramewireError, messageOf } from "../errors.ts";
import type { EventBody, TempBody } from "../protocol/event.ts";

/** What a line says. */
export interface ParsedEvent {
  readonly body: EventBody;
  /** Of its field `time`, ms since 1970; absent when there is none that is a time. */
  readonly timeMs?: number;
}

const TEMP_FIELDS = ["device_id", "event_id", "humidity", "temp_cel"] as const;
const TEMP_KEYS: readonly string[] = [...TEMP_FIELDS, "video_data", "time"];
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;
/** Numbers outside of these years are no milliseconds since 1970, but perhaps seconds. */
const NUMBER_MS_MIN = Date.UTC(1975, 0, 1);
const NUMBER_MS_MAX = Date.UTC(2200, 0, 1);
const FLOAT_MAX = 3.4028234663852886e38;
const WORDS_MAX = 60;

/**
 * A JSON object: a TempEvent if it has exactly its fields, each in its range, `video_data` in base64 and `time` or not;
 * else as free JSON, as it is written, so that integers of any size stay exact.
 *
 * @throws {FramewireError} `MALFORMED` for what is no JSON object.
 */
export function parseEvent(line: string): ParsedEvent {
  const json = line.trim();
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new FramewireError("MALFORMED", `It is no JSON: ${messageOf(cause)}: ${shortened(json)}`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new FramewireError("MALFORMED", `It must be a JSON object: received ${shortened(json)}`);
  }
  const object = value as Readonly<Record<string, unknown>>;
  const timeMs = timeOf(object["time"]);
  const isPlain = object["time"] === undefined || timeMs !== undefined;
  const body = (isPlain ? tempOf(object) : undefined) ?? { kind: "json", json };
  return timeMs === undefined ? { body } : { body, timeMs };
}

/** A line as a text. */
export function parseText(text: string): ParsedEvent {
  return { body: { kind: "text", text } };
}

function tempOf(object: Readonly<Record<string, unknown>>): TempBody | undefined {
  if (!Object.keys(object).every((key) => TEMP_KEYS.includes(key))) return undefined;
  const { device_id: deviceId, event_id: eventId, humidity, temp_cel: tempCel, video_data: video } = object;
  if (!isInt32(deviceId) || !isInt32(eventId) || !isFloat(humidity) || !isFloat(tempCel)) return undefined;
  if (video === undefined || video === "") return { kind: "temp", deviceId, eventId, humidity, tempCel, picture: null };
  if (typeof video !== "string" || !BASE64.test(video)) return undefined;
  return { kind: "temp", deviceId, eventId, humidity, tempCel, picture: Uint8Array.fromBase64(video) };
}

function isInt32(value: unknown): value is number {
  return typeof value === "number" && (value | 0) === value;
}

function isFloat(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= FLOAT_MAX;
}

function timeOf(value: unknown): number | undefined {
  if (typeof value === "number") return value >= NUMBER_MS_MIN && value < NUMBER_MS_MAX ? value : undefined;
  if (typeof value !== "string" || !RFC3339.test(value)) return undefined;
  const ms = Date.parse(value.replace(" ", "T").toUpperCase());
  return Number.isNaN(ms) ? undefined : ms;
}

function shortened(text: string): string {
  return text.length <= WORDS_MAX ? text : `${text.slice(0, WORDS_MAX)}…`;
}
