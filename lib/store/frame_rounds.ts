/**
 * The rounds of a writer of frames: a batch is synced, then committed; while that goes on the next is synced, and begins to
 * be committed, and a third gathers. So a window is never all in one stage while the others have nothing to do.
 */

/** A sync beside the commit of the batch before pays for some frames only: with few, the next commit would be for few, too. */
const OVERLAP_FRAMES_MIN = 16;

/** What a round does. None of them rejects. */
export interface RoundSteps<T, W> {
  /** Makes durable what was written until now, but for what is under way still. `before`: commits which may be, too. */
  sync(before: Promise<void>): Promise<readonly W[]>;
  /** Commits a batch when what is under way is durable. Resolves behind `before`, the commit of the batch before. */
  commit(batch: readonly T[], underWay: readonly W[], before: Promise<void>): Promise<void>;
  /** A batch that must not overlap with another commit is done here, all of it. */
  alone(batch: readonly T[]): Promise<void>;
  needsAlone(batch: readonly T[]): boolean;
  /** Nothing more is to be done. */
  hasFailed(): boolean;
}

export class FrameRounds<T, W> {
  readonly #steps: RoundSteps<T, W>;
  #waiting: T[] = [];
  #enough = () => {};

  constructor(steps: RoundSteps<T, W>) {
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
    let [before, committing] = [Promise.resolve(), Promise.resolve()];
    do {
      const batch = this.#waiting;
      this.#waiting = [];
      if (steps.needsAlone(batch)) {
        await committing;
        await steps.alone(batch);
        continue;
      }
      const underWay = await steps.sync(committing);
      // Two at a time: whoever commits has the next one there when it has done one.
      await before;
      if (steps.hasFailed()) break;
      before = committing;
      committing = steps.commit(batch, underWay, before);
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
