/** Framing a chunk: by the generic protobuf encoder, and by hand around the payload. */
import { create, toBinary } from "@bufbuild/protobuf";
import { EnvelopeSchema } from "../../gen/framewire/v1/framewire_pb.ts";
import { encodeFrame } from "../../lib/framing/frame_encoder.ts";
import { CHUNK_HEAD_BYTES, chunkChecksum, frameChunk } from "../../lib/protocol/chunk_frame.ts";
import { randomBytes } from "./random_bytes.ts";
import type { Group } from "./piece.ts";

const STREAM = 1;
const CHUNKS = 400;

/** Chunks of `chunkBytes`; both ways include the checksum, so that the rest is what differs. */
export function encoding(chunkBytes: number): Group {
  const buffer = randomBytes(CHUNK_HEAD_BYTES + chunkBytes);
  const payload = buffer.subarray(CHUNK_HEAD_BYTES);
  const eachChunk = (frame: (offset: number) => Uint8Array) => () => {
    let bytes = 0;
    for (let chunk = 0; chunk < CHUNKS; chunk++) bytes += frame(chunk * chunkBytes).length;
    return bytes;
  };
  const generic = (offset: number) => {
    const value = {
      videoChunk: payload,
      stream: STREAM,
      offset: BigInt(offset),
      crc32: chunkChecksum(1, offset, payload),
    };
    return encodeFrame(toBinary(EnvelopeSchema, create(EnvelopeSchema, { body: { case: "videoData", value } })));
  };
  const byHand = (offset: number) => frameChunk(buffer, chunkBytes, STREAM, offset);
  const checksumAlone = (offset: number) => {
    chunkChecksum(1, offset, payload);
    return payload;
  };
  return {
    title: `Framing chunks of ${chunkBytes / 1024} KiB`,
    unit: "bytes",
    variants: [
      { name: "generic encoder", run: eachChunk(generic) },
      { name: "by hand, payload last and in place", run: eachChunk(byHand) },
      { name: "the checksum in both, alone", run: eachChunk(checksumAlone) },
    ],
  };
}
