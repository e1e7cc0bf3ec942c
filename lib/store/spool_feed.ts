/** The events of one feed in the spool. What was added last is kept in memory, too, and sent from there. */
import { FramewireError } from "../errors.ts";
import { newId, type Random } from "../platform/random.ts";
import { type EventPack, packEvents } from "../protocol/event_pack.ts";
import type { SequenceRange } from "../protocol/message.ts";
import { AckedEvents } from "./acked_events.ts";
import type { FeedQueue, NewEvent } from "./feed_queue.ts";
import { type FeedChange, type FeedContent, PACK_COST_BYTES, type SpooledFeed, type Untold } from "./spool_database.ts";

/** What a feed needs of its spool. */
export interface SpoolHome {
  readonly random: Random;
  call<T>(method: string, ...args: readonly unknown[]): Promise<T>;
  /** Makes room for `bytes` by the rule of the feed. @throws {FramewireError} `NO_SPACE`. */
  reserve(feed: SpoolFeed, bytes: number): void;
  /** The disk itself is full: drops something by the rule of the feed; false when nothing may go. */
  makeRoom(feed: SpoolFeed, bytes: number, isAgain: boolean): Promise<boolean>;
  /** Calls `fn` after `ms`. */
  later(ms: number, fn: () => void): void;
  /** For the age of what is kept, ms since 1970; 0 while the clock of the box is nonsense. */
  plausibleMs(): number;
}

/** Of what was added last, bytes. */
const RECENT_BYTES_MAX = 1024 * 1024;
/** Acked events stay in the file for this long at most, ms: removing costs a sync. */
const REMOVE_AFTER_MS = 200;

/** How often room is made for the same events. */
const ATTEMPTS_MAX = 3;

export class SpoolFeed implements FeedQueue {
  readonly name: string;
  readonly isRepeatable = false;
  readonly alreadyThere = 0;
  readonly #home: SpoolHome;
  #id: number;
  #run: string;
  #mark: string | null;
  /** Of the last event that is committed, and that has a number. */
  #last: number;
  #given: number;
  #content: FeedContent;
  #acked = new AckedEvents();
  /** Acked events which are still in the file. */
  #overlap = 0;
  #removing: Promise<void> | undefined;
  #isRemovalDue = false;
  #recent: EventPack[] = [];
  #recentBytes = 0;
  /** Bytes of appends, and of drops, which are under way. */
  #pendingBytes = 0;
  #droppingBytes = 0;
  #dropped = 0;
  sending: readonly SequenceRange[] = [];
  changed: () => void = () => {};

  constructor(home: SpoolHome, { id, name, run, last, mark, content }: SpooledFeed) {
    this.name = name;
    this.#home = home;
    this.#id = id;
    this.#run = run;
    this.#mark = mark;
    this.#last = last;
    this.#given = last;
    this.#content = content;
  }

  get run(): string {
    return this.#run;
  }

  get mark(): string | null {
    return this.#mark;
  }

  get floor(): number {
    const first = this.#content.first ?? this.#last + 1;
    const acked = this.#acked.ranges.find((range) => range.first <= first && first <= range.last);
    return acked === undefined ? first : acked.last + 1;
  }

  get lastSequence(): number {
    return this.#last;
  }

  get events(): number {
    return Math.max(0, this.#content.events - this.#overlap);
  }

  get bytes(): number {
    return this.#content.bytes;
  }

  /** Of those that are on their way into the file. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** With those that are on their way into the file, without those on their way out of it. */
  get reservedBytes(): number {
    return this.#content.bytes + this.#pendingBytes - this.#droppingBytes;
  }

  /** What may be dropped of it: nobody drops for himself what another one drops already. */
  get droppableBytes(): number {
    return this.events === 0 ? 0 : Math.max(0, this.#content.bytes - this.#droppingBytes);
  }

  /** Of the oldest event, by the clock of the box; null when there is none. */
  get oldestMs(): number | null {
    return this.events === 0 ? null : this.#content.oldestMs;
  }

  get dropped(): number {
    return this.#dropped;
  }

  append(events: readonly NewEvent[]): Promise<{ readonly firstSequence: number }> {
    return this.appendTold(events, { events: [], pictures: [] });
  }

  /** As {@linkcode append}, of events which tell what was dropped. */
  async appendTold(
    events: readonly NewEvent[],
    told: Untold,
  ): Promise<{ readonly firstSequence: number }> {
    const firstSequence = this.#given + 1;
    if (events.length === 0) return { firstSequence };
    const packs = packEvents(events.map((event, index) => ({ ...event, sequence: firstSequence + index })));
    const bytes = packs.reduce((sum, pack) => sum + pack.bytes.length + PACK_COST_BYTES, 0);
    this.#home.reserve(this, bytes);
    const mark = events.findLast((event) => event.mark !== undefined)?.mark ?? null;
    const last = firstSequence + events.length - 1;
    const run = this.#run;
    this.#given = last;
    this.#pendingBytes += bytes;
    try {
      const append = () => this.#home.call("append", this.#id, packs, mark, this.#home.plausibleMs(), told);
      await this.#withRoom(append, run, bytes);
    } catch (thrown) {
      // A number that was never committed was never sent.
      if (this.#given === last && this.#run === run) this.#given = firstSequence - 1;
      throw thrown;
    } finally {
      this.#pendingBytes -= bytes;
    }
    this.#added(packs, bytes, mark);
    return { firstSequence };
  }

  async read(after: number, bytesMax: number): Promise<readonly EventPack[]> {
    for (let behind = after;;) {
      const isRecent = this.#recent.length > 0 && this.#recent[0]!.first <= behind + 1;
      const packs = isRecent
        ? this.#recentBehind(behind, bytesMax)
        : await this.#home.call<EventPack[]>("read", this.#id, behind, bytesMax);
      const missing = packs.flatMap((pack) => this.#acked.missingOf(pack, behind));
      if (missing.length > 0 || packs.length === 0) return missing;
      // All of it is acked, and still there.
      behind = packs.at(-1)!.last;
    }
  }

  stored(first: number, last: number, count: number): void {
    this.#acked.add(first, last);
    this.#overlap += count;
    this.#forgetRecent();
    const wasDue = this.#isRemovalDue;
    this.#isRemovalDue = true;
    // The end of a feed does not wait.
    if (this.events === 0) this.#remove().catch(() => {});
    else if (!wasDue) this.#home.later(REMOVE_AFTER_MS, () => void this.#remove().catch(() => {}));
    this.changed();
  }

  async held(ranges: readonly SequenceRange[]): Promise<number> {
    const before = this.events;
    for (const { first, last } of ranges) this.#acked.add(first, last);
    this.#isRemovalDue = true;
    await this.#removing;
    await this.#remove();
    this.#forgetRecent();
    this.changed();
    return Math.max(0, before - this.events);
  }

  async renew(): Promise<void> {
    const run = newId(this.#home.random);
    await this.#home.call("setRun", this.#id, run);
    this.#run = run;
    this.#acked = new AckedEvents();
  }

  /** Drops the oldest events until there are `bytes` less; resolves with how many that were. */
  async drop(bytes: number): Promise<number> {
    this.#droppingBytes += bytes;
    // As whole packs go, it may be more: never of those which come at this moment.
    const coming = { first: this.#last + 1, last: this.#given };
    try {
      const change = await this.#home.call<FeedChange>("drop", this.#id, bytes, [...this.sending, coming]);
      this.#droppedNow(change);
      return change.events;
    } finally {
      this.#droppingBytes -= bytes;
    }
  }

  /** Drops what was kept before `beforeMs`. */
  async expire(beforeMs: number, nowMs: number): Promise<void> {
    this.#droppedNow(await this.#home.call<FeedChange>("expire", this.#id, beforeMs, nowMs, this.sending));
  }

  /** The file was opened anew; perhaps it is another one. */
  reopened({ id, run, last, mark, content }: SpooledFeed): void {
    const isSame = run === this.#run;
    this.#id = id;
    this.#run = run;
    this.#mark = mark;
    this.#content = content;
    // What was sent before a failed sync keeps its number.
    this.#last = isSame ? Math.max(this.#last, last) : last;
    this.#given = this.#last;
    if (!isSame) this.#acked = new AckedEvents();
    this.#overlap = 0;
    this.#recent = [];
    this.#recentBytes = 0;
    this.changed();
  }

  /** On a disk that is full, something goes by the rule of the feed first. */
  async #withRoom(append: () => Promise<unknown>, run: string, bytes: number): Promise<void> {
    for (let attempt = 1;; attempt++) {
      try {
        return void await append();
      } catch (thrown) {
        const isFull = thrown instanceof FramewireError && thrown.code === "NO_SPACE" && run === this.#run;
        if (!isFull || attempt > ATTEMPTS_MAX || !await this.#home.makeRoom(this, bytes, attempt > 1)) throw thrown;
      }
    }
  }

  #added(packs: readonly EventPack[], bytes: number, mark: string | null): void {
    const { first, events, oldestMs } = this.#content;
    const [from, to] = [packs[0]!, packs.at(-1)!];
    this.#content = {
      first: first ?? from.first,
      oldestMs: oldestMs ?? from.fromMs,
      events: events + to.last - from.first + 1,
      bytes: this.#content.bytes + bytes,
    };
    this.#last = Math.max(this.#last, to.last);
    this.#mark = mark ?? this.#mark;
    for (const pack of packs) {
      this.#recent.push(pack);
      this.#recentBytes += pack.bytes.length;
    }
    while (this.#recentBytes > RECENT_BYTES_MAX) this.#recentBytes -= this.#recent.shift()!.bytes.length;
    this.changed();
  }

  #recentBehind(after: number, bytesMax: number): EventPack[] {
    const packs: EventPack[] = [];
    let bytes = 0;
    for (const pack of this.#recent) {
      if (pack.last <= after) continue;
      if (bytes >= bytesMax) break;
      packs.push(pack);
      bytes += pack.bytes.length;
    }
    return packs;
  }

  #forgetRecent(): void {
    while (this.#recent.length > 0 && this.#acked.missingIn(this.#recent[0]!) === 0) {
      this.#recentBytes -= this.#recent.shift()!.bytes.length;
    }
  }

  /** Takes out of the file what is acked. */
  async #remove(): Promise<void> {
    if (!this.#isRemovalDue || this.#removing !== undefined) return this.#removing;
    this.#isRemovalDue = false;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#removing = promise;
    const before = this.#overlap;
    try {
      const change = await this.#home.call<FeedChange>("remove", this.#id, this.#acked.ranges);
      this.#changeContent(change);
      // What was acked meanwhile is not in it.
      this.#overlap = change.overlap + this.#overlap - before;
      this.#acked.forgetBelow(this.#content.first ?? this.#last + 1);
    } finally {
      this.#removing = undefined;
      resolve();
    }
    if (this.#isRemovalDue && this.events === 0) await this.#remove();
    this.changed();
  }

  #changeContent({ events, bytes, first, oldestMs }: FeedChange): void {
    const content = this.#content;
    this.#content = { events: content.events - events, bytes: content.bytes - bytes, first, oldestMs };
  }

  #droppedNow(change: FeedChange): void {
    if (change.events === 0) return;
    this.#changeContent(change);
    this.#dropped += change.events;
    this.#recent = [];
    this.#recentBytes = 0;
    this.changed();
  }
}
