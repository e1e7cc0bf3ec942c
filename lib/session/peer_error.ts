/** Errors over the wire: what the peer says, as an error of ours; and the other way round. */
import { FramewireError, isErrorCode } from "../errors.ts";
import type { ErrorMessage } from "../protocol/message.ts";

/** A peer that says later than this means tomorrow, or is wrong; and a timer cannot count for ever, ms. */
const RETRY_AFTER_MS_MAX = 3_600_000;

/** An error which the peer reported. A code of another version is kept in the text. */
export function errorFromPeer(message: ErrorMessage): FramewireError {
  const known = isErrorCode(message.code);
  const code = known ? message.code : message.retryable ? "SERVER_BUSY" : "UNEXPECTED_MESSAGE";
  const text = known ? message.text : `${message.code}: ${message.text}`;
  return new FramewireError(code, text, { retryAfterMs: Math.min(message.retryAfterMs, RETRY_AFTER_MS_MAX) });
}

/** The message which tells the peer of `error`; stream 0 is the whole connection. */
export function errorToPeer(error: FramewireError, stream: number): ErrorMessage {
  const { code, message, retryable, retryAfterMs } = error;
  return { kind: "error", code, text: message, retryable, retryAfterMs, stream };
}
