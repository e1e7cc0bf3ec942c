/** All that the agent's one connection sends: parts add their jobs, and take them away. */
import { OpenWork } from "../client/open_work.ts";
import type { ClipJob } from "../clips/clip_job.ts";
import type { FeedJob } from "../events/feed_job.ts";
import type { SourceJob } from "../frames/source_job.ts";

/** A list that the connection reads, and its owners change. */
export class JobList<T> {
  /** The same array for ever. */
  readonly jobs: T[] = [];
  readonly #open: OpenWork;

  constructor(open: OpenWork) {
    this.#open = open;
  }

  add(job: T): void {
    this.jobs.push(job);
    this.#open.changed();
  }

  delete(job: T): void {
    const at = this.jobs.indexOf(job);
    if (at >= 0) this.jobs.splice(at, 1);
    this.#open.changed();
  }
}

export class AgentWork {
  readonly open = new OpenWork();
  readonly sources: JobList<SourceJob> = new JobList(this.open);
  readonly clips: JobList<ClipJob> = new JobList(this.open);
  readonly feeds: JobList<FeedJob> = new JobList(this.open);
}
