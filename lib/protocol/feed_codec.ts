/** The messages of feeds ⇄ the bodies of Envelopes. What is in a batch of events is the affair of `event_batch.ts`. */
import type { Envelope } from "../../gen/framewire/v1/framewire_pb.ts";
import { FramewireError } from "../errors.ts";
import { type Body, count, microsToMs, msToMicros, optional } from "./field_values.ts";
import type {
  BoxStatus,
  EndFeed,
  EventAck,
  EventData,
  FeedAccepted,
  FeedEnded,
  Message,
  OpenFeed,
  SequenceRange,
} from "./message.ts";

type FeedMessage = OpenFeed | FeedAccepted | EventData | EventAck | EndFeed | FeedEnded | BoxStatus;

const KINDS: Record<FeedMessage["kind"], true> = {
  openFeed: true,
  feedAccepted: true,
  eventData: true,
  eventAck: true,
  endFeed: true,
  feedEnded: true,
  boxStatus: true,
};

/** Whether {@linkcode toFeedBody} encodes it. */
export function isFeedMessage(message: Message): message is FeedMessage {
  return Object.hasOwn(KINDS, message.kind);
}

/** What {@linkcode fromFeedBody} reads, as the encoder takes it. */
export function toFeedBody(message: FeedMessage): Body {
  switch (message.kind) {
    case "openFeed":
      return { case: "openFeed", value: { ...message, floor: BigInt(message.floor) } };
    case "feedAccepted":
      return {
        case: "feedAccepted",
        value: {
          ...message,
          held: message.held.map(({ first, last }) => ({ first: BigInt(first), last: BigInt(last) })),
        },
      };
    case "eventData":
      return { case: "eventData", value: { ...message, batch: message.batch as Uint8Array<ArrayBuffer> } };
    case "eventAck":
      return {
        case: "eventAck",
        value: { stream: message.stream, received: BigInt(message.received), stored: BigInt(message.stored) },
      };
    case "endFeed":
      return { case: "endFeed", value: { stream: message.stream, sequence: BigInt(message.sequence) } };
    case "feedEnded":
      return { case: "feedEnded", value: { stream: message.stream, storedEvents: BigInt(message.storedEvents) } };
    case "boxStatus":
      return {
        case: "boxStatus",
        value: {
          spooledEvents: BigInt(message.spooledEvents),
          spooledBytes: BigInt(message.spooledBytes),
          droppedEvents: BigInt(message.droppedEvents),
          spooledFrames: BigInt(message.spooledFrames),
          spooledFrameBytes: BigInt(message.spooledFrameBytes),
          spooledClips: BigInt(message.spooledClips),
          spooledClipBytes: BigInt(message.spooledClipBytes),
          droppedFrames: BigInt(message.droppedFrames),
          troubles: [...message.troubles],
          ...(message.oldestMs === null ? {} : { oldestUnixUs: msToMicros(message.oldestMs) }),
          ...optional("diskFreeBytes", message.diskFreeBytes),
          ...optional("diskBytes", message.diskBytes),
        },
      };
  }
}

/** The message in a body; `unknown` for those of later versions. */
export function fromFeedBody(body: Envelope["body"]): Message {
  switch (body.case) {
    case "openFeed": {
      const { stream, feed, run, floor, late } = body.value;
      return { kind: "openFeed", stream, feed, run, floor: count("floor", floor), late };
    }
    case "feedAccepted": {
      const { stream, held, windowEvents, windowBytes } = body.value;
      return { kind: "feedAccepted", stream, held: held.map(fromSequenceRange), windowEvents, windowBytes };
    }
    case "eventData":
      return { kind: "eventData", stream: body.value.stream, crc32: body.value.crc32, batch: body.value.batch };
    case "eventAck": {
      const { stream, received, stored } = body.value;
      return { kind: "eventAck", stream, received: count("received", received), stored: count("stored", stored) };
    }
    case "endFeed":
      return { kind: "endFeed", stream: body.value.stream, sequence: count("sequence", body.value.sequence) };
    case "feedEnded": {
      const { stream, storedEvents } = body.value;
      return { kind: "feedEnded", stream, storedEvents: count("stored_events", storedEvents) };
    }
    case "boxStatus": {
      const { spooledEvents, spooledBytes, oldestUnixUs, droppedEvents, diskFreeBytes, diskBytes, troubles } =
        body.value;
      const { spooledFrames, spooledFrameBytes, spooledClips, spooledClipBytes, droppedFrames } = body.value;
      return {
        kind: "boxStatus",
        spooledEvents: count("spooled_events", spooledEvents),
        spooledBytes: count("spooled_bytes", spooledBytes),
        oldestMs: oldestUnixUs === undefined ? null : microsToMs(oldestUnixUs),
        droppedEvents: count("dropped_events", droppedEvents),
        spooledFrames: count("spooled_frames", spooledFrames),
        spooledFrameBytes: count("spooled_frame_bytes", spooledFrameBytes),
        spooledClips: count("spooled_clips", spooledClips),
        spooledClipBytes: count("spooled_clip_bytes", spooledClipBytes),
        droppedFrames: count("dropped_frames", droppedFrames),
        diskFreeBytes: diskFreeBytes === undefined ? null : Number(diskFreeBytes),
        diskBytes: diskBytes === undefined ? null : Number(diskBytes),
        troubles,
      };
    }
    default:
      return { kind: "unknown" };
  }
}

function fromSequenceRange(range: { first: bigint; last: bigint }): SequenceRange {
  const [first, last] = [count("first", range.first), count("last", range.last)];
  if (first >= 1 && last >= first) return { first, last };
  throw new FramewireError(
    "MALFORMED",
    `Cannot take range as last must be >= first >= 1: received ${first} to ${last}`,
  );
}
