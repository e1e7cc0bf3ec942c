/** Where the events of a feed wait on the box until the server has them: in memory, or in the spool. Types only. */
import type { BoxEvent } from "../protocol/event.ts";
import type { EventPack } from "../protocol/event_pack.ts";
import type { SequenceRange } from "../protocol/message.ts";

/** An event which has no number yet. */
export type NewEvent = Omit<BoxEvent, "sequence"> & {
  /** Where its origin goes on behind it: becomes the {@linkcode FeedQueue.mark} in the same commit. */
  readonly mark?: string;
};

export interface FeedQueue {
  /** Of its numbering; a number is never used twice in it. */
  readonly run: string;
  /** Nothing below is here, or will be: it was stored, or dropped. */
  readonly floor: number;
  /** The last number that was given to an event; 0 before the first. */
  readonly lastSequence: number;
  /** Events that wait, and their bytes. */
  readonly events: number;
  readonly bytes: number;
  /** Events which were dropped since the program started, as there was no room or they were too old. */
  readonly dropped: number;
  /** Events which the server had already when they were added. */
  readonly alreadyThere: number;
  /** What is here before it is pushed again: a file is read from its start, so that its numbers stay the same. */
  readonly isRepeatable: boolean;
  /**
   * The last mark of the events that are safe here, for as long as the feed has been known: kept in the commit of its event,
   * and also when that is stored or dropped. What a file that grows has given is so taken once, whatever is killed.
   */
  readonly mark: string | null;
  /** On their way to the server: not dropped meanwhile. */
  sending: readonly SequenceRange[];
  /** Called when there are more events, or fewer. */
  changed: () => void;
  /**
   * Gives events their numbers and keeps them; resolves when they are safe: in memory when there is room, in the spool when
   * they are committed.
   *
   * @throws {FramewireError} `NO_SPACE` when the queue refuses, `STORAGE_FAILED`, `MALFORMED` for an event that is too large.
   */
  append(events: readonly NewEvent[]): Promise<{ readonly firstSequence: number }>;
  /** Packs with events behind `after`, in order, of about so many bytes; none when there are none. */
  read(after: number, bytesMax: number): Promise<readonly EventPack[]>;
  /** Events `first` to `last` are stored on the server: they may go. `count` of them were here. */
  stored(first: number, last: number, count: number): void;
  /** The same for what the server says it holds; resolves, when it is gone, with how many events that were here. */
  held(ranges: readonly SequenceRange[]): Promise<number>;
  /** The server has events of this run which were never sent: begins another. */
  renew(): Promise<void>;
}
