/** All workers of the analysis: a picture goes to one which is idle, or waits for it. */
import type { Measured } from "./measuring_worker.ts";
import { type Failure, MeasuringThread, type ThreadOptions } from "./measuring_thread.ts";

interface Job {
  readonly jpeg: Uint8Array<ArrayBuffer>;
  readonly resolve: (answer: Measured | Failure) => void;
}

export class MeasuringThreads {
  readonly #threads: readonly MeasuringThread[];
  readonly #waiting: Job[] = [];

  constructor(count: number, options: Omit<ThreadOptions, "onChanged">) {
    const onChanged = () => this.#pump();
    this.#threads = Array.from({ length: count }, () => new MeasuringThread({ ...options, onChanged }));
  }

  start(): void {
    for (const thread of this.#threads) thread.start();
  }

  /** Ends all; what waits, or is on its way, is answered. */
  stop(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve({ reason: "Server is stopping" });
    for (const thread of this.#threads) thread.stop();
  }

  /** Measures a picture; never rejects. The caller bounds how many wait. */
  measure(jpeg: Uint8Array<ArrayBuffer>): Promise<Measured | Failure> {
    return new Promise((resolve) => {
      this.#waiting.push({ jpeg, resolve });
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#threads.find(({ isIdle }) => isIdle);
      if (thread !== undefined) {
        const { jpeg, resolve } = this.#waiting.shift()!;
        thread.measure(jpeg).then(resolve);
        continue;
      }
      // All of them keep dying: nobody shall wait for that.
      const troubles = this.#threads.map(({ trouble }) => trouble);
      if (!troubles.every((trouble) => trouble !== undefined)) return;
      this.#waiting.shift()!.resolve({ reason: troubles[0]! });
    }
  }
}
