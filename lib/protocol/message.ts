/** The messages of the wire as this program thinks of them: plain numbers, checked, one `kind` each. */
import type { ErrorCode } from "../errors.ts";

/** Version of the protocol that this program speaks. */
export const PROTOCOL_VERSION = 1;

export interface Hello {
  readonly kind: "hello";
  readonly protocolVersion: number;
  readonly device: string;
  readonly token: string;
  readonly software: string;
  readonly unixMs: number;
}

export interface UnfinishedClip {
  readonly clipId: string;
  readonly name: string;
  readonly bytes: number | null;
  readonly storedBytes: number;
}

export interface Welcome {
  readonly kind: "welcome";
  readonly protocolVersion: number;
  readonly software: string;
  readonly unixMs: number;
  readonly messageBytesMax: number;
  readonly chunkBytesMax: number;
  readonly windowBytes: number;
  readonly pingIntervalMs: number;
  readonly streamsMax: number;
  readonly httpUrl: string;
  readonly unfinished: readonly UnfinishedClip[];
}

export interface ErrorMessage {
  readonly kind: "error";
  readonly code: ErrorCode | string;
  readonly text: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number;
  /** 0: the whole connection. */
  readonly stream: number;
}

export interface Ping {
  readonly kind: "ping";
  readonly nonce: bigint;
}

export interface Pong {
  readonly kind: "pong";
  readonly nonce: bigint;
  readonly unixMs: number;
}

export interface Goodbye {
  readonly kind: "goodbye";
  readonly reason: string;
}

export interface OpenClip {
  readonly kind: "openClip";
  readonly stream: number;
  readonly name: string;
  /** Null while the box does not know. */
  readonly bytes: number | null;
  /** Hexadecimal; null when the box does not know. */
  readonly sha256: string | null;
  readonly modifiedMs: number | null;
  readonly resumeClipId: string | null;
  readonly fresh: boolean;
}

/** Bytes of a clip, `start` inclusive, `end` exclusive. */
export interface HeldRange {
  readonly start: number;
  readonly end: number;
  /** Hexadecimal; null unless in an offer. */
  readonly sha256: string | null;
}

export interface ClipOffer {
  readonly kind: "clipOffer";
  readonly stream: number;
  readonly wantSha256: boolean;
  /** Null when there is no unfinished clip to continue. */
  readonly clipId: string | null;
  readonly held: readonly HeldRange[];
}

export interface ClipAccepted {
  readonly kind: "clipAccepted";
  readonly stream: number;
  readonly clipId: string;
  readonly held: readonly HeldRange[];
  readonly storedName: string;
}

export interface VideoData {
  readonly kind: "videoData";
  readonly stream: number;
  readonly offset: number;
  readonly crc32: number;
  /** A view into the message it came in: valid while the message is being handled. */
  readonly chunk: Uint8Array;
  readonly isEnd: boolean;
  /** Hexadecimal; null unless `isEnd`. */
  readonly sha256: string | null;
}

export interface ClipStored {
  readonly clipId: string;
  readonly storedName: string;
  readonly alreadyThere: boolean;
  readonly url: string;
}

export interface Ack {
  readonly kind: "ack";
  readonly stream: number;
  /** Payload bytes which arrived, in the order they were sent on this connection. */
  readonly received: number;
  /** Payload bytes which are durable. */
  readonly stored: number;
  readonly clipStored: ClipStored | null;
}

export interface Resend {
  readonly kind: "resend";
  readonly stream: number;
  readonly offset: number;
  readonly bytes: number;
}

export interface CloseStream {
  readonly kind: "closeStream";
  readonly stream: number;
  readonly discard: boolean;
  readonly reason: string;
}

/** What a camera sees. */
export const SOURCE_KINDS = ["visible", "infrared", "other"] as const;
export type SourceKind = typeof SOURCE_KINDS[number];

/** What the box does when the link is too slow for a source: drop, count and never lag; or wait and lose nothing. */
export const FRAME_POLICIES = ["latest", "all"] as const;
export type FramePolicy = typeof FRAME_POLICIES[number];

/**
 * Why there is no frame: the link (or the server) was too slow, there was no connection, the camera gave none, or the
 * server's disk was full.
 */
export const DROP_REASONS = ["link", "offline", "disk", "camera"] as const;
export type DropReason = typeof DROP_REASONS[number];

export interface OpenSource {
  readonly kind: "openSource";
  readonly stream: number;
  readonly source: string;
  readonly sourceKind: SourceKind;
  readonly policy: FramePolicy;
  /** Its pictures have names, under which they are kept as files. */
  readonly named: boolean;
  /** New whenever the box's numbering starts anew. */
  readonly run: string;
}

export interface SourceAccepted {
  readonly kind: "sourceAccepted";
  readonly stream: number;
  /** Highest sequence number of this run which is durable; 0 for none. */
  readonly stored: number;
  /** Frames which may be sent, counted from the opening of the stream. */
  readonly credit: number;
  readonly frameBytesMax: number;
  readonly holdsNamed: boolean;
  /** JSON of the result which every frame of the stream has, so that no ack tells it; empty: acks tell each. */
  readonly commonResult: string;
}

export interface OfferedFrame {
  readonly sequence: number;
  readonly name: string;
  readonly bytes: number;
  /** Of the picture alone. */
  readonly crc32: number;
}

export interface FrameOffer {
  readonly kind: "frameOffer";
  readonly stream: number;
  readonly frames: readonly OfferedFrame[];
}

export interface FramesHeld {
  readonly kind: "framesHeld";
  readonly stream: number;
  readonly sequences: readonly number[];
}

export interface FrameData {
  readonly kind: "frameData";
  readonly stream: number;
  readonly sequence: number;
  /** By the clock of the box, milliseconds since 1970 with microseconds behind the point. */
  readonly capturedMs: number;
  /** Null when it had none. */
  readonly name: string | null;
  readonly crc32: number;
  /** A view into the message it came in: valid while the message is being handled. */
  readonly jpeg: Uint8Array;
}

export interface FramesDropped {
  readonly kind: "framesDropped";
  readonly stream: number;
  readonly firstSequence: number;
  /** 0 when nobody knows how many there would have been. */
  readonly count: number;
  readonly reason: DropReason;
  /** By the clock of the box, as `capturedMs`. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface FrameResult {
  readonly sequence: number;
  /** A JSON object. */
  readonly json: string;
}

export interface FrameAck {
  readonly kind: "frameAck";
  readonly stream: number;
  /** Highest sequence number received. */
  readonly received: number;
  /** Frames up to this one are durable. */
  readonly stored: number;
  /** Frames above `stored` up to this one will not be recorded, and never be stored. */
  readonly unrecorded: number;
  /** Frames which may be sent in all, counted from the opening of the stream. */
  readonly credit: number;
  readonly results: readonly FrameResult[];
}

export interface EndSource {
  readonly kind: "endSource";
  readonly stream: number;
  /** The last one; 0 when there were none. */
  readonly sequence: number;
}

export interface SourceEnded {
  readonly kind: "sourceEnded";
  readonly stream: number;
  readonly storedFrames: number;
  readonly analysedFrames: number;
}

export interface OpenFeed {
  readonly kind: "openFeed";
  readonly stream: number;
  readonly feed: string;
  /** New whenever the box's numbering starts anew. */
  readonly run: string;
  /** Nothing below will be sent. */
  readonly floor: number;
  /** It carries the backlog. */
  readonly late: boolean;
}

/** Sequence numbers, both included. */
export interface SequenceRange {
  readonly first: number;
  readonly last: number;
}

export interface FeedAccepted {
  readonly kind: "feedAccepted";
  readonly stream: number;
  readonly held: readonly SequenceRange[];
  readonly windowEvents: number;
  readonly windowBytes: number;
}

export interface EventData {
  readonly kind: "eventData";
  readonly stream: number;
  readonly crc32: number;
  /** An EventBatch, encoded: see `event_batch.ts`. A view: valid while the message is being handled. */
  readonly batch: Uint8Array;
}

export interface EventAck {
  readonly kind: "eventAck";
  readonly stream: number;
  readonly received: number;
  readonly stored: number;
}

export interface EndFeed {
  readonly kind: "endFeed";
  readonly stream: number;
  readonly sequence: number;
}

export interface FeedEnded {
  readonly kind: "feedEnded";
  readonly stream: number;
  readonly storedEvents: number;
}

export interface BoxStatus {
  readonly kind: "boxStatus";
  readonly spooledEvents: number;
  readonly spooledBytes: number;
  /** By the clock of the box; null when nothing waits. */
  readonly oldestMs: number | null;
  readonly droppedEvents: number;
  /** Pictures of policy `all` and files of watched folders which are not stored on the server yet. */
  readonly spooledFrames: number;
  readonly spooledFrameBytes: number;
  readonly spooledClips: number;
  readonly spooledClipBytes: number;
  readonly droppedFrames: number;
  /** Null when the box does not know. */
  readonly diskFreeBytes: number | null;
  readonly diskBytes: number | null;
  readonly troubles: readonly string[];
}

/** A kind that this version does not know; ignored. */
export interface Unknown {
  readonly kind: "unknown";
}

export type Message =
  | Hello
  | Welcome
  | ErrorMessage
  | Ping
  | Pong
  | Goodbye
  | OpenClip
  | ClipOffer
  | ClipAccepted
  | VideoData
  | Ack
  | Resend
  | CloseStream
  | OpenSource
  | SourceAccepted
  | FrameOffer
  | FramesHeld
  | FrameData
  | FramesDropped
  | FrameAck
  | EndSource
  | SourceEnded
  | OpenFeed
  | FeedAccepted
  | EventData
  | EventAck
  | EndFeed
  | FeedEnded
  | BoxStatus
  | Unknown;

export type MessageKind = Message["kind"];
