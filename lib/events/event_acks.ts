/**
 * The acks of one stream of events, joined into as few messages as possible. What is durable goes out at once, as it is the
 * box's window; what has only arrived within `LIMITS.ackAfterMs`.
 */
import { LIMITS } from "../config/limits.ts";
import type { Clock } from "../platform/clock.ts";
import type { Message } from "../protocol/message.ts";

export interface EventAcksOptions {
  readonly stream: number;
  readonly clock: Clock;
  readonly send: (message: Message) => void;
}

export class EventAcks {
  readonly #options: EventAcksOptions;
  #received = 0;
  #stored = 0;
  #cancelTimer: (() => void) | undefined;
  #isNews = false;
  #stopped = false;

  constructor(options: EventAcksOptions) {
    this.#options = options;
  }

  /** Events up to this one have arrived. */
  received(sequence: number): void {
    this.#received = sequence;
    this.#isNews = true;
    if (this.#stopped) return;
    // Left to run when an ack goes out before: to make a new one for each costs more than one in vain.
    this.#cancelTimer ??= this.#options.clock.timer(LIMITS.ackAfterMs, () => {
      this.#cancelTimer = undefined;
      this.#flush();
    });
  }

  /** Events up to this one are durable. */
  stored(sequence: number): void {
    this.#stored = sequence;
    this.#isNews = true;
    this.#flush();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  #flush(): void {
    if (this.#stopped || !this.#isNews) return;
    this.#isNews = false;
    const { stream, send } = this.#options;
    send({ kind: "eventAck", stream, received: this.#received, stored: this.#stored });
  }
}
