/** The messages of sources and their frames ⇄ the bodies of Envelopes. A frame is encoded by `picture_frame.ts`. */
import type { Envelope } from "../../gen/framewire/v1/framewire_pb.ts";
import {
  DropReason as WireReason,
  FramePolicy as WirePolicy,
  SourceKind as WireKind,
} from "../../gen/framewire/v1/framewire_pb.ts";
import { type Body, count, microsToMs, msToMicros } from "./field_values.ts";
import {
  DROP_REASONS,
  type EndSource,
  FRAME_POLICIES,
  type FrameAck,
  type FrameData,
  type FrameOffer,
  type FramesDropped,
  type FramesHeld,
  type Message,
  type OpenSource,
  SOURCE_KINDS,
  type SourceAccepted,
  type SourceEnded,
} from "./message.ts";

type SourceMessage =
  | OpenSource
  | SourceAccepted
  | FrameOffer
  | FramesHeld
  | FrameData
  | FramesDropped
  | FrameAck
  | EndSource
  | SourceEnded;

const KINDS = { visible: WireKind.VISIBLE, infrared: WireKind.INFRARED, other: WireKind.OTHER } as const;
const POLICIES = { latest: WirePolicy.LATEST, all: WirePolicy.ALL } as const;
const REASONS = {
  link: WireReason.LINK,
  offline: WireReason.OFFLINE,
  disk: WireReason.DISK,
  camera: WireReason.CAMERA,
} as const;

/** The word of a number on the wire; one that this version does not know is the last word. */
function wordOf<T extends string>(words: readonly T[], numbers: Readonly<Record<T, number>>, value: number): T {
  return words.find((word) => numbers[word] === value) ?? words.at(-1)!;
}

/** What {@linkcode fromSourceBody} reads, as the encoder takes it. */
export function toSourceBody(message: SourceMessage): Body {
  switch (message.kind) {
    case "openSource": {
      const { stream, source, named, run } = message;
      const kind = KINDS[message.sourceKind];
      return { case: "openSource", value: { stream, source, kind, policy: POLICIES[message.policy], named, run } };
    }
    case "sourceAccepted":
      return {
        case: "sourceAccepted",
        value: { ...message, stored: BigInt(message.stored), credit: BigInt(message.credit) },
      };
    case "frameOffer":
      return {
        case: "frameOffer",
        value: {
          stream: message.stream,
          frames: message.frames.map((frame) => ({ ...frame, sequence: BigInt(frame.sequence) })),
        },
      };
    case "framesHeld":
      return { case: "framesHeld", value: { stream: message.stream, sequences: message.sequences.map(BigInt) } };
    case "frameData":
      return {
        case: "frameData",
        value: {
          stream: message.stream,
          sequence: BigInt(message.sequence),
          capturedUnixUs: msToMicros(message.capturedMs),
          name: message.name ?? "",
          crc32: message.crc32,
          jpeg: message.jpeg as Uint8Array<ArrayBuffer>,
        },
      };
    case "framesDropped":
      return {
        case: "framesDropped",
        value: {
          stream: message.stream,
          firstSequence: BigInt(message.firstSequence),
          count: BigInt(message.count),
          reason: REASONS[message.reason],
          fromUnixUs: msToMicros(message.fromMs),
          toUnixUs: msToMicros(message.toMs),
        },
      };
    case "frameAck":
      return {
        case: "frameAck",
        value: {
          stream: message.stream,
          received: BigInt(message.received),
          stored: BigInt(message.stored),
          unrecorded: BigInt(message.unrecorded),
          credit: BigInt(message.credit),
          results: message.results.map(({ sequence, json }) => ({ sequence: BigInt(sequence), json })),
        },
      };
    case "endSource":
      return { case: "endSource", value: { stream: message.stream, sequence: BigInt(message.sequence) } };
    case "sourceEnded":
      return {
        case: "sourceEnded",
        value: {
          stream: message.stream,
          storedFrames: BigInt(message.storedFrames),
          analysedFrames: BigInt(message.analysedFrames),
        },
      };
  }
}

/** The message in a body; `unknown` for those of later versions. */
export function fromSourceBody(body: Envelope["body"]): Message {
  switch (body.case) {
    case "openSource": {
      const { stream, source, kind, policy, named, run } = body.value;
      return {
        kind: "openSource",
        stream,
        source,
        sourceKind: wordOf(SOURCE_KINDS, KINDS, kind),
        policy: wordOf(FRAME_POLICIES, POLICIES, policy),
        named,
        run,
      };
    }
    case "sourceAccepted": {
      const { stream, stored, credit, frameBytesMax, holdsNamed, commonResult } = body.value;
      return {
        kind: "sourceAccepted",
        stream,
        stored: count("stored", stored),
        credit: count("credit", credit),
        frameBytesMax,
        holdsNamed,
        commonResult,
      };
    }
    case "frameOffer":
      return {
        kind: "frameOffer",
        stream: body.value.stream,
        frames: body.value.frames.map(({ sequence, name, bytes, crc32 }) => ({
          sequence: count("sequence", sequence),
          name,
          bytes,
          crc32,
        })),
      };
    case "framesHeld": {
      const { stream, sequences } = body.value;
      return { kind: "framesHeld", stream, sequences: sequences.map((sequence) => count("sequences", sequence)) };
    }
    case "frameData": {
      const { stream, sequence, capturedUnixUs, name, crc32, jpeg } = body.value;
      return {
        kind: "frameData",
        stream,
        sequence: count("sequence", sequence),
        capturedMs: microsToMs(capturedUnixUs),
        name: name === "" ? null : name,
        crc32,
        jpeg,
      };
    }
    case "framesDropped": {
      const { stream, firstSequence, count: frames, reason, fromUnixUs, toUnixUs } = body.value;
      return {
        kind: "framesDropped",
        stream,
        firstSequence: count("first_sequence", firstSequence),
        count: count("count", frames),
        reason: wordOf(DROP_REASONS, REASONS, reason),
        fromMs: microsToMs(fromUnixUs),
        toMs: microsToMs(toUnixUs),
      };
    }
    case "frameAck": {
      const { stream, received, stored, unrecorded, credit, results } = body.value;
      return {
        kind: "frameAck",
        stream,
        received: count("received", received),
        stored: count("stored", stored),
        unrecorded: count("unrecorded", unrecorded),
        credit: count("credit", credit),
        results: results.map(({ sequence, json }) => ({ sequence: count("sequence", sequence), json })),
      };
    }
    case "endSource":
      return { kind: "endSource", stream: body.value.stream, sequence: count("sequence", body.value.sequence) };
    case "sourceEnded": {
      const { stream, storedFrames, analysedFrames } = body.value;
      return {
        kind: "sourceEnded",
        stream,
        storedFrames: count("stored_frames", storedFrames),
        analysedFrames: count("analysed_frames", analysedFrames),
      };
    }
    default:
      return { kind: "unknown" };
  }
}
