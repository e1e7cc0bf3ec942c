/**
 * A chunk of a clip as a frame, around a payload which is already in its buffer and stays there.
 *
 * The generic encoder copies a nested `bytes` field two or three times (0.6 GB/s for 256 KiB chunks, 3.7 GB/s this way).
 * The wire is plain protobuf all the same: all other fields of VideoData first, `video_chunk` last, so that its bytes
 * end the message. The payload sits behind {@linkcode CHUNK_HEAD_BYTES} of room, into which the head is written
 * right-aligned: head and payload are one piece of memory and one write.
 */
import { crc32 } from "node:zlib";
import { PREFIX_BYTES } from "../framing/frame_decoder.ts";
import { writePrefix } from "../framing/frame_encoder.ts";
import type { VideoData } from "./message.ts";
import { varintBytes, writeVarint } from "./varint.ts";

/** Room in front of the payload: prefix 4, Envelope tag 2 + length 4, stream 6, offset 9, checksum 5, chunk tag 1 + length 4. */
export const CHUNK_HEAD_BYTES = 40;

/** Field number and wire type as protobuf writes them (https://protobuf.dev/programming-guides/encoding/). */
const TAG_ENVELOPE_VIDEO_DATA = (19 << 3) | 2;
const TAG_CHUNK = (1 << 3) | 2;
const TAG_STREAM = (3 << 3) | 0;
const TAG_OFFSET = (4 << 3) | 0;
const TAG_CRC32 = (5 << 3) | 5;

const placeBytes = new Uint8Array(12);
const placeView = new DataView(placeBytes.buffer);

/**
 * CRC-32 of the stream as 4 and the offset as 8 big-endian bytes, the chunk, and the hash of an end (hexadecimal): a
 * chunk at the wrong place is a damaged one, and so is an end of another size or hash.
 */
export function chunkChecksum(stream: number, offset: number, chunk: Uint8Array, sha256: string | null = null): number {
  placeView.setUint32(0, stream);
  placeView.setBigUint64(4, BigInt(offset));
  const checksum = crc32(chunk, crc32(placeBytes));
  return sha256 === null ? checksum : crc32(Uint8Array.fromHex(sha256), checksum);
}

/** Whether it is what was sent. A hash without `isEnd` is an end whose `isEnd` was lost. */
export function isIntact({ stream, offset, chunk, crc32, isEnd, sha256 }: VideoData): boolean {
  return (isEnd || sha256 === null) && chunkChecksum(stream, offset, chunk, sha256) === crc32;
}

/** The end of a clip of `bytes` bytes with this SHA-256 (hexadecimal), without a chunk. */
export function endOfClip(stream: number, bytes: number, sha256: string): VideoData {
  const chunk = new Uint8Array(0);
  const checksum = chunkChecksum(stream, bytes, chunk, sha256);
  return { kind: "videoData", stream, offset: bytes, crc32: checksum, chunk, isEnd: true, sha256 };
}

/**
 * Writes the head of a chunk into `buffer` in front of the payload, which lies at `CHUNK_HEAD_BYTES` and is
 * `chunkBytes` long, and returns the whole frame: a view into `buffer`.
 */
export function frameChunk(buffer: Uint8Array, chunkBytes: number, stream: number, offset: number): Uint8Array {
  const payload = buffer.subarray(CHUNK_HEAD_BYTES, CHUNK_HEAD_BYTES + chunkBytes);
  const checksum = chunkChecksum(stream, offset, payload);
  const fieldsBytes = 1 + varintBytes(stream) + 1 + varintBytes(offset) + 5 + 1 + varintBytes(chunkBytes);
  const videoDataBytes = fieldsBytes + chunkBytes;
  const envelopeBytes = varintBytes(TAG_ENVELOPE_VIDEO_DATA) + varintBytes(videoDataBytes) + videoDataBytes;
  const start = CHUNK_HEAD_BYTES + chunkBytes - envelopeBytes - PREFIX_BYTES;
  writePrefix(buffer, start, envelopeBytes);
  let at = writeVarint(buffer, start + PREFIX_BYTES, TAG_ENVELOPE_VIDEO_DATA);
  at = writeVarint(buffer, at, videoDataBytes);
  buffer[at++] = TAG_STREAM;
  at = writeVarint(buffer, at, stream);
  buffer[at++] = TAG_OFFSET;
  at = writeVarint(buffer, at, offset);
  buffer[at++] = TAG_CRC32;
  buffer[at++] = checksum;
  buffer[at++] = checksum >>> 8;
  buffer[at++] = checksum >>> 16;
  buffer[at++] = checksum >>> 24;
  buffer[at++] = TAG_CHUNK;
  writeVarint(buffer, at, chunkBytes);
  return buffer.subarray(start, CHUNK_HEAD_BYTES + chunkBytes);
}
