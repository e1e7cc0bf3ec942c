/**
 * Every error that Framewire raises on purpose: one class to catch, a `code` to count, a `cause` to debug.
 * `docs/PROTOCOL.md` lists the codes; a test holds both lists against each other.
 */

/** What a code means: whether the same request may succeed later, and the exit code of the client it leads to. */
interface CodeMeaning {
  readonly retryable: boolean;
  /** Exit code of the client: 1 failed, 2 wrong usage, 3 refused, 4 gave up on the connection. */
  readonly exit: 1 | 2 | 3 | 4;
  readonly meaning: string;
}

/** The catalogue. Codes are stable: they go over the wire and into metrics. */
export const ERROR_CODES = {
  // The bytes on the connection.
  TRUNCATED: { retryable: true, exit: 4, meaning: "The connection ended inside a message" },
  MESSAGE_TOO_LARGE: { retryable: false, exit: 1, meaning: "A message announces more bytes than are allowed" },
  MESSAGE_EMPTY: { retryable: false, exit: 1, meaning: "A message of length 0, which no message can have" },
  MALFORMED: {
    retryable: true,
    exit: 1,
    meaning: "The bytes of a message are not an Envelope, or a field is out of range",
  },
  // The session.
  UNEXPECTED_MESSAGE: { retryable: false, exit: 1, meaning: "A message which is not allowed in this state" },
  RATE_EXCEEDED: { retryable: false, exit: 1, meaning: "More pings than a heartbeat has a use for" },
  UNSUPPORTED_VERSION: { retryable: false, exit: 3, meaning: "The two sides share no protocol version" },
  UNAUTHENTICATED: { retryable: false, exit: 3, meaning: "The token is missing or wrong" },
  INVALID_DEVICE: { retryable: false, exit: 2, meaning: "The device name is empty, too long or not text" },
  HANDSHAKE_TIMEOUT: { retryable: true, exit: 4, meaning: "Hello or Welcome did not arrive in time" },
  PEER_SILENT: { retryable: true, exit: 4, meaning: "Nothing was heard from the peer for two heartbeat intervals" },
  PEER_TOO_SLOW: { retryable: true, exit: 4, meaning: "A message arrives, or is taken, slower than the minimum rate" },
  CONNECTION_LOST: { retryable: true, exit: 4, meaning: "The connection ended, was reset or could not be made" },
  TLS_FAILED: {
    retryable: true,
    exit: 4,
    meaning: "The TLS handshake failed: certificate, its name or its time, or the other side speaks no TLS",
  },
  SERVER_BUSY: { retryable: true, exit: 4, meaning: "The server has as many connections as it takes" },
  SHUTTING_DOWN: { retryable: true, exit: 4, meaning: "The server or box is stopping" },
  GAVE_UP: { retryable: true, exit: 4, meaning: "The connection could not be made again within --retry-for" },
  // Streams and clips.
  STREAMS_EXHAUSTED: {
    retryable: true,
    exit: 1,
    meaning: "More streams of a connection, or unfinished clips of a device, than there may be",
  },
  WINDOW_EXCEEDED: {
    retryable: false,
    exit: 1,
    meaning: "More unacked bytes on a stream than its window, or more frames than its credit",
  },
  INVALID_NAME: { retryable: false, exit: 2, meaning: "The name is empty, too long or not text" },
  INVALID_RANGE: { retryable: false, exit: 1, meaning: "Bytes outside of the clip, or of more than one chunk" },
  SUPERSEDED: { retryable: false, exit: 1, meaning: "A newer connection has taken this clip or source over" },
  BAD_CHECKSUM: { retryable: true, exit: 1, meaning: "Chunks keep arriving damaged, or a frame did" },
  HASH_MISMATCH: { retryable: true, exit: 1, meaning: "The whole clip is not what was sent; it was discarded" },
  UNKNOWN_CLIP: { retryable: true, exit: 1, meaning: "The clip to resume is not held any more" },
  NO_SPACE: { retryable: true, exit: 3, meaning: "The disk of the server is too full for this clip or source" },
  STORAGE_FAILED: { retryable: true, exit: 1, meaning: "The server could not write or sync; nothing was acked" },
  CANCELLED: { retryable: false, exit: 1, meaning: "The sender gave the clip up" },
  INVALID_FRAME: { retryable: false, exit: 1, meaning: "A picture is no JPEG, too large, or out of order" },
  // The client's own.
  CAMERA_FAILED: {
    retryable: true,
    exit: 1,
    meaning: "The camera cannot be opened, has stopped, or ffmpeg is missing",
  },
  SOURCE_CHANGED: { retryable: true, exit: 1, meaning: "The file changed while it was being sent" },
  SOURCE_UNREADABLE: { retryable: false, exit: 1, meaning: "The file cannot be opened or read" },
  USAGE: {
    retryable: false,
    exit: 2,
    meaning: "A flag, environment variable or key is missing, unknown or out of range",
  },
  // The server's own.
  DATA_LOCKED: { retryable: false, exit: 1, meaning: "Another program uses the data directory or the spool" },
  INTERNAL: { retryable: true, exit: 1, meaning: "A mistake in Framewire; please report it" },
} as const satisfies Record<string, CodeMeaning>;

/** A stable error code. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** An error with a stable code. */
export class FramewireError extends Error {
  override readonly name = "FramewireError";
  readonly code: ErrorCode;
  /** Whether the same request may succeed later, unchanged. */
  readonly retryable: boolean;
  /** When to try again at the earliest, milliseconds; 0 when the peer did not say. */
  readonly retryAfterMs: number;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = ERROR_CODES[code].retryable;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

/** Whether `text` is a code of the catalogue; a peer of another version may know others. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
