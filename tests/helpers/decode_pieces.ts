import { FrameDecoder } from "../../lib/framing/frame_decoder.ts";

/**
 * Gives a decoder `pieces` as reads of a connection would, and calls `take` with each message: a view, valid during the
 * call. Says nothing about the end.
 */
export function feedPieces(
  decoder: FrameDecoder,
  pieces: Iterable<Uint8Array>,
  take: (message: Uint8Array) => void,
): void {
  for (const piece of pieces) {
    for (let done = 0; done < piece.length;) {
      const room = decoder.room();
      const count = Math.min(room.length, piece.length - done);
      room.set(piece.subarray(done, done + count));
      decoder.filled(count);
      done += count;
      for (let message = decoder.next(); message !== undefined; message = decoder.next()) take(message);
    }
  }
}

/** Copies of the messages in `pieces`, which must end between two. @throws {FramewireError} */
export function decodePieces(pieces: Iterable<Uint8Array>, messageBytesMax: number): Uint8Array[] {
  const decoder = new FrameDecoder(messageBytesMax);
  const messages: Uint8Array[] = [];
  feedPieces(decoder, pieces, (message) => messages.push(message.slice()));
  decoder.end();
  return messages;
}

/** One after the other. */
export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
