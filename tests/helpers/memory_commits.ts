import { FramewireError } from "../../lib/errors.ts";

/** How the next commit fails. `after`: it is on the disk all the same, which nobody is told. */
export type CommitFailure = "before" | "after" | "full";

/** What made-up catalogs have in common: calls one after the other, commits which fail as told, and a power cut. */
export abstract class MemoryCommits {
  /** Called before each call, with the method's name, and before each commit with `commit`. */
  onCall: (method: string) => void | Promise<void> = () => {};
  /** Called once a commit has failed for good, as `SqliteCatalog.onBroken` is. */
  onBroken: () => void = () => {};
  /** Commits made. */
  commits = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #failures: CommitFailure[] = [];
  #broken = false;
  #off = false;

  /** Lets the next commit fail, which breaks the catalog unless the disk was only full. */
  failCommit(how: CommitFailure): void {
    this.#failures.push(how);
  }

  /** Every call rejects from now on. */
  protected cutPower(): void {
    this.#off = true;
  }

  /** Runs a call in its turn; what it changes is done by `commit`. Resolves with a copy. */
  protected inTurn<T>(
    method: string,
    job: (commit: (apply: () => void) => Promise<void>) => T | Promise<T>,
  ): Promise<T> {
    const result = this.#turn.then(async () => {
      await this.call(method);
      return structuredClone(await job((apply) => this.commit(apply)));
    });
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Makes a commit, which fails as told. */
  protected async commit(apply: () => void): Promise<void> {
    await this.call("commit");
    const failure = this.#failures.shift();
    if (failure === "full") throw new FramewireError("NO_SPACE", "Cannot commit: database or disk is full");
    if (failure !== "before") apply();
    if (failure !== undefined) {
      this.#broken = true;
      this.onBroken();
    }
    this.#check();
    this.commits++;
  }

  /** Notes a call, or a commit. */
  protected async call(method: string): Promise<void> {
    await Promise.resolve();
    this.#check();
    await this.onCall(method);
    this.#check();
  }

  #check(): void {
    if (this.#off) throw new FramewireError("STORAGE_FAILED", "Cannot use catalog as its power was cut");
    if (this.#broken) throw new FramewireError("STORAGE_FAILED", "Cannot use catalog: disk I/O error");
  }
}
