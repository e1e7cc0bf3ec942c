/** One ffmpeg from its start to its end, which nothing outlives. */
import { LIMITS } from "../config/limits.ts";
import type { Clock } from "../platform/clock.ts";
import type { ChildProcess, Exit } from "../platform/processes.ts";

/** Piece in which pictures are read, bytes. */
const PIECE_BYTES = 256 * 1024;

export class CameraProcess {
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #into = new Uint8Array(PIECE_BYTES);
  #reading: Promise<number | null> | undefined;
  #stopping: Promise<Exit | null> | undefined;

  constructor(child: ChildProcess, clock: Clock) {
    this.#child = child;
    this.#clock = clock;
  }

  /**
   * The next bytes, a view which is valid until the next call; null at the end. `late` after `waitMs`, and `aborted`:
   * nothing is lost by them, the next call goes on.
   */
  async read(waitMs: number, signal: AbortSignal): Promise<Uint8Array | null | "late" | "aborted"> {
    this.#reading ??= this.#child.read(this.#into);
    const count = await firstOf(this.#clock, this.#reading, waitMs, signal);
    if (count === "late" || count === "aborted") return count;
    this.#reading = undefined;
    return count === null ? null : this.#into.subarray(0, count);
  }

  /** What it said last. */
  lastWords(): string {
    return this.#child.lastWords();
  }

  /**
   * Ends it, the harder the longer it takes; `isAtEnd`: it should end by itself. Resolves with how it ended; null when
   * not even a SIGKILL helped: it hangs in a driver, and is left to the system.
   */
  stop(isAtEnd: boolean): Promise<Exit | null> {
    return this.#stopping ??= this.#stop(isAtEnd);
  }

  async #stop(isAtEnd: boolean): Promise<Exit | null> {
    this.#drain().catch(() => {});
    const { exited } = this.#child;
    const never = new AbortController().signal;
    for (const how of isAtEnd ? [null, "SIGTERM", "SIGKILL"] as const : ["SIGTERM", "SIGKILL"] as const) {
      if (how !== null) this.#child.kill(how);
      const exit = await firstOf(this.#clock, exited, LIMITS.cameraStopMs, never);
      if (typeof exit !== "string") return exit;
    }
    return null;
  }

  /** A program does not end while it waits for us to read. */
  async #drain(): Promise<void> {
    await this.#reading;
    while (await this.#child.read(this.#into) !== null);
  }
}

/** What `work` gives, or that it took longer than `ms`, or that `signal` aborted before. */
async function firstOf<T>(
  clock: Clock,
  work: Promise<T>,
  ms: number,
  signal: AbortSignal,
): Promise<T | "late" | "aborted"> {
  if (signal.aborted) return "aborted";
  const { promise, resolve } = Promise.withResolvers<"late" | "aborted">();
  const aborted = () => resolve("aborted");
  const cancel = clock.timer(ms, () => resolve("late"));
  signal.addEventListener("abort", aborted);
  try {
    return await Promise.race([work, promise]);
  } finally {
    cancel();
    signal.removeEventListener("abort", aborted);
  }
}
