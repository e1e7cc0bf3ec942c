/**
 * What goes over the page's one WebSocket (`/ws`), server to page, one JSON object a message. Times are milliseconds
 * since 1970, bytes are integers. Pictures are binary messages: the length of a header (u32, big-endian), the header
 * ({@linkcode PictureHeader} as JSON in UTF-8), the JPEG.
 */
import type { AnalysisResult } from "../protocol/frame.ts";
import type { ClipView, DeviceView } from "./clip_library.ts";
import type { AlertView, EventView, FeedView } from "./event_library.ts";
import type { SourceView } from "./frame_library.ts";

/** What the page says: the sources whose pictures it wants from now on, all of them; none while it is hidden. */
export interface WatchMessage {
  readonly type: "watch";
  readonly sources: readonly {
    /** `SourceView.id`. */
    readonly id: number;
    /** No more pictures a second than this; null for all. */
    readonly fpsMax: number | null;
  }[];
}

/** In front of each picture. */
export interface PictureHeader {
  /** `SourceView.id`. */
  readonly source: number;
  readonly run: string;
  readonly sequence: number;
  readonly capturedMs: number;
  /** `capturedMs` by the clock of the server. */
  readonly timeMs: number;
  readonly receivedMs: number;
  /** When the server sent it to this page. */
  readonly sentMs: number;
  /** Pictures which this page missed since the last one, because it was too slow. */
  readonly missed: number;
}

export type PageMessage =
  /** First message, and again whenever updates had to be skipped: forget everything, this is what there is. */
  | {
    readonly type: "snapshot";
    /** New at each start of the server: the page loads itself anew when it changes together with `pageHash`. */
    readonly serverId: string;
    /** Hash of the page's assets: another one means that the page itself is old. */
    readonly pageHash: string;
    readonly software: string;
    readonly nowMs: number;
    readonly freeBytes: number | null;
    readonly clips: readonly ClipView[];
    /** There are older clips than these; `/api/clips?before=` has them. */
    readonly more: boolean;
    readonly devices: readonly DeviceView[];
    /** All sources ever seen. */
    readonly sources: readonly SourceView[];
    /** All feeds ever seen. */
    readonly feeds: readonly FeedView[];
    /** Those which hold, and the last which have held; newest first. */
    readonly alerts: readonly AlertView[];
  }
  /** What has changed since the last message; at most a few a second. */
  | {
    readonly type: "update";
    readonly nowMs: number;
    readonly freeBytes: number | null;
    readonly clips: readonly ClipView[];
    readonly removed: readonly string[];
    /** All devices, if any has changed. */
    readonly devices?: readonly DeviceView[];
    /** Sources which have changed, with all of their figures; at most four times a second. */
    readonly sources?: readonly SourceView[];
    /** Sources which are gone: nothing is recorded of them any more, and nobody sends them. */
    readonly removedSources?: readonly number[];
    /** Feeds which have changed. */
    readonly feeds?: readonly FeedView[];
    /** Alerts which are new, or have ended. */
    readonly alerts?: readonly AlertView[];
  }
  /** Events which are stored since the last such message, oldest first: the newest of each feed. `/api/events` has all. */
  | {
    readonly type: "events";
    readonly events: readonly EventView[];
    /** Feeds of which there are more new events than are told here: late ones, or too many at once. */
    readonly skipped: readonly {
      /** `FeedView.id`. */
      readonly feed: number;
      readonly events: number;
    }[];
  }
  /** The result of a picture of a source that this page watches; only that of the newest, when it is behind. */
  | {
    readonly type: "result";
    readonly source: number;
    readonly run: string;
    readonly sequence: number;
    readonly result: AnalysisResult;
  }
  /** Nothing new; the page takes silence of 15 seconds for a lost connection. Sent every 5 seconds. */
  | { readonly type: "alive"; readonly nowMs: number };
