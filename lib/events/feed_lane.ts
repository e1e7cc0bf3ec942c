/** The streams of feeds of one connection as one: what is live goes first, and what is late is not forgotten over it. */
import type { FrameSource, OutgoingFrame } from "../session/frame_writer.ts";
import type { FeedUpload } from "./feed_upload.ts";

/** Live batches after which a late one goes first: a busy feed leaves it an eighth of the link. */
const LIVE_IN_A_ROW_MAX = 7;

export class FeedLane implements FrameSource {
  readonly lane = "events";
  #live: FeedUpload[] = [];
  #late: FeedUpload[] = [];
  #inARow = 0;

  add(upload: FeedUpload): void {
    (upload.span.late ? this.#late : this.#live).push(upload);
  }

  remove(upload: FeedUpload): void {
    this.#live = this.#live.filter((other) => other !== upload);
    this.#late = this.#late.filter((other) => other !== upload);
  }

  poll(): OutgoingFrame | undefined {
    const isLateFirst = this.#inARow >= LIVE_IN_A_ROW_MAX;
    const late = () => this.#next(this.#late);
    const live = () => this.#next(this.#live);
    const first = isLateFirst ? late() : live();
    if (first !== undefined) return this.#count(first, !isLateFirst);
    const second = isLateFirst ? live() : late();
    return second === undefined ? undefined : this.#count(second, isLateFirst);
  }

  #count(frame: OutgoingFrame, isLive: boolean): OutgoingFrame {
    this.#inARow = isLive && this.#late.length > 0 ? this.#inARow + 1 : 0;
    return frame;
  }

  /** They take turns: whoever was served goes to the back. */
  #next(uploads: FeedUpload[]): OutgoingFrame | undefined {
    for (const [index, upload] of uploads.entries()) {
      const frame = upload.poll();
      if (frame === undefined) continue;
      uploads.splice(index, 1);
      uploads.push(upload);
      return frame;
    }
    return undefined;
  }
}
