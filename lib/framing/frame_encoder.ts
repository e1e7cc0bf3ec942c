/** Bytes of a message behind its length prefix, in one buffer: one write, whatever Nagle's algorithm thinks of two. */
import { PREFIX_BYTES } from "./frame_decoder.ts";

/** `message` behind its prefix; a copy. */
export function encodeFrame(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(PREFIX_BYTES + message.length);
  writePrefix(frame, 0, message.length);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

/** Writes the prefix of a message of `messageBytes` bytes into `into` at `at`. */
export function writePrefix(into: Uint8Array, at: number, messageBytes: number): void {
  into[at] = messageBytes >>> 24;
  into[at + 1] = messageBytes >>> 16;
  into[at + 2] = messageBytes >>> 8;
  into[at + 3] = messageBytes;
}
