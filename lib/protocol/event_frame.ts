/**
 * An EventData as a frame of the wire. As in `chunk_frame.ts` the payload is not encoded by the generic encoder: the other
 * fields first, `batch` last, joined from the packs of which it consists.
 */
import { crc32 } from "node:zlib";
import { PREFIX_BYTES } from "../framing/frame_decoder.ts";
import { writePrefix } from "../framing/frame_encoder.ts";
import { varintBytes, writeVarint } from "./varint.ts";

const TAG_ENVELOPE_EVENT_DATA = (50 << 3) | 2;
const TAG_BATCH = (1 << 3) | 2;
const TAG_STREAM = (2 << 3) | 0;
const TAG_CRC32 = (3 << 3) | 5;
const CRC32_BYTES = 4;

const placeBytes = new Uint8Array(4);
const placeView = new DataView(placeBytes.buffer);

/** The whole frame, prefix included, the caller's own; `parts` are one after the other an EventBatch. */
export function frameEvents(stream: number, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const batchBytes = parts.reduce((sum, { length }) => sum + length, 0);
  const bodyBytes = 1 + varintBytes(stream) + 1 + CRC32_BYTES + 1 + varintBytes(batchBytes) + batchBytes;
  const envelopeBytes = varintBytes(TAG_ENVELOPE_EVENT_DATA) + varintBytes(bodyBytes) + bodyBytes;
  const frame = new Uint8Array(PREFIX_BYTES + envelopeBytes);
  writePrefix(frame, 0, envelopeBytes);
  let at = writeVarint(frame, PREFIX_BYTES, TAG_ENVELOPE_EVENT_DATA);
  at = writeVarint(frame, at, bodyBytes);
  frame[at++] = TAG_STREAM;
  at = writeVarint(frame, at, stream);
  frame[at++] = TAG_CRC32;
  placeView.setUint32(0, stream);
  let checksum = crc32(placeBytes);
  for (const part of parts) checksum = crc32(part, checksum);
  for (let shift = 0; shift < 32; shift += 8) frame[at++] = checksum >>> shift;
  frame[at++] = TAG_BATCH;
  at = writeVarint(frame, at, batchBytes);
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}
