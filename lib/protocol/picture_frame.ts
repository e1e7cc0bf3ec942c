/**
 * A FrameData as a frame of the wire. As in `chunk_frame.ts` the payload is not encoded by the generic encoder: the other
 * fields first, `jpeg` last, so that head and picture are one piece of memory and one write.
 */
import { crc32 } from "node:zlib";
import { PREFIX_BYTES } from "../framing/frame_decoder.ts";
import { writePrefix } from "../framing/frame_encoder.ts";
import { msToMicros } from "./field_values.ts";
import type { FrameData } from "./message.ts";
import { varintBytes, writeVarint } from "./varint.ts";

/** What is said of a picture on its way; see {@linkcode FrameData}. */
export type PictureFacts = Pick<FrameData, "stream" | "sequence" | "capturedMs" | "name">;

const TAG_ENVELOPE_FRAME_DATA = (36 << 3) | 2;
const TAG_JPEG = (1 << 3) | 2;
const TAG_STREAM = (2 << 3) | 0;
const TAG_SEQUENCE = (3 << 3) | 0;
const TAG_CAPTURED = (4 << 3) | 0;
const TAG_NAME = (5 << 3) | 2;
const TAG_CRC32 = (6 << 3) | 5;
/** A negative int64, from before 1970, has all ten bytes. */
const CAPTURED_BYTES_MAX = 10;

const encoder = new TextEncoder();
const placeBytes = new Uint8Array(20);
const placeView = new DataView(placeBytes.buffer);

/** CRC-32 of the stream as 4, the sequence as 8 and the capture time as 8 big-endian bytes, the name and the picture. */
export function pictureChecksum({ stream, sequence, capturedMs, name }: PictureFacts, jpeg: Uint8Array): number {
  placeView.setUint32(0, stream);
  placeView.setBigUint64(4, BigInt(sequence));
  placeView.setBigInt64(12, msToMicros(capturedMs));
  const head = crc32(placeBytes);
  return crc32(jpeg, name === null ? head : crc32(encoder.encode(name), head));
}

/** Whether it is what was sent. */
export function isPictureIntact(frame: FrameData): boolean {
  return pictureChecksum(frame, frame.jpeg) === frame.crc32;
}

/**
 * The whole frame, prefix included: the one copy of the picture on its way out. It is a view of `room` where that is
 * large enough, else the caller's own.
 */
export function framePicture(
  facts: PictureFacts,
  jpeg: Uint8Array,
  room?: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const name = facts.name === null ? null : encoder.encode(facts.name);
  const checksum = pictureChecksum(facts, jpeg);
  const micros = BigInt.asUintN(64, msToMicros(facts.capturedMs));
  const headRoom = PREFIX_BYTES + 2 + 5 + 1 + 5 + 1 + 8 + 1 + CAPTURED_BYTES_MAX + 5 +
    (name === null ? 0 : 1 + varintBytes(name.length) + name.length) + 1 + varintBytes(jpeg.length);
  const fields = new Uint8Array(headRoom);
  let at = 0;
  fields[at++] = TAG_STREAM;
  at = writeVarint(fields, at, facts.stream);
  fields[at++] = TAG_SEQUENCE;
  at = writeVarint(fields, at, facts.sequence);
  fields[at++] = TAG_CAPTURED;
  at = writeBigVarint(fields, at, micros);
  if (name !== null) {
    fields[at++] = TAG_NAME;
    at = writeVarint(fields, at, name.length);
    fields.set(name, at);
    at += name.length;
  }
  fields[at++] = TAG_CRC32;
  fields[at++] = checksum;
  fields[at++] = checksum >>> 8;
  fields[at++] = checksum >>> 16;
  fields[at++] = checksum >>> 24;
  fields[at++] = TAG_JPEG;
  at = writeVarint(fields, at, jpeg.length);
  const bodyBytes = at + jpeg.length;
  const envelopeBytes = varintBytes(TAG_ENVELOPE_FRAME_DATA) + varintBytes(bodyBytes) + bodyBytes;
  const frameBytes = PREFIX_BYTES + envelopeBytes;
  const frame = room !== undefined && room.length >= frameBytes
    ? room.subarray(0, frameBytes)
    : new Uint8Array(frameBytes);
  writePrefix(frame, 0, envelopeBytes);
  let to = writeVarint(frame, PREFIX_BYTES, TAG_ENVELOPE_FRAME_DATA);
  to = writeVarint(frame, to, bodyBytes);
  frame.set(fields.subarray(0, at), to);
  frame.set(jpeg, to + at);
  return frame;
}

function writeBigVarint(into: Uint8Array, at: number, value: bigint): number {
  let rest = value;
  while (rest >= 128n) {
    into[at++] = Number(rest & 127n) | 128;
    rest >>= 7n;
  }
  into[at++] = Number(rest);
  return at;
}
