/**
 * What goes over the page's one WebSocket (`/ws`), server to page, one JSON object a message. Times are milliseconds
 * since 1970, bytes are integers. The page says nothing.
 */
import type { ClipView, DeviceView } from "./clip_library.ts";

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
  }
  /** Nothing new; the page takes silence of 15 seconds for a lost connection. Sent every 5 seconds. */
  | { readonly type: "alive"; readonly nowMs: number };
