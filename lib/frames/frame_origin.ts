/** Where a box gets the pictures of a source from: a folder or a camera. */

/** A picture which was taken. */
export interface CapturedFrame {
  /** The JPEG; nobody changes it. */
  readonly jpeg: Uint8Array;
  /** By the clock of the box, ms since 1970, with microseconds behind the point. */
  readonly capturedMs: number;
  /** File name, if it has one. */
  readonly name: string | null;
  /** Its number, if it has one already; above that of the one before. */
  readonly sequence?: number;
}

/** A time in which there were no pictures although there should have been; by the clock of the box. */
export interface OriginGap {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Pull it: nothing is captured ahead of `next`, but for what the camera itself or a pipe buffers. */
export interface FrameOrigin {
  /**
   * The next picture; null at the end. A camera which fails is opened again inside, with back-off: what that cost is
   * told to `gap`, and what a person should know to `note`.
   *
   * @throws {FramewireError} `CAMERA_FAILED` when it never worked at all, `SOURCE_UNREADABLE`.
   */
  next(signal: AbortSignal): Promise<CapturedFrame | null>;
  close(): Promise<void>;
}

/** What an origin tells. */
export interface OriginEvents {
  note(text: string): void;
  gap(gap: OriginGap): void;
}
