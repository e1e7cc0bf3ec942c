/** What is marked below the charts: pictures that stand near to each other as one. Pure. */
import type { ShownEvent } from "./event_words.ts";
import { fractionOf, type TimeWindow } from "../live/timeline_math.ts";

/** Pictures at one place. */
export interface PictureGroup {
  /** Of the newest one, as a fraction of the window. */
  readonly at: number;
  /** Oldest first. */
  readonly events: readonly ShownEvent[];
}

/** Pictures in the window, grouped so that each group has room for its own; oldest first. `room`: as a fraction. */
export function pictureGroups(events: readonly ShownEvent[], window: TimeWindow, room: number): PictureGroup[] {
  const inOrder = events
    .filter(({ picture, timeMs }) => picture !== null && timeMs >= window.fromMs && timeMs <= window.toMs)
    .sort((a, b) => b.timeMs - a.timeMs || b.id - a.id);
  const groups: { at: number; events: ShownEvent[] }[] = [];
  for (const event of inOrder) {
    const last = groups.at(-1);
    const at = fractionOf(window, event.timeMs);
    if (last !== undefined && last.at - at < room) last.events.unshift(event);
    else groups.push({ at, events: [event] });
  }
  return groups.reverse();
}
