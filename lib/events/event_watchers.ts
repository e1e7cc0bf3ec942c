/** All who look on as events are stored, each told of each live event once. */
import type { EventWatcher, FeedOrigin, LiveEvent } from "./live_event.ts";

export class EventWatchers implements EventWatcher {
  readonly #watchers: readonly EventWatcher[];
  /** By feed: the newest live event that was told, and its run. */
  readonly #told = new Map<number, { run: string; sequence: number }>();

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
    const told = this.#told.get(feedId);
    const first = told?.run === run ? told.sequence : 0;
    const fresh = events[0]!.sequence > first ? events : events.filter(({ sequence }) => sequence > first);
    if (fresh.length > 0) this.#told.set(feedId, { run, sequence: fresh.at(-1)!.sequence });
    return fresh;
  }
}
