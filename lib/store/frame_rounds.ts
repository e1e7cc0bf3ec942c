/**
 * The rounds of a writer of frames: a batch is written, then synced, then committed, and each of the three may be busy with
 * a batch of its own. What was written while a sync ran shares the next one, and so do commits: a window of frames is
 * never all in one stage while the others have nothing to do.
 */

import { LIMITS } from "../config/limits.ts";
import type { Clock } from "../platform/clock.ts";

/**
 * Besides, a batch begins when this many frames have gathered: with fewer, a sync and a commit would be paid for few. A quarter of a window, so that there is one for each stage while the box sends the fourth.
 */
const BATCH_FRAMES_MIN = LIMITS.frameWindowFrames / 4;
/**
 * When several have come while the last batch was dealt with, the box does not wait for each to be stored, and the next
 * batch may gather for so long: else syncs and commits without pause would take the processor from what receives. ms.
 */
const GATHER_MS = 2;

/** What a round does. */
export interface RoundSteps<T> {
  /** Writes a batch. It may reject: what came before is still made durable, and then {@linkcode failed} is told. */
  write(batch: readonly T[]): Promise<void>;
  /** Makes durable what was written until now. Never rejects. */
  sync(): Promise<void>;
  /** Commits batches whose files are synced, as one. Never rejects. */
  commit(batch: readonly T[]): Promise<void>;
  /** A batch that must not overlap with another is done here, all of it. Never rejects. */
  alone(batch: readonly T[]): Promise<void>;
  needsAlone(batch: readonly T[]): boolean;
  /** Nothing more is to be done. */
  hasFailed(): boolean;
  /** A write has failed, and nothing is under way any more. Never rejects. */
  failed(cause: unknown): Promise<void>;
}

export class FrameRounds<T> {
  readonly #steps: RoundSteps<T>;
  readonly #clock: Clock;
  #waiting: T[] = [];
  /** Batches between two stages. */
  #written: (readonly T[])[] = [];
  #synced: (readonly T[])[] = [];
  #writing: Promise<void> = Promise.resolve();
  #syncing: Promise<void> | undefined;
  #committing: Promise<void> | undefined;
  #enough = () => {};
  #isHurried = false;

  constructor(steps: RoundSteps<T>, clock: Clock) {
    this.#steps = steps;
    this.#clock = clock;
  }

  /** What waits for its round. */
  get count(): number {
    return this.#waiting.length;
  }

  /** Resolves when no file is being written, whether that went well or not. */
  get writing(): Promise<void> {
    return this.#writing;
  }

  add(entry: T): void {
    this.#waiting.push(entry);
    if (this.#waiting.length >= BATCH_FRAMES_MIN) this.#enough();
  }

  /** Somebody waits for what has been added: nothing more is gathered until {@linkcode run} is over. */
  hurry(): void {
    this.#isHurried = true;
    this.#enough();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = [];
  }

  /** One round, though it may be of nothing, and then as many as there is something for; one run at a time. */
  async run(): Promise<void> {
    const steps = this.#steps;
    do {
      const batch = this.#waiting;
      this.#waiting = [];
      if (steps.needsAlone(batch)) {
        await this.#idle();
        if (!steps.hasFailed()) await steps.alone(batch);
        continue;
      }
      try {
        const writing = steps.write(batch);
        this.#writing = writing.catch(() => {});
        await writing;
      } catch (cause) {
        await this.#idle();
        return await steps.failed(cause);
      }
      if (steps.hasFailed()) break;
      this.#written.push(batch);
      this.#syncing ??= this.#sync();
      await this.#nextIsDue();
    } while (this.#waiting.length > 0 && !steps.hasFailed());
    await this.#idle();
    this.#isHurried = false;
  }

  async #sync(): Promise<void> {
    while (this.#written.length > 0) {
      const batches = this.#written;
      this.#written = [];
      await this.#steps.sync();
      if (this.#steps.hasFailed()) break;
      this.#synced.push(...batches);
      this.#committing ??= this.#commit();
    }
    this.#syncing = undefined;
  }

  async #commit(): Promise<void> {
    while (this.#synced.length > 0 && !this.#steps.hasFailed()) {
      const batches = this.#synced;
      this.#synced = [];
      await this.#steps.commit(batches.length === 1 ? batches[0]! : batches.flat());
    }
    this.#committing = undefined;
  }

  /** Resolves when nothing is synced or committed any more. */
  async #idle(): Promise<void> {
    await this.#syncing;
    // The last sync has begun the last commit.
    await this.#committing;
  }

  async #nextIsDue(): Promise<void> {
    await this.#orEnough((due) => void this.#idle().then(due));
    if (this.#waiting.length <= 1 || this.#isHurried || this.#steps.hasFailed()) return;
    let cancel = () => {};
    await this.#orEnough((due) => cancel = this.#clock.timer(GATHER_MS, due));
    cancel();
  }

  /** Resolves when `begin` calls what it is given, at the latest when there is enough for a batch. */
  #orEnough(begin: (due: () => void) => void): Promise<void> {
    if (this.#waiting.length >= BATCH_FRAMES_MIN) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#enough = resolve;
    begin(resolve);
    return promise;
  }
}
