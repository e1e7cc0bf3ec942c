import { FramewireError } from "../../lib/errors.ts";
import { EventCounts } from "../../lib/events/event_counts.ts";
import type { EventRecorder } from "../../lib/events/event_recorder.ts";
import type { BoxEvent } from "../../lib/protocol/event.ts";
import { decodeBatch } from "../../lib/protocol/event_batch.ts";
import { SequenceRanges } from "../../lib/protocol/sequence_ranges.ts";
import type { BoxConnectionOptions } from "../../lib/server/box_connection.ts";

/** A batch which was appended. */
export interface MadeUpAppend {
  readonly feedId: number;
  readonly run: string;
  readonly late: boolean;
  readonly receivedMs: number;
  readonly offsetMs: number;
  readonly events: readonly BoxEvent[];
}

/** An event store in memory, which commits at once unless it is held. */
export class MadeUpEventRecorder implements EventRecorder {
  readonly appends: MadeUpAppend[] = [];
  /** `device/feed/run` of each opening, and its floor. */
  readonly openings: string[] = [];
  /** While it is held nothing becomes durable. */
  held = false;
  openError: FramewireError | undefined;
  appendError: FramewireError | undefined;
  /** Opening waits for this. */
  opening: Promise<void> = Promise.resolve();
  readonly #feeds: string[] = [];
  readonly #durable = new Map<string, SequenceRanges>();
  #waiting: (() => void)[] = [];

  async openFeed(
    opening: Parameters<EventRecorder["openFeed"]>[0],
  ): Promise<{ feedId: number; held: ReturnType<SequenceRanges["list"]> }> {
    const { device, feed, run, floor } = opening;
    this.openings.push(`${device}/${feed}/${run} ${floor}`);
    await this.opening;
    if (this.openError !== undefined) throw this.openError;
    const name = `${device}/${feed}`;
    if (!this.#feeds.includes(name)) this.#feeds.push(name);
    const feedId = this.#feeds.indexOf(name) + 1;
    return { feedId, held: this.#ranges(feedId, run).list() };
  }

  async append(...[feedId, run, late, receivedMs, offsetMs, batch]: Parameters<EventRecorder["append"]>) {
    const events = decodeBatch(batch.slice());
    if (this.held) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.appendError !== undefined) throw this.appendError;
    this.appends.push({ feedId, run, late, receivedMs, offsetMs, events });
    const ranges = this.#ranges(feedId, run);
    return { stored: events.filter(({ sequence }) => ranges.add(sequence)).length };
  }

  /** Numbers which are durable, as `first-last`. */
  durable(feedId: number, run = "run-1"): string {
    return this.#ranges(feedId, run).list().map(({ first, last }) => `${first}-${last}`).join(" ");
  }

  /** What is held becomes durable: all of it, or the first few batches. */
  commit(batches = Infinity): void {
    for (const resolve of this.#waiting.splice(0, batches)) resolve();
  }

  #ranges(feedId: number, run: string): SequenceRanges {
    const key = `${feedId} ${run}`;
    if (!this.#durable.has(key)) this.#durable.set(key, new SequenceRanges());
    return this.#durable.get(key)!;
  }
}

/** For servers whose boxes send no events. */
export function noEvents(): BoxConnectionOptions["events"] {
  return { recorder: new MadeUpEventRecorder(), watcher: { stored: () => {} }, totals: new EventCounts() };
}
