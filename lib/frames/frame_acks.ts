/**
 * The acks of one source: what is new is joined into as few messages as possible. What is durable goes out at once, as it is
 * the box's credit, and so does what has come when the box may be waiting for that; the rest within `LIMITS.ackAfterMs`.
 */
import { LIMITS } from "../config/limits.ts";
import type { Clock } from "../platform/clock.ts";
import type { FrameResult, Message } from "../protocol/message.ts";

/** Results in one ack, in UTF-16 units of their JSON: a sixteenth of what may wait to be written. */
const RESULTS_PER_ACK = 64 * 1024;

export interface FrameAcksOptions {
  readonly stream: number;
  readonly clock: Clock;
  readonly send: (message: Message) => void;
  /** Whether the box takes what is sent to it: results wait while it does not. */
  readonly hasRoom: () => boolean;
}

export class FrameAcks {
  readonly #options: FrameAcksOptions;
  #received = 0;
  #stored: number;
  #unrecorded = 0;
  #credit: number = LIMITS.frameWindowFrames;
  #results: FrameResult[] = [];
  #resultsLength = 0;
  /** Something is new since the last ack. */
  #isNews = false;
  #cancelTimer: (() => void) | undefined;
  #stopped = false;

  /** `stored`: what the box has been told of this run. */
  constructor(options: FrameAcksOptions, stored: number) {
    this.#options = options;
    this.#stored = stored;
  }

  /** Frames the box may have sent in all. */
  get credit(): number {
    return this.#credit;
  }

  /** A frame has come; `isAwaited`: the box may be waiting for this ack before it sends the next. */
  received(sequence: number, isAwaited = false): void {
    this.#received = Math.max(this.#received, sequence);
    this.#isNews = true;
    if (isAwaited) this.flush();
    else this.#soon();
  }

  /** The frames up to this one are durable, and this many have been dealt with. */
  stored(through: number, handled: number): void {
    this.#stored = Math.max(this.#stored, through);
    this.handled(handled);
    this.flush();
  }

  /** Frames up to this one, but for those told as stored, are not recorded. Told before more is told as stored. */
  unrecorded(through: number, handled: number): void {
    this.#unrecorded = through;
    this.handled(handled);
    this.flush();
  }

  /** This many frames have been dealt with. */
  handled(count: number): void {
    this.#credit = Math.max(this.#credit, count + LIMITS.frameWindowFrames);
    this.#isNews = true;
    this.#soon();
  }

  result(sequence: number, json: string): void {
    this.#results.push({ sequence, json });
    this.#resultsLength += json.length;
    this.#soon();
  }

  /** Says what there is to say, but for results which the box has no room for. */
  flush(): void {
    if (this.#stopped) return;
    let results = this.#takeResults();
    while (this.#isNews || results.length > 0) {
      this.#send(results);
      results = this.#takeResults();
    }
    if (this.#results.length > 0) this.#soon();
  }

  /** Says everything, at the end of the stream, and nothing behind it. */
  finish(): void {
    this.flush();
    while (!this.#stopped && this.#results.length > 0) this.#send(this.#takeResults(true));
    this.stop();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  /** Beyond what a window can hold, results are sent to a box which does not read: then it is cut. */
  get #hasRoom(): boolean {
    return this.#options.hasRoom() || this.#resultsLength > LIMITS.frameWindowFrames * LIMITS.resultBytesMax;
  }

  #takeResults(anyway = false): FrameResult[] {
    if (this.#results.length === 0 || (!anyway && !this.#hasRoom)) return [];
    let count = 0;
    let length = 0;
    for (const { json } of this.#results) {
      if (count > 0 && length + json.length > RESULTS_PER_ACK) break;
      length += json.length;
      count++;
    }
    this.#resultsLength -= length;
    return this.#results.splice(0, count);
  }

  #send(results: readonly FrameResult[]): void {
    const { stream, send } = this.#options;
    this.#isNews = false;
    const [received, stored, unrecorded, credit] = [this.#received, this.#stored, this.#unrecorded, this.#credit];
    send({ kind: "frameAck", stream, received, stored, unrecorded, credit, results });
  }

  #soon(): void {
    if (this.#stopped) return;
    // Left to run when an ack goes out before: to make a new one for each costs more than one in vain.
    this.#cancelTimer ??= this.#options.clock.timer(LIMITS.ackAfterMs, () => {
      this.#cancelTimer = undefined;
      this.flush();
    });
  }
}
