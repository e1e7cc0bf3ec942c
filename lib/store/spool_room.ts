/**
 * Who goes when the spool is full: pictures before readings, the source that has most of them first; then the oldest events
 * of the feed that has most, unless its rule is to refuse new ones. Arithmetic, and calls of `drop`.
 */
import { FramewireError } from "../errors.ts";
import type { SpoolBallast } from "./spool_ballast.ts";
import type { SpoolFeed } from "./spool_feed.ts";
import type { SpoolPolicy } from "./spool_options.ts";
import type { SpoolSource } from "./spool_source.ts";

type Sizes = "name" | "pendingBytes" | "reservedBytes" | "droppableBytes" | "drop";
/** What is asked of a feed, and of a source. */
export type RoomFeed = Pick<SpoolFeed, Sizes | "events" | "bytes">;
export type RoomSource = Pick<SpoolSource, Sizes>;

export interface SpoolRoomOptions {
  readonly feeds: () => readonly RoomFeed[];
  readonly sources: () => readonly RoomSource[];
  /** Of everything in the spool. */
  readonly bytesMax: () => number;
  readonly policyOf: (feed: string) => SpoolPolicy;
  readonly ballast: Pick<SpoolBallast, "giveBack">;
  /** Empties the log of SQLite into its file, so that it begins anew. */
  readonly checkpoint: () => Promise<void>;
}

/** Dropped at once: a part of the spool, so that it is not for each event. */
const DROP_SHARE = 1 / 64;

export class SpoolRoom {
  readonly #options: SpoolRoomOptions;
  /** How much there was when the disk was met full. */
  #fullBytes = Infinity;
  /** What makes room on the full disk at the moment, and how it ends. */
  #making: { readonly isAgain: boolean; readonly hasRoom: Promise<boolean> } | undefined;

  constructor(options: SpoolRoomOptions) {
    this.#options = options;
  }

  /** Of everything in the spool, with what is on its way there. */
  get bytes(): number {
    const { feeds, sources } = this.#options;
    return [...feeds(), ...sources()].reduce((sum, { reservedBytes }) => sum + reservedBytes, 0);
  }

  /** The free space of the disk is known anew. */
  looked(): void {
    this.#fullBytes = Infinity;
  }

  get #bytesMax(): number {
    return Math.min(this.#options.bytesMax(), this.#fullBytes);
  }

  /** Makes room for pictures; readings stay. @throws {FramewireError} `NO_SPACE`. */
  reserveForSource(source: RoomSource, bytes: number): void {
    const bytesMax = this.#bytesMax;
    const excess = this.bytes + bytes - bytesMax;
    if (excess > 0 && this.#dropPictures(excess, bytesMax) > 0) throw noSpace(`pictures of ${source.name}`, bytesMax);
  }

  /** Makes room for events by the rule of their feed. @throws {FramewireError} `NO_SPACE`. */
  reserveForFeed(feed: RoomFeed, bytes: number): void {
    const bytesMax = this.#bytesMax;
    const excess = this.bytes + bytes - bytesMax;
    if (excess <= 0) return;
    const left = this.#dropPictures(excess, bytesMax);
    if (left <= 0) return;
    const isRefused = this.#options.policyOf(feed.name) === "refuse-new" || bytes > bytesMax;
    // When others have taken the disk, more may be too much than can go: then it does not become still more.
    const shares = isRefused
      ? undefined
      : this.#sharesFor(feed, bytes, left) ?? this.#sharesFor(feed, bytes, Math.min(left, bytes));
    if (shares === undefined) throw noSpace(`events of ${feed.name}`, bytesMax);
    for (const [one, shareBytes] of shares) one.drop(shareBytes).catch(() => {});
  }

  /**
   * The disk itself is full, whatever the spool may have; false when nothing could be dropped. `isAgain`: what was dropped
   * before was not enough.
   */
  async makeRoom(who: RoomFeed | RoomSource, bytes: number, isAgain = false): Promise<boolean> {
    while (this.#making !== undefined) {
      const { isAgain: isWithBallast, hasRoom } = this.#making;
      // There is room for all that are on their way then.
      if (await hasRoom && (isWithBallast || !isAgain)) return true;
    }
    const made = this.#makeRoom(who, bytes, isAgain);
    this.#making = { isAgain, hasRoom: made.catch(() => false) };
    try {
      return await made;
    } finally {
      this.#making = undefined;
    }
  }

  get #pendingBytes(): number {
    const { feeds, sources } = this.#options;
    return [...feeds(), ...sources()].reduce((sum, { pendingBytes }) => sum + pendingBytes, 0);
  }

  async #makeRoom(who: RoomFeed | RoomSource, bytes: number, isAgain: boolean): Promise<boolean> {
    // What is given back now is for dropping, not for more events.
    this.#fullBytes = Math.min(this.#fullBytes, this.bytes - this.#pendingBytes);
    if (isAgain) await this.#useBallast();
    try {
      return await this.#drop(who, bytes);
    } catch (error) {
      // To drop something takes some space, too.
      if (!(error instanceof FramewireError && error.code === "NO_SPACE")) throw error;
      await this.#useBallast();
      return await this.#drop(who, bytes);
    }
  }

  async #useBallast(): Promise<void> {
    await this.#options.ballast.giveBack();
    await this.#options.checkpoint().catch(() => {});
  }

  async #drop(who: RoomFeed | RoomSource, bytes: number): Promise<boolean> {
    const { feeds, sources, policyOf } = this.#options;
    // For all that are on their way: others have met the full disk in the same moment.
    const neededBytes = Math.max(bytes, this.#pendingBytes);
    const wanted = neededBytes + Math.floor(Math.min(this.#bytesMax, this.bytes) * DROP_SHARE);
    let freedBytes = 0;
    for (const source of [...sources()].sort((a, b) => b.droppableBytes - a.droppableBytes)) {
      const { droppableBytes } = source;
      if (droppableBytes > 0) freedBytes += await source.drop(Math.min(droppableBytes, wanted - freedBytes));
      if (freedBytes >= neededBytes) break;
    }
    if (freedBytes > 0) return true;
    const isFeed = feeds().some((feed) => feed === who);
    if (!isFeed || policyOf(who.name) === "refuse-new") return false;
    const victims = feeds().filter((one) => policyOf(one.name) === "drop-oldest" && one.events > 0);
    const victim = largest(victims, (one) => one.bytes);
    return victim !== undefined && await victim.drop(Math.min(victim.bytes, wanted)) > 0;
  }

  /**
   * Who drops how much so that there is `left` less: always the one that has most by then, what comes included. Undefined
   * when that is not enough, as the rest is on its way: a busy feed pushes out nothing of one that has less than that.
   */
  #sharesFor(feed: RoomFeed, bytes: number, left: number): Map<RoomFeed, number> | undefined {
    const { feeds, policyOf } = this.#options;
    const shares = new Map<RoomFeed, number>();
    const shareOf = (one: RoomFeed) => shares.get(one) ?? 0;
    const bytesOf = (one: RoomFeed) => one.reservedBytes - shareOf(one) + (one === feed ? bytes : 0);
    const victims = feeds().filter((one) => policyOf(one.name) === "drop-oldest");
    const pieceBytes = Math.ceil(this.bytes * DROP_SHARE);
    while (left > 0) {
      const able = victims.filter((one) =>
        one.droppableBytes > shareOf(one) && (one === feed || bytesOf(one) >= feed.pendingBytes)
      );
      const most = largest(able, bytesOf);
      if (most === undefined) return undefined;
      const share = Math.min(pieceBytes, most.droppableBytes - shareOf(most));
      shares.set(most, shareOf(most) + share);
      left -= share;
    }
    return shares;
  }

  /** What is still too much then. */
  #dropPictures(excess: number, bytesMax: number): number {
    let left = excess;
    const sources = [...this.#options.sources()].sort((a, b) => b.droppableBytes - a.droppableBytes);
    for (const source of sources) {
      const { droppableBytes } = source;
      if (left <= 0 || droppableBytes <= 0) break;
      const bytes = Math.min(droppableBytes, left + Math.floor(bytesMax * DROP_SHARE));
      left -= bytes;
      source.drop(bytes).catch(() => {});
    }
    return left;
  }
}

function largest<T>(some: readonly T[], bytesOf: (one: T) => number): T | undefined {
  return some.toSorted((a, b) => bytesOf(b) - bytesOf(a))[0];
}

function noSpace(what: string, bytesMax: number): FramewireError {
  return new FramewireError("NO_SPACE", `Cannot keep ${what} as the spool is full: ${bytesMax} bytes`);
}
