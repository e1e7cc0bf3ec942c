import type { CrashKeeps } from "./memory_inode.ts";

/** A store whose power can go. */
export interface Cuttable {
  /** Calls `fn` at each call of its disk and its catalog, with their number from 1. */
  onEachCall(fn: (number: number) => void): void;
  crash(keeps: CrashKeeps): void;
}

/** Runs `job` with the power going at call `at`; whether it went. */
export async function cutAt(
  fixture: Cuttable,
  at: number,
  keeps: CrashKeeps,
  job: () => Promise<void>,
): Promise<boolean> {
  let gone = false;
  fixture.onEachCall((number) => {
    if (number < at || gone) return;
    gone = true;
    fixture.crash(keeps);
  });
  await job().catch((error) => {
    if (!gone) throw error;
  });
  if (!gone) fixture.onEachCall(() => {});
  return gone;
}
