/** Jobs about the same thing, one after the other; those about different things do not wait for each other. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `job` when all jobs with this `key` which were given before have ended, well or not. */
  run<T>(key: string, job: () => Promise<T>): Promise<T> {
    const result = (this.#last.get(key) ?? Promise.resolve()).then(job);
    const ended = result.catch(() => {}).then(() => {
      if (this.#last.get(key) === ended) this.#last.delete(key);
    });
    this.#last.set(key, ended);
    return result;
  }
}
