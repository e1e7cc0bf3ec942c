/** Errors of the files of a spool, as ours. */
import { type ErrorCode, FramewireError, messageOf } from "../errors.ts";

/** What went wrong while the box did `action`: `NO_SPACE` for a full disk, else `STORAGE_FAILED`; ours stay as they are. */
export function spoolError(action: string, cause: unknown): FramewireError {
  if (cause instanceof FramewireError) return cause;
  const code: ErrorCode = (cause as { code?: string } | null)?.code === "ENOSPC" ? "NO_SPACE" : "STORAGE_FAILED";
  return new FramewireError(code, `Cannot ${action} pictures in the spool: ${messageOf(cause)}`, { cause });
}
