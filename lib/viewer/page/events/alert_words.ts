/** Alerts in words. Pure. */
import type { AlertView, FeedView } from "../../event_library.ts";
import { visibleName } from "../format.ts";
import type { WantedSpan } from "../live/address.ts";
import { formatMeasure, measureName, unitOf } from "./measure_words.ts";

/** The value with which it was raised, and its unit. */
export function valueWords({ measure, value }: AlertView, feed: FeedView | undefined): string {
  const unit = feed?.measures.find(({ name }) => name === measure)?.unit;
  return formatMeasure(value, unitOf(measure, unit));
}

/** `Alert: oven too hot, press-4, Temperature 63.2 °C`. */
export function alertWords(alert: AlertView): string {
  const measure = visibleName(measureName(alert.measure));
  return `Alert: ${visibleName(alert.rule)}, ${visibleName(alert.device)}, ${measure} ${valueWords(alert, undefined)}`;
}

/** `Alert over: oven too hot, press-4`. */
export function endedWords({ rule, device }: AlertView): string {
  return `Alert over: ${visibleName(rule)}, ${visibleName(device)}`;
}

/** Whether the webhook of its rule was told; null when it has none. */
export function webhookWords({ webhook }: AlertView): { readonly text: string; readonly isBad: boolean } | null {
  const states = [webhook.raised, webhook.ended];
  if (states.includes("failed")) return { text: "webhook could not be told", isBad: true };
  if (states.includes("waiting")) return { text: "webhook not told yet", isBad: false };
  return states.includes("delivered") ? { text: "webhook told", isBad: false } : null;
}

/** Least room before and after an alert, ms. */
const ROOM_MS = 60_000;

/** The span in which its readings are to be seen: all of it, with some room. One that holds is followed. */
export function alertSpan({ sinceMs, endedMs }: AlertView, nowMs: number): WantedSpan {
  const roomMs = Math.max(ROOM_MS, ((endedMs ?? nowMs) - sinceMs) / 4);
  if (endedMs === null) return { lastMs: Math.max(1, nowMs - sinceMs + roomMs) };
  return { fromMs: Math.max(0, sinceMs - roomMs), toMs: endedMs + roomMs };
}
