/** A source job as long as a part of the agent runs: added to what the connection sends, and taken away again. */
import type { SourceJob } from "../frames/source_job.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { AgentWork } from "./agent_work.ts";

/** How often it is looked whether pictures come, ms. */
const LOOK_MS = 1_000;
/** How long a source has to end cleanly, ms. */
const STOP_MS = 2_000;

/**
 * Runs it until it has ended, or `signal` aborts; calls `look` once a second. Resolves when nothing of it is left.
 *
 * @throws {FramewireError} what the job has failed with.
 */
export async function runSource(
  job: SourceJob,
  { work, clock, signal, look }: {
    readonly work: AgentWork;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly look: () => void;
  },
): Promise<void> {
  const over = new AbortController();
  job.settled.then(() => over.abort());
  const either = AbortSignal.any([signal, over.signal]);
  job.start();
  work.sources.add(job);
  try {
    while (!either.aborted) {
      await sleep(clock, LOOK_MS, either);
      look();
    }
    if (signal.aborted && !job.isEnded) {
      job.stop();
      await sleep(clock, STOP_MS, over.signal);
    }
  } finally {
    await job.giveUp();
    work.sources.delete(job);
  }
  if (job.error !== null) throw job.error;
}
