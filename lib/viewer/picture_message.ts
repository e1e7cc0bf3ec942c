/** A picture as a binary message of the page's WebSocket: length of the header (u32, big-endian), header (JSON), JPEG. */
import type { Frame } from "../protocol/frame.ts";
import type { PictureHeader } from "./page_messages.ts";

const PREFIX_BYTES = 4;
const encoder = new TextEncoder();

/** `source`: as in `SourceView.id`. The result is the caller's own. */
export function pictureMessage(
  source: number,
  frame: Frame,
  sentMs: number,
  missed: number,
): Uint8Array<ArrayBuffer> {
  const { run, sequence, capturedMs, timeMs, receivedMs, jpeg } = frame;
  const header: PictureHeader = { source, run, sequence, capturedMs, timeMs, receivedMs, sentMs, missed };
  const head = encoder.encode(JSON.stringify(header));
  const message = new Uint8Array(PREFIX_BYTES + head.length + jpeg.length);
  new DataView(message.buffer).setUint32(0, head.length);
  message.set(head, PREFIX_BYTES);
  message.set(jpeg, PREFIX_BYTES + head.length);
  return message;
}

/** Makes each message once for all pages that get the same: those which missed nothing, at the same time. */
export class PictureMessages {
  readonly #made = new WeakMap<Frame, { readonly sentMs: number; readonly message: Uint8Array<ArrayBuffer> }>();

  /** See {@linkcode pictureMessage}; nobody changes the result. */
  of(source: number, frame: Frame, sentMs: number, missed: number): Uint8Array<ArrayBuffer> {
    if (missed > 0) return pictureMessage(source, frame, sentMs, missed);
    const known = this.#made.get(frame);
    if (known?.sentMs === sentMs) return known.message;
    const message = pictureMessage(source, frame, sentMs, missed);
    this.#made.set(frame, { sentMs, message });
    return message;
  }
}
