/**
 * Which message may be received when: pure tables which both sides share. What is not listed is refused with
 * `UNEXPECTED_MESSAGE`. Kinds that this version does not know are ignored everywhere but in the greeting.
 */
import type { MessageKind } from "./message.ts";

/** A side of the connection. */
export type Role = "box" | "server";

/** Of the connection: before and after Hello and Welcome. */
export type Phase = "greeting" | "open";

/**
 * Of one clip stream, the same words on both sides:
 * - `opening`: the box has asked, the server has not answered.
 * - `deciding`: the server has offered what it holds, the box has not answered.
 * - `sending`: accepted; chunks go.
 * - `ended`: box: the end has been sent, waiting for `clip_stored` or a resend. Server: all of it is there, being verified.
 */
export type StreamState = "opening" | "deciding" | "sending" | "ended";

const KINDS: Record<Role, Record<Phase, readonly MessageKind[]>> = {
  server: {
    greeting: ["hello"],
    open: [
      ...["ping", "pong", "goodbye", "error", "openClip", "videoData", "closeStream"] as const,
      ...["openSource", "frameOffer", "frameData", "framesDropped", "endSource"] as const,
      ...["openFeed", "eventData", "endFeed", "boxStatus", "unknown"] as const,
    ],
  },
  box: {
    greeting: ["welcome", "error"],
    open: [
      ...["ping", "pong", "goodbye", "error", "clipOffer", "clipAccepted", "ack", "resend"] as const,
      ...["sourceAccepted", "framesHeld", "frameAck", "sourceEnded"] as const,
      ...["feedAccepted", "eventAck", "feedEnded", "unknown"] as const,
    ],
  },
};

/** Whether `role` may receive a message of `kind` in `phase`. */
export function mayReceive(role: Role, phase: Phase, kind: MessageKind): boolean {
  return KINDS[role][phase].includes(kind);
}

const STREAM_KINDS: Record<Role, Record<StreamState, readonly MessageKind[]>> = {
  server: {
    opening: ["closeStream"],
    deciding: ["openClip", "closeStream"],
    sending: ["videoData", "closeStream"],
    // Chunks which were asked for twice, or an end sent again, may still be on their way; they are ignored.
    ended: ["videoData", "closeStream"],
  },
  box: {
    opening: ["clipOffer", "clipAccepted", "ack", "error"],
    deciding: ["error"],
    sending: ["ack", "resend", "error"],
    ended: ["ack", "resend", "error"],
  },
};

/** Whether `role` may receive a message of `kind` for a stream in `state`. */
export function mayReceiveOnStream(role: Role, state: StreamState, kind: MessageKind): boolean {
  return STREAM_KINDS[role][state].includes(kind);
}

/**
 * Of one stream of a source, the same words on both sides:
 * - `opening`: the box has asked, the server has not answered.
 * - `sending`: accepted; frames go.
 * - `ended`: the box has said that there are no more; the server stores and analyses what is left.
 */
export type SourceState = "opening" | "sending" | "ended";

const SOURCE_KINDS: Record<Role, Record<SourceState, readonly MessageKind[]>> = {
  server: {
    opening: ["closeStream"],
    sending: ["frameOffer", "frameData", "framesDropped", "endSource", "closeStream"],
    ended: ["closeStream"],
  },
  box: {
    opening: ["sourceAccepted", "error"],
    sending: ["framesHeld", "frameAck", "error"],
    ended: ["frameAck", "sourceEnded", "error"],
  },
};

/** Whether `role` may receive a message of `kind` for a source whose stream is in `state`. */
export function mayReceiveOnSource(role: Role, state: SourceState, kind: MessageKind): boolean {
  return SOURCE_KINDS[role][state].includes(kind);
}

const FEED_KINDS: Record<Role, Record<SourceState, readonly MessageKind[]>> = {
  server: {
    opening: ["closeStream"],
    sending: ["eventData", "endFeed", "closeStream"],
    ended: ["closeStream"],
  },
  box: {
    opening: ["feedAccepted", "error"],
    sending: ["eventAck", "error"],
    ended: ["eventAck", "feedEnded", "error"],
  },
};

/** Whether `role` may receive a message of `kind` for a feed whose stream is in `state`: the states of a source. */
export function mayReceiveOnFeed(role: Role, state: SourceState, kind: MessageKind): boolean {
  return FEED_KINDS[role][state].includes(kind);
}
