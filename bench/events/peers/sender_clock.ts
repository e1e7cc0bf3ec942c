/** What every sender of events here does alike: its arguments, the readings, the times and what it prints. */
import process from "node:process";

/** The arguments of a sender: `PORT WARM EVENTS WINDOW`. */
export interface SenderArgs {
  readonly port: number;
  /** Events which come first and are not counted. */
  readonly warm: number;
  /** Events in all, those included. */
  readonly all: number;
  /** Events on their way at once. */
  readonly window: number;
}

/** One reading, the same for all. */
export interface Reading {
  readonly deviceId: number;
  readonly eventId: number;
  readonly humidity: number;
  readonly tempCel: number;
}

/** Reads the arguments. @throws {Error} when one is missing */
export function senderArgs(args: readonly string[]): SenderArgs {
  const [port, warm, events, window] = args.map(Number);
  if (window === undefined || Number.isNaN(window)) {
    throw new Error(`Cannot send as the arguments must be PORT WARM EVENTS WINDOW: received ${args}`);
  }
  return { port: port!, warm: warm!, all: warm! + events!, window };
}

/** The reading with this number, 1 for the first. */
export function readingAt(number: number): Reading {
  // Two digits behind the point, as sensors give them.
  const humidity = 50 + Math.round(1_000 * Math.sin(number / 500)) / 100;
  const tempCel = 20 + Math.round(500 * Math.cos(number / 700)) / 100;
  return { deviceId: 7, eventId: number, humidity, tempCel };
}

/** The same as the JSON which peers without a schema send; about 64 bytes. */
export function readingJson(number: number): string {
  const { deviceId, eventId, humidity, tempCel } = readingAt(number);
  return `{"device_id":${deviceId},"event_id":${eventId},"humidity":${humidity},"temp_cel":${tempCel}}`;
}

/** Takes the times of events, which are acked in the order in which they were sent. */
export class SenderClock {
  readonly #warm: number;
  readonly #all: number;
  readonly #window: number;
  #sent = 0;
  #acked = 0;
  #startMs = 0;

  constructor({ warm, all, window }: SenderArgs) {
    this.#warm = warm;
    this.#all = all;
    this.#window = window;
  }

  /** How many may be sent now. */
  get room(): number {
    return Math.min(this.#window - (this.#sent - this.#acked), this.#all - this.#sent);
  }

  get isAllSent(): boolean {
    return this.#sent === this.#all;
  }

  /** The number of the next event, which is about to be sent. */
  send(): number {
    return ++this.#sent;
  }

  /** All events up to `through` (a count) are acked; prints `warm` and `done` when it is time. Whether it is the end. */
  ackThrough(through: number): boolean {
    const [before, nowMs] = [this.#acked, performance.now()];
    this.#acked = Math.max(before, Math.min(through, this.#all));
    if (before < this.#warm && this.#acked >= this.#warm) {
      this.#startMs = nowMs;
      say({ event: "warm", events: this.#acked });
    }
    if (before < this.#all && this.#acked === this.#all) {
      say({ event: "done", seconds: (nowMs - this.#startMs) / 1000, events: this.#all });
    }
    return this.#acked === this.#all;
  }
}

function say(line: Record<string, unknown>): void {
  process.stdout.write(JSON.stringify(line) + "\n");
}
