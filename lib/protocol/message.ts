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
  | Unknown;

export type MessageKind = Message["kind"];
