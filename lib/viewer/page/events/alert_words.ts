/** Alerts in words. Pure. */
import type { AlertView, FeedView } from "../../event_library.ts";
import { visibleName } from "../format.ts";
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
