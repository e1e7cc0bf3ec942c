/**
 * The rounds of a writer of frames: a batch is synced, then committed, and while it is committed the next is synced and a
 * third gathers. So a window is never all in one stage while the others have nothing to do.
 */

/** A sync beside the commit of the batch before pays for some frames only: with few, the next commit would be for few, too. */
const OVERLAP_FRAMES_MIN = 12;

/** What a round does. None of them rejects. */
export interface RoundSteps<T> {
  /** Makes durable what was written until now. */
  sync(): Promise<void>;
  /** Commits a batch whose files are synced. */
  commit(batch: readonly T[]): Promise<void>;
  /** A batch that must not overlap with another commit is done here, all of it. */
  alone(batch: readonly T[]): Promise<void>;
  needsAlone(batch: readonly T[]): boolean;
  /** Nothing more is to be done. */
  hasFailed(): boolean;
}

export class FrameRounds<T> {
  readonly #steps: RoundSteps<T>;
  #waiting: T[] = [];
  #enough = () => {};

  constructor(steps: RoundSteps<T>) {
    this.#steps = steps;
  }

  /** What waits for its round. */
  get count(): number {
    return this.#waiting.length;
  }

  add(entry: T): void {
    this.#waiting.push(entry);
    if (this.#waiting.length >= OVERLAP_FRAMES_MIN) this.#enough();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = [];
  }

  /** One round, though it may be of nothing, and then as many as there is something for; one run at a time. */
  async run(): Promise<void> {
    const steps = this.#steps;
    let committing: Promise<void> = Promise.resolve();
    do {
      const batch = this.#waiting;
      this.#waiting = [];
      if (steps.needsAlone(batch)) {
        await committing;
        await steps.alone(batch);
        continue;
      }
      await steps.sync();
      await committing;
      if (steps.hasFailed()) return;
      committing = steps.commit(batch);
      await this.#committedOrEnough(committing);
    } while (this.#waiting.length > 0 && !steps.hasFailed());
    await committing;
  }

  #committedOrEnough(committing: Promise<void>): Promise<void> {
    if (this.#waiting.length >= OVERLAP_FRAMES_MIN) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#enough = resolve;
    committing.then(resolve);
    return promise;
  }
}
