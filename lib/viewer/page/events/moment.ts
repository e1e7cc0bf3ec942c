/** The camera picture of the moment of an event. */
import type { ShownEvent } from "./event_words.ts";
import { sourceAddress } from "../live/address.ts";
import { sourceGroups } from "../live/source_state.ts";

/** Where its frame is seen on the timeline of its camera; the frame alone when that camera is gone; null without a frame. */
export function momentAddress({ device, source, frame, timeMs }: ShownEvent): string | null {
  if (source === null) return null;
  const known = sourceGroups.value.find((group) => group.device === device)?.sources
    .find((one) => one.peek().source === source);
  return known === undefined ? frame : sourceAddress(known.peek().id, timeMs);
}
