/** Errors over the wire: what the peer says, as an error of ours; and the other way round. */
import { FramewireError, isErrorCode } from "../errors.ts";
import type { ErrorMessage } from "../protocol/message.ts";

/** An error which the peer reported. A code of another version is kept in the text. */
export function errorFromPeer(message: ErrorMessage): FramewireError {
  const known = isErrorCode(message.code);
  const code = known ? message.code : message.retryable ? "SERVER_BUSY" : "UNEXPECTED_MESSAGE";
  const text = known ? message.text : `${message.code}: ${message.text}`;
  return new FramewireError(code as FramewireError["code"], text, { retryAfterMs: message.retryAfterMs });
}

/** The message which tells the peer of `error`; stream 0 is the whole connection. */
export function errorToPeer(error: FramewireError, stream: number): ErrorMessage {
  const { code, message, retryable, retryAfterMs } = error;
  return { kind: "error", code, text: message, retryable, retryAfterMs, stream };
}
