/** What the receiving side of feeds needs of the store; `EventStore` is one. */
import type { SequenceRange } from "../protocol/message.ts";

export interface EventRecorder {
  /** `held`: numbers of the run which are durable, or will never come. */
  openFeed(opening: {
    readonly device: string;
    readonly feed: string;
    readonly run: string;
    readonly floor: number;
  }): Promise<{ readonly feedId: number; readonly held: readonly SequenceRange[] }>;
  /**
   * All events of a batch are durable when it resolves, in the order of the calls; those held before are left out of
   * `stored`. `batch`, an EventBatch, is copied before this returns. `offsetMs`: the clock of the box less ours.
   */
  append(
    feedId: number,
    run: string,
    late: boolean,
    receivedMs: number,
    offsetMs: number,
    batch: Uint8Array,
  ): Promise<{ readonly stored: number }>;
}
