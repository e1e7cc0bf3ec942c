/** Calls of the spool's database: they go to its worker, a batch at a time, so that many events share one sync. */
import { FramewireError } from "../errors.ts";
import type { SpoolCall, SpoolResult } from "./spool_worker.ts";

interface Waiting {
  readonly call: SpoolCall;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Methods which are never in one batch with others. */
const ALONE = ["open", "close", "checkpoint"];

export class SpoolCalls {
  readonly #worker: Worker;
  #waiting: Waiting[] = [];
  #running: Waiting[] = [];
  #ended: FramewireError | undefined;

  /** Called once, when the database cannot be trusted any more. */
  onBroken: (isDamaged: boolean, text: string) => void = () => {};

  constructor() {
    this.#worker = new Worker(new URL("./spool_worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = (event: MessageEvent<SpoolResult[]>) => this.#answered(event.data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#broken(false, event.message);
    };
  }

  /** @throws {FramewireError} `NO_SPACE`, `STORAGE_FAILED`. */
  call<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ call: { method, args }, resolve: resolve as (value: unknown) => void, reject });
      // What is asked in the same moment goes together.
      if (this.#waiting.length === 1) queueMicrotask(() => this.#next());
    });
  }

  /** Ends the worker; what is under way is answered with `error`. */
  end(error: FramewireError): void {
    this.#ended ??= error;
    const calls = [...this.#running, ...this.#waiting];
    this.#running = [];
    this.#waiting = [];
    this.#worker.terminate();
    for (const { reject } of calls) reject(error);
  }

  #next(): void {
    if (this.#running.length > 0 || this.#waiting.length === 0) return;
    const aloneAt = this.#waiting.findIndex(({ call }) => ALONE.includes(call.method));
    this.#running = this.#waiting.splice(0, aloneAt < 0 ? this.#waiting.length : Math.max(aloneAt, 1));
    this.#worker.postMessage(this.#running.map(({ call }) => call));
  }

  #answered(results: readonly SpoolResult[]): void {
    const done = this.#running;
    this.#running = [];
    let broken: { readonly failure: string; readonly text: string } | undefined;
    done.forEach(({ call, resolve, reject }, index) => {
      const result = results[index]!;
      if ("value" in result) return resolve(result.value);
      const code = result.failure === "full"
        ? "NO_SPACE"
        : result.failure === "refused"
        ? "INTERNAL"
        : "STORAGE_FAILED";
      reject(new FramewireError(code, `Cannot ${call.method} in the spool: ${result.text}`));
      if (result.failure === "damaged" || result.failure === "broken") broken = result;
    });
    if (broken !== undefined) return this.#broken(broken.failure === "damaged", broken.text);
    this.#next();
  }

  #broken(isDamaged: boolean, text: string): void {
    if (this.#ended !== undefined) return;
    this.end(new FramewireError("STORAGE_FAILED", `The spool has failed: ${text}`));
    this.onBroken(isDamaged, text);
  }
}
