/**
 * Messages ⇄ the bytes of an Envelope, through the generated code. Numbers which a peer chose are checked here, so that
 * behind this file every count is a safe integer and every hash has 32 bytes.
 *
 * The payload of a chunk is not encoded here: see `chunk_frame.ts`.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Envelope, EnvelopeSchema } from "../../gen/framewire/v1/framewire_pb.ts";
import { FramewireError, messageOf } from "../errors.ts";
import { encodeFrame } from "../framing/frame_encoder.ts";
import type { Message } from "./message.ts";
import { type Body, count, hashBytes, hashText, optional, wallMs } from "./field_values.ts";
import { fromFeedBody, isFeedMessage, toFeedBody } from "./feed_codec.ts";
import { fromSourceBody, toSourceBody } from "./source_codec.ts";

/** A message as a frame: length prefix and Envelope in one buffer, the caller's own. */
export function encodeMessage(message: Message): Uint8Array<ArrayBuffer> {
  return encodeFrame(toBinary(EnvelopeSchema, create(EnvelopeSchema, { body: toBody(message) })));
}

/**
 * The message in the bytes of one Envelope; a chunk in it is a view into `bytes`.
 *
 * @throws {FramewireError} `MALFORMED` when the bytes are no Envelope or a field is out of its range.
 */
export function decodeMessage(bytes: Uint8Array): Message {
  let envelope: Envelope;
  try {
    envelope = fromBinary(EnvelopeSchema, bytes, { readUnknownFields: false });
  } catch (cause) {
    throw new FramewireError("MALFORMED", `Cannot decode message of ${bytes.length} bytes: ${messageOf(cause)}`, {
      cause,
    });
  }
  return fromBody(envelope.body);
}

function toBody(message: Message): Body {
  switch (message.kind) {
    case "hello":
      return { case: "hello", value: { ...message, unixMs: BigInt(message.unixMs) } };
    case "welcome":
      return {
        case: "welcome",
        value: {
          ...message,
          unixMs: BigInt(message.unixMs),
          windowBytes: BigInt(message.windowBytes),
          unfinished: message.unfinished.map((clip) => ({
            clipId: clip.clipId,
            name: clip.name,
            storedBytes: BigInt(clip.storedBytes),
            ...optional("size", clip.bytes),
          })),
        },
      };
    case "error":
      return { case: "error", value: { ...message, message: message.text } };
    case "ping":
      return { case: "ping", value: { nonce: message.nonce } };
    case "pong":
      return { case: "pong", value: { nonce: message.nonce, unixMs: BigInt(message.unixMs) } };
    case "goodbye":
      return { case: "goodbye", value: { reason: message.reason } };
    case "openClip":
      return {
        case: "openClip",
        value: {
          stream: message.stream,
          name: message.name,
          sha256: hashBytes(message.sha256),
          resumeClipId: message.resumeClipId ?? "",
          fresh: message.fresh,
          ...optional("size", message.bytes),
          ...optional("modifiedUnixMs", message.modifiedMs),
        },
      };
    case "clipOffer":
      return {
        case: "clipOffer",
        value: { ...message, clipId: message.clipId ?? "", held: message.held.map(toRange) },
      };
    case "clipAccepted":
      return { case: "clipAccepted", value: { ...message, held: message.held.map(toRange) } };
    case "videoData":
      return {
        case: "videoData",
        value: {
          stream: message.stream,
          offset: BigInt(message.offset),
          crc32: message.crc32,
          videoChunk: message.chunk as Uint8Array<ArrayBuffer>,
          isEnd: message.isEnd,
          sha256: hashBytes(message.sha256),
        },
      };
    case "ack":
      return {
        case: "ack",
        value: {
          stream: message.stream,
          received: BigInt(message.received),
          stored: BigInt(message.stored),
          ...(message.clipStored === null ? {} : { clipStored: message.clipStored }),
        },
      };
    case "resend":
      return {
        case: "resend",
        value: { stream: message.stream, offset: BigInt(message.offset), length: BigInt(message.bytes) },
      };
    case "closeStream":
      return { case: "closeStream", value: message };
    case "unknown":
      throw new TypeError("Cannot encode a message of unknown kind");
    default:
      return isFeedMessage(message) ? toFeedBody(message) : toSourceBody(message);
  }
}

function fromBody(body: Envelope["body"]): Message {
  switch (body.case) {
    case "hello": {
      const { protocolVersion, device, token, software, unixMs } = body.value;
      return { kind: "hello", protocolVersion, device, token, software, unixMs: wallMs(unixMs) ?? 0 };
    }
    case "welcome":
      return fromWelcome(body.value);
    case "error": {
      const { code, message, retryable, retryAfterMs, stream } = body.value;
      return { kind: "error", code, text: message, retryable, retryAfterMs, stream };
    }
    case "ping":
      return { kind: "ping", nonce: body.value.nonce };
    case "pong":
      return { kind: "pong", nonce: body.value.nonce, unixMs: wallMs(body.value.unixMs) ?? 0 };
    case "goodbye":
      return { kind: "goodbye", reason: body.value.reason };
    case "openClip": {
      const { stream, name, size, sha256, modifiedUnixMs, resumeClipId, fresh } = body.value;
      return {
        kind: "openClip",
        stream,
        name,
        bytes: size === undefined ? null : count("size", size),
        sha256: hashText(sha256),
        modifiedMs: modifiedUnixMs === undefined ? null : wallMs(modifiedUnixMs),
        resumeClipId: resumeClipId === "" ? null : resumeClipId,
        fresh,
      };
    }
    case "clipOffer": {
      const { stream, wantSha256, clipId, held } = body.value;
      return {
        kind: "clipOffer",
        stream,
        wantSha256,
        clipId: clipId === "" ? null : clipId,
        held: held.map(fromRange),
      };
    }
    case "clipAccepted": {
      const { stream, clipId, held, storedName } = body.value;
      return { kind: "clipAccepted", stream, clipId, held: held.map(fromRange), storedName };
    }
    case "videoData": {
      const { stream, offset, crc32, videoChunk, isEnd, sha256 } = body.value;
      return {
        kind: "videoData",
        stream,
        offset: count("offset", offset),
        crc32,
        chunk: videoChunk,
        isEnd,
        sha256: hashText(sha256),
      };
    }
    case "ack": {
      const { stream, received, stored, clipStored } = body.value;
      return {
        kind: "ack",
        stream,
        received: count("received", received),
        stored: count("stored", stored),
        clipStored: clipStored === undefined ? null : {
          clipId: clipStored.clipId,
          storedName: clipStored.storedName,
          alreadyThere: clipStored.alreadyThere,
          url: clipStored.url,
        },
      };
    }
    case "resend": {
      const { stream, offset, length } = body.value;
      return { kind: "resend", stream, offset: count("offset", offset), bytes: count("length", length) };
    }
    case "closeStream": {
      const { stream, discard, reason } = body.value;
      return { kind: "closeStream", stream, discard, reason };
    }
    default:
      return fromOther(body);
  }
}

function fromOther(body: Envelope["body"]): Message {
  const message = fromSourceBody(body);
  return message.kind === "unknown" ? fromFeedBody(body) : message;
}

type WelcomeValue = Extract<Envelope["body"], { case: "welcome" }>["value"];

function fromWelcome(value: WelcomeValue): Message {
  return {
    kind: "welcome",
    protocolVersion: value.protocolVersion,
    software: value.software,
    unixMs: wallMs(value.unixMs) ?? 0,
    messageBytesMax: value.messageBytesMax,
    chunkBytesMax: value.chunkBytesMax,
    windowBytes: count("window_bytes", value.windowBytes),
    pingIntervalMs: value.pingIntervalMs,
    streamsMax: value.streamsMax,
    httpUrl: value.httpUrl,
    unfinished: value.unfinished.map((clip) => ({
      clipId: clip.clipId,
      name: clip.name,
      bytes: clip.size === undefined ? null : count("size", clip.size),
      storedBytes: count("stored_bytes", clip.storedBytes),
    })),
  };
}

function toRange(range: { start: number; end: number; sha256: string | null }) {
  return { start: BigInt(range.start), end: BigInt(range.end), sha256: hashBytes(range.sha256) };
}

function fromRange(range: { start: bigint; end: bigint; sha256: Uint8Array }) {
  const start = count("start", range.start);
  const end = count("end", range.end);
  if (end <= start) {
    throw new FramewireError("MALFORMED", `Cannot take range as end must be > start ${start}: received ${end}`);
  }
  return { start, end, sha256: hashText(range.sha256) };
}
