/** The messages between the server and the user's own analyser ⇄ bytes. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnalysisReplySchema, AnalysisRequestSchema } from "../../gen/framewire/v1/analysis_pb.ts";
import { FramewireError, messageOf } from "../errors.ts";
import { encodeFrame } from "../framing/frame_encoder.ts";
import { count, msToMicros } from "./field_values.ts";
import type { Frame } from "./frame.ts";

/** An analyser's answer. */
export interface AnalysisReply {
  readonly id: number;
  /** As it came: nothing of it is checked yet. */
  readonly json: string;
}

/** The request to look at `frame`: length prefix and message in one buffer, the caller's own. */
export function encodeAnalysisRequest(id: number, frame: Frame): Uint8Array<ArrayBuffer> {
  const { device, source, sourceKind, sequence, name, timeMs, jpeg } = frame;
  const request = create(AnalysisRequestSchema, {
    id: BigInt(id),
    device,
    source,
    kind: sourceKind,
    sequence: BigInt(sequence),
    name: name ?? "",
    timeUnixUs: msToMicros(timeMs),
    jpeg,
  });
  return encodeFrame(toBinary(AnalysisRequestSchema, request));
}

/** The answer in the bytes of a message. @throws {FramewireError} `MALFORMED` when they are none. */
export function decodeAnalysisReply(bytes: Uint8Array): AnalysisReply {
  try {
    const { id, json } = fromBinary(AnalysisReplySchema, bytes, { readUnknownFields: false });
    return { id: count("id", id), json };
  } catch (cause) {
    throw new FramewireError("MALFORMED", `Cannot decode an analyser's answer: ${messageOf(cause)}`, { cause });
  }
}
