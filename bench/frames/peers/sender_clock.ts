/** What every TypeScript sender of frames here does alike: its arguments, the pictures, the times and what it prints. */
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import process from "node:process";

/** The arguments of a sender: `PORT FILE FRAME_BYTES WARM FRAMES WINDOW`. */
export interface SenderArgs {
  readonly port: number;
  /** Different pictures, sent one after the other and then again. */
  readonly pictures: readonly Buffer[];
  /** Frames which come first and are not counted. */
  readonly warm: number;
  /** Frames in all, those included. */
  readonly all: number;
  /** Frames on their way at once. */
  readonly window: number;
}

/** Reads the arguments. @throws {Error} when one is missing */
export function senderArgs(args: readonly string[]): SenderArgs {
  const [port, path, frameBytes, warm, frames, window] = args;
  if (path === undefined || window === undefined) {
    throw new Error(`Cannot send as the arguments must be PORT FILE FRAME_BYTES WARM FRAMES WINDOW: received ${args}`);
  }
  const bytes = readFileSync(path);
  const size = Number(frameBytes);
  const pictures = Array.from({ length: bytes.length / size }, (_, n) => bytes.subarray(n * size, (n + 1) * size));
  return {
    port: Number(port),
    pictures,
    warm: Number(warm),
    all: Number(warm) + Number(frames),
    window: Number(window),
  };
}

/** Takes the times of frames, which are acked in the order in which they were sent. */
export class SenderClock {
  readonly #warm: number;
  readonly #all: number;
  readonly #sentMs: Float64Array;
  readonly #ackMs: Float64Array;
  #sent = 0;
  #acked = 0;
  #startMs = 0;

  constructor({ warm, all }: SenderArgs) {
    this.#warm = warm;
    this.#all = all;
    this.#sentMs = new Float64Array(all);
    this.#ackMs = new Float64Array(all);
  }

  get sent(): number {
    return this.#sent;
  }

  get acked(): number {
    return this.#acked;
  }

  /** The next frame is about to be sent. */
  send(): void {
    this.#sentMs[this.#sent++] = performance.now();
  }

  /**
   * All frames up to `through` (a count) are acked, each `ackMs` after its write (else measured from `send` on); prints
   * `warm` and `done` when it is time. Whether it is the end.
   */
  ackThrough(through: number, ackMs?: number): boolean {
    const nowMs = performance.now();
    while (this.#acked < Math.min(through, this.#all)) {
      this.#ackMs[this.#acked] = ackMs ?? nowMs - (this.#sentMs[this.#acked] ?? NaN);
      this.#acked++;
      if (this.#acked === this.#warm) {
        this.#startMs = nowMs;
        say({ event: "warm" });
      }
      if (this.#acked === this.#all) this.#end(nowMs);
    }
    return this.#acked === this.#all;
  }

  #end(nowMs: number): void {
    const sorted = this.#ackMs.subarray(this.#warm).toSorted();
    const at = (part: number) => sorted[Math.floor(sorted.length * part)];
    say({ event: "done", seconds: (nowMs - this.#startMs) / 1000, ackP50Ms: at(0.5), ackP99Ms: at(0.99) });
  }
}

function say(line: Record<string, unknown>): void {
  process.stdout.write(JSON.stringify(line) + "\n");
}
