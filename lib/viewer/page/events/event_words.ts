/** Events as values and words. Pure. */
import type { EventFilter, EventView } from "../../event_library.ts";
import { formatMeasure, partsOf, unitOf } from "./measure_words.ts";

/** An event, from the WebSocket or the API. */
export type ShownEvent = Omit<EventView, "feedId">;

/**
 * The value of a measure in an event; null when it has none. `siblings`: all measures of the feed, as the readings of the
 * first sensor have plain names, and those of others have its number: `temp_cel/7`.
 */
export function valueOf(event: ShownEvent, measure: string, siblings: ReadonlySet<string>): number | null {
  if (event.kind === "temp") {
    const { name, sensor } = partsOf(measure);
    const isOther = sensor === null ? siblings.has(`${name}/${event.deviceId}`) : sensor !== String(event.deviceId);
    return isOther ? null : name === "temp_cel" ? event.tempCel : name === "humidity" ? event.humidity : null;
  }
  if (event.kind !== "json" || event.json === null) return null;
  try {
    const value = (JSON.parse(event.json) as Record<string, unknown>)[measure];
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  } catch {
    return null;
  }
}

/** A reading: `22.4 °C, 48 %`. */
export function readingWords({ tempCel, humidity }: ShownEvent): string {
  return [[tempCel, "temp_cel"] as const, [humidity, "humidity"] as const]
    .flatMap(([value, measure]) => value === null ? [] : [formatMeasure(value, unitOf(measure, null))])
    .join(", ");
}

/** Whether the server would find an event with this filter. */
export function isFound(event: ShownEvent, { device, feed, kind, search, sinceMs, untilMs }: EventFilter): boolean {
  if (device !== undefined && event.device !== device) return false;
  if (feed !== undefined && event.feed !== feed) return false;
  if (kind !== undefined && event.kind !== kind) return false;
  if (sinceMs !== undefined && event.timeMs < sinceMs) return false;
  if (untilMs !== undefined && event.timeMs > untilMs) return false;
  if (search === undefined || search === "") return true;
  return (event.text ?? event.json ?? "").toLowerCase().includes(search.toLowerCase());
}
