/** Many small messages out of bytes, in pieces of every kind: the cost must not depend on how they are cut. */
import { FrameDecoder } from "../../lib/framing/frame_decoder.ts";
import { encodeFrame } from "../../lib/framing/frame_encoder.ts";
import { decodeMessage, encodeMessage } from "../../lib/protocol/codec.ts";
import type { Group } from "./piece.ts";
import { randomBytes } from "./random_bytes.ts";

const MESSAGES = 100_000;
const MESSAGE_BYTES = 40;
const LARGE_BYTES = 1024 * 1024;

/** Messages of 40 bytes, as they come in reads of several sizes. */
export function decodingSmall(): Group {
  const stream = repeated(encodeFrame(randomBytes(MESSAGE_BYTES)), MESSAGES);
  const envelopes = repeated(encodeMessage({ kind: "ping", nonce: 1234567n }), MESSAGES);
  return {
    title: `Decoding messages of ${MESSAGE_BYTES} bytes`,
    unit: "messages",
    variants: [
      { name: "frames, pieces of 64 KiB", run: () => decode(stream, 65536, () => {}) },
      { name: "frames, pieces of 1 KiB", run: () => decode(stream, 1024, () => {}) },
      { name: "frames, pieces of 7 bytes", run: () => decode(stream, 7, () => {}) },
      {
        name: "frames and their Envelope (Ping), pieces of 64 KiB",
        run: () => decode(envelopes, 65536, decodeMessage),
      },
    ],
  };
}

/** One message of 1 MiB: byte by byte must stay linear (a known decoder needs 95 s for an eighth of it). */
export function decodingLarge(): Group {
  const frame = encodeFrame(randomBytes(LARGE_BYTES));
  const run = (pieceBytes: number) => () => decode(frame, pieceBytes, () => {}) * frame.length;
  return {
    title: "Decoding one message of 1 MiB",
    unit: "bytes",
    variants: [
      { name: "pieces of 64 KiB", run: run(65536) },
      { name: "pieces of 1 KiB", run: run(1024) },
      { name: "byte by byte", run: run(1) },
    ],
  };
}

function decode(stream: Uint8Array, pieceBytes: number, take: (message: Uint8Array) => unknown): number {
  const decoder = new FrameDecoder(LARGE_BYTES);
  let messages = 0;
  for (let at = 0; at < stream.length;) {
    const room = decoder.room();
    const piece = stream.subarray(at, at + Math.min(pieceBytes, room.length));
    room.set(piece);
    decoder.filled(piece.length);
    at += piece.length;
    for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
      take(message);
      messages++;
    }
  }
  decoder.end();
  return messages;
}

function repeated(frame: Uint8Array, times: number): Uint8Array {
  const stream = new Uint8Array(frame.length * times);
  for (let index = 0; index < times; index++) stream.set(frame, index * frame.length);
  return stream;
}
