/** The events of a feed in memory: bounded, so that whoever makes them waits for the server. */
import { LIMITS } from "../config/limits.ts";
import { newId, type Random } from "../platform/random.ts";
import { type EventPack, packEvents } from "../protocol/event_pack.ts";
import type { SequenceRange } from "../protocol/message.ts";
import { AckedEvents } from "./acked_events.ts";
import type { FeedQueue, NewEvent } from "./feed_queue.ts";

export class MemoryFeedQueue implements FeedQueue {
  readonly isRepeatable: boolean;
  readonly dropped = 0;
  mark: string | null = null;
  sending: readonly SequenceRange[] = [];
  changed: () => void = () => {};
  readonly #random: Random;
  readonly #acked = new AckedEvents();
  #run: string;
  #packs: EventPack[] = [];
  #last = 0;
  #events = 0;
  #bytes = 0;
  #alreadyThere = 0;
  #roomMade: (() => void)[] = [];

  /** `run` is that of events which can be read again, and get the same numbers then. */
  constructor(random: Random, run?: string) {
    this.#random = random;
    this.#run = run ?? newId(random);
    this.isRepeatable = run !== undefined;
  }

  get run(): string {
    return this.#run;
  }

  get floor(): number {
    return this.#packs[0]?.first ?? this.#last + 1;
  }

  get lastSequence(): number {
    return this.#last;
  }

  get events(): number {
    return this.#events;
  }

  get alreadyThere(): number {
    return this.#alreadyThere;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when there is room for more; they are in already. */
  async append(events: readonly NewEvent[]): Promise<{ readonly firstSequence: number }> {
    const firstSequence = this.#last + 1;
    const packs = packEvents(events.map((event, index) => ({ ...event, sequence: firstSequence + index })));
    this.#last += events.length;
    this.mark = events.findLast(({ mark }) => mark !== undefined)?.mark ?? this.mark;
    for (const pack of packs) this.#put(pack);
    this.changed();
    while (this.#bytes > LIMITS.feedMemoryBytesMax) {
      await new Promise<void>((resolve) => this.#roomMade.push(resolve));
    }
    return { firstSequence };
  }

  read(after: number, bytesMax: number): Promise<readonly EventPack[]> {
    const packs: EventPack[] = [];
    let bytes = 0;
    for (let index = this.#indexBehind(after); index < this.#packs.length && bytes < bytesMax; index++) {
      for (const part of this.#acked.missingOf(this.#packs[index]!, after)) {
        packs.push(part);
        bytes += part.bytes.length;
      }
    }
    return Promise.resolve(packs);
  }

  stored(first: number, last: number): void {
    // Acks come in order: mostly those at the front.
    const from = this.#indexBehind(first - 1);
    let to = this.#indexBehind(last);
    if ((this.#packs[to]?.first ?? Infinity) <= last) to++;
    const touched = this.#packs.slice(from, to);
    for (const pack of touched) this.#events -= this.#acked.missingIn(pack);
    this.#acked.add(first, last);
    const kept = touched.filter((pack) => {
      const missing = this.#acked.missingIn(pack);
      this.#events += missing;
      if (missing === 0) this.#bytes -= pack.bytes.length;
      return missing > 0;
    });
    this.#packs.splice(from, to - from, ...kept);
    if (!this.isRepeatable) this.#acked.forgetBelow(this.floor);
    for (const resolve of this.#roomMade.splice(0)) resolve();
    this.changed();
  }

  held(ranges: readonly SequenceRange[]): Promise<number> {
    const before = this.#events;
    for (const { first, last } of ranges) this.stored(first, last);
    return Promise.resolve(before - this.#events);
  }

  renew(): Promise<void> {
    this.#run = newId(this.#random);
    return Promise.resolve();
  }

  #put(pack: EventPack): void {
    const missing = this.#acked.missingIn(pack);
    this.#alreadyThere += pack.last - pack.first + 1 - missing;
    if (missing === 0) return;
    this.#packs.push(pack);
    this.#events += missing;
    this.#bytes += pack.bytes.length;
  }

  /** Of the first pack with events behind `after`. */
  #indexBehind(after: number): number {
    let [low, high] = [0, this.#packs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#packs[middle]!.last <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
