/**
 * What the viewer knows of clips: the seam between the HTTP routes and the store. The store implements it; tests of
 * the viewer bring their own.
 */

/** Bytes `start` (inclusive) to `end` (exclusive). */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * - `arriving`: a box is connected and sends it.
 * - `interrupted`: not whole, nobody sends it at the moment; what is held is kept for a resume.
 * - `stored`: whole, verified, durable.
 * - `missing`: it was whole, but its file is gone or has another length.
 */
export type ClipState = "arriving" | "interrupted" | "stored" | "missing";

/** A clip at one instant; immutable. */
export interface ClipView {
  readonly id: string;
  readonly device: string;
  /** The name the box gave it: a label, anything at all. */
  readonly name: string;
  /** Its file name under `clips/<device>/`. */
  readonly storedName: string;
  readonly state: ClipState;
  /** Bytes in all; null while the box itself does not know. */
  readonly size: number | null;
  /** Bytes which have arrived, and where they belong; sorted, apart from each other. */
  readonly held: readonly ByteRange[];
  /** SHA-256 in hexadecimal; null before it is stored. */
  readonly sha256: string | null;
  /** Wall clock of the server in milliseconds since 1970. */
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly storedMs: number | null;
  /** When the file was last changed on the box; null if unknown. */
  readonly modifiedMs: number | null;
  /** Media type found in its first bytes, e.g. `video/mp4`; `application/octet-stream` when nothing fits. */
  readonly mediaType: string;
  /** Bytes a second over the last few seconds; 0 unless arriving. */
  readonly rate: number;
}

/** Reads a clip, also one which is still arriving. */
export interface ClipReader {
  readonly view: ClipView;
  /** Bytes that can be read from `offset` on without waiting. */
  available(offset: number): number;
  /** Reads up to `into.length` of the available bytes. */
  readAt(into: Uint8Array, offset: number): Promise<number>;
  /**
   * Resolves with true as soon as a byte at `offset` is available; with false when it never will be: the clip ended
   * before it, or was given up. Also with false when `signal` aborts.
   */
  waitFor(offset: number, signal: AbortSignal): Promise<boolean>;
  close(): void;
}

/** One change, told to subscribers in order. */
export type ClipChange = { readonly clip: ClipView } | { readonly removed: string };

/** How much there is, for `/metrics`. */
export interface ClipTotals {
  /** Clips in each state; `stored` counts those whose file has gone missing too, as nobody looks at all files. */
  readonly clips: Readonly<Record<Exclude<ClipState, "missing">, number>>;
  /** Bytes held of all clips together. */
  readonly heldBytes: number;
}

/** The clips of the server. */
export interface ClipLibrary {
  /** Newest first. `before`: only those created before that clip. */
  list(options: { limit: number; before?: string; device?: string }): Promise<ClipView[]>;
  get(id: string): Promise<ClipView | undefined>;
  /** Undefined when there is no such clip, or its file is gone. */
  open(id: string): Promise<ClipReader | undefined>;
  /** Calls `listener` at each change, progress included (up to many times a second: coalesce). */
  subscribe(listener: (change: ClipChange) => void): () => void;
  totals(): Promise<ClipTotals>;
}

/** A box, as the page shows it. */
export interface DeviceView {
  readonly device: string;
  /** Connections at the moment; 0 is offline. */
  readonly connections: number;
  readonly address: string;
  readonly software: string;
  /** When it came, by the wall clock of the server, milliseconds since 1970: online since then, if there is a connection. */
  readonly sinceMs: number;
  readonly lastSeenMs: number;
  /** Its clock less ours, ms; null when unknown. */
  readonly clockOffsetMs: number | null;
  /** What waits on its own disk; null until it has said so. */
  readonly backlog: {
    readonly events: number;
    readonly bytes: number;
    /** Pictures of policy `all`, and clips of watched folders, that the server does not have yet. */
    readonly frames: number;
    readonly frameBytes: number;
    readonly clips: number;
    readonly clipBytes: number;
    /** Of the oldest event or picture, by the clock of the server; null when nothing waits. */
    readonly oldestMs: number | null;
  } | null;
  /** Events that it dropped since it started, as its disk was full. */
  readonly dropped: number;
  /** Pictures that it dropped for the same reason. */
  readonly droppedFrames: number;
  /** Its disk; null when it does not know. */
  readonly disk: { readonly freeBytes: number; readonly bytes: number } | null;
  /** Parts of it which do not work at the moment, for a person. */
  readonly troubles: readonly string[];
}

/** State of the server as a whole. */
export interface ServerView {
  readonly software: string;
  readonly startedMs: number;
  readonly devices: readonly DeviceView[];
  /** Bytes still free for clips, after the reserve; null if unknown. */
  readonly freeBytes: number | null;
}
