/** Tells the server how the box is: when that changes, and not more often than once a second. */
import type { Clock } from "../platform/clock.ts";
import type { BoxStatus, Message } from "../protocol/message.ts";

/** How a box is; see {@linkcode BoxStatus}. */
export type BoxHealth = Omit<BoxStatus, "kind">;

const EVERY_MS = 1_000;

export class StatusTeller {
  readonly #clock: Clock;
  readonly #health: () => BoxHealth;
  readonly #send: (message: Message) => void;
  #told = "";
  #cancel = () => {};

  constructor(clock: Clock, health: () => BoxHealth, send: (message: Message) => void) {
    this.#clock = clock;
    this.#health = health;
    this.#send = send;
  }

  /** Tells it now, and whenever it changes, until {@linkcode stop}. */
  start(): void {
    const message: BoxStatus = { kind: "boxStatus", ...this.#health() };
    const text = JSON.stringify(message);
    if (text !== this.#told) this.#send(message);
    this.#told = text;
    this.#cancel = this.#clock.timer(EVERY_MS, () => this.start());
  }

  stop(): void {
    this.#cancel();
  }
}
