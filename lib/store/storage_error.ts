/** Errors of the disk and the catalog, as ours. */
import { type ErrorCode, FramewireError, messageOf } from "../errors.ts";

/** How long a sender waits before it tries a full disk again, ms. */
export const NO_SPACE_RETRY_MS = 30_000;

/** What went wrong while the server did `action`: `NO_SPACE` for a full disk, else `STORAGE_FAILED`. */
export function storageError(action: string, cause: unknown): FramewireError {
  const isFull = (cause as { code?: string } | null)?.code === "ENOSPC" ||
    (cause instanceof FramewireError && cause.code === "NO_SPACE");
  const code: ErrorCode = isFull ? "NO_SPACE" : "STORAGE_FAILED";
  const text = `Cannot ${action} on the server's disk: ${messageOf(cause)}`;
  return new FramewireError(code, text, { cause, ...(isFull ? { retryAfterMs: NO_SPACE_RETRY_MS } : {}) });
}
