/** How a connection ended, as one word to count and one error to act on; decided here and nowhere else. */
import { type ErrorCode, FramewireError, messageOf } from "../errors.ts";

/**
 * - `done`: both sides had nothing more to say.
 * - `lost`: the network or the other program went away without a word.
 * - `refused`: the other side said why it will not.
 * - `cut`: this side ended it, for the reason in the error.
 * - `stopped`: this program is stopping.
 */
export type CloseWord = "done" | "lost" | "refused" | "cut" | "stopped";

export interface CloseReason {
  readonly word: CloseWord;
  readonly error: FramewireError | null;
}

/** Codes with which the network, not a rule of ours, ends a connection. */
const LOST: readonly ErrorCode[] = [
  "CONNECTION_LOST",
  "TLS_FAILED",
  "TRUNCATED",
  "PEER_SILENT",
  "PEER_TOO_SLOW",
  "HANDSHAKE_TIMEOUT",
];

/** The reason for whatever was thrown while a connection was being served. */
export function closeReasonOf(thrown: unknown): CloseReason {
  if (thrown instanceof FramewireError) {
    if (thrown.code === "SHUTTING_DOWN") return { word: "stopped", error: thrown };
    return { word: LOST.includes(thrown.code) ? "lost" : "cut", error: thrown };
  }
  if (isNetworkError(thrown)) {
    const error = new FramewireError("CONNECTION_LOST", `Connection lost: ${messageOf(thrown)}`, { cause: thrown });
    return { word: "lost", error };
  }
  return { word: "cut", error: new FramewireError("INTERNAL", `Unexpected: ${messageOf(thrown)}`, { cause: thrown }) };
}

function isNetworkError(thrown: unknown): boolean {
  return [
    Deno.errors.ConnectionReset,
    Deno.errors.ConnectionAborted,
    Deno.errors.BrokenPipe,
    Deno.errors.NotConnected,
    Deno.errors.UnexpectedEof,
    Deno.errors.TimedOut,
    Deno.errors.Interrupted,
    Deno.errors.BadResource,
  ].some((kind) => thrown instanceof kind) || /os error (101|104|110|113|32)\b/.test(messageOf(thrown));
}
