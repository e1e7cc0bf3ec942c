/** All who look on as events are stored, each told of each live event once. */
import type { EventWatcher, FeedOrigin, LiveEvent } from "./live_event.ts";

/** Runs of a feed which are remembered: two programs may send one, and a box that starts anew begins another. */
const RUNS_MAX = 4;

export class EventWatchers implements EventWatcher {
  readonly #watchers: readonly EventWatcher[];
  /** By feed and run: the newest live event that was told; of runs the longest silent first. */
  readonly #told = new Map<number, Map<string, number>>();

  constructor(watchers: readonly EventWatcher[]) {
    this.#watchers = watchers;
  }

  stored(origin: FeedOrigin, events: readonly LiveEvent[], stored: number): void {
    if (stored === 0) return;
    const fresh = origin.late ? events : this.#fresh(origin, events);
    if (fresh.length > 0) { for (const watcher of this.#watchers) watcher.stored(origin, fresh, stored); }
  }

  /** Without those which another connection has brought before. */
  #fresh({ feedId, run }: FeedOrigin, events: readonly LiveEvent[]): readonly LiveEvent[] {
    const told = this.#told.get(feedId) ?? new Map<string, number>();
    this.#told.set(feedId, told);
    const first = told.get(run) ?? 0;
    const fresh = events[0]!.sequence > first ? events : events.filter(({ sequence }) => sequence > first);
    told.delete(run);
    told.set(run, fresh.at(-1)?.sequence ?? first);
    if (told.size > RUNS_MAX) told.delete(told.keys().next().value!);
    return fresh;
  }
}
