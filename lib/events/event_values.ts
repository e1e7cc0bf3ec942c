/** The numbers of an event, by the names that its measures have. Pure. */
import { shortestFloat } from "../protocol/float32.ts";
import type { LiveBody } from "./live_event.ts";

/** Values of one event; of free objects those of their own fields. Texts have none. */
export function valuesOf(body: LiveBody): ReadonlyMap<string, number> {
  if (body.kind === "temp") {
    return finite([["temp_cel", shortestFloat(body.tempCel)], ["humidity", shortestFloat(body.humidity)]]);
  }
  return body.kind === "json" ? finite(Object.entries(objectOf(body.json))) : new Map();
}

function finite(entries: readonly (readonly [string, unknown])[]): Map<string, number> {
  return new Map(entries.filter((entry): entry is [string, number] => Number.isFinite(entry[1])));
}

function objectOf(json: string): object {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    // The store has refused it.
    return {};
  }
}
