/** Pictures as they come over the WebSocket: length of the header (u32, big-endian), header (JSON), JPEG. Pure. */
import type { PictureHeader } from "../../page_messages.ts";

/** A picture that has not been decoded yet. */
export interface ReceivedPicture {
  readonly header: PictureHeader;
  /** A view into the message it came in. */
  readonly jpeg: Uint8Array<ArrayBuffer>;
}

const PREFIX_BYTES = 4;
/** A header is a few hundred bytes; anything longer is not one. */
const HEADER_BYTES_MAX = 64 * 1024;
const NUMBERS = ["source", "sequence", "capturedMs", "timeMs", "receivedMs", "sentMs", "missed"] as const;

/** Takes a binary message apart; null when it is not a picture, whatever it holds. */
export function parsePicture(message: ArrayBuffer): ReceivedPicture | null {
  if (message.byteLength < PREFIX_BYTES) return null;
  const headerBytes = new DataView(message).getUint32(0);
  if (headerBytes > HEADER_BYTES_MAX || PREFIX_BYTES + headerBytes >= message.byteLength) return null;
  const header = parseHeader(new Uint8Array(message, PREFIX_BYTES, headerBytes));
  return header === null ? null : { header, jpeg: new Uint8Array(message, PREFIX_BYTES + headerBytes) };
}

function parseHeader(bytes: Uint8Array<ArrayBuffer>): PictureHeader | null {
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Record<string, unknown> | null;
    if (typeof value !== "object" || value === null || typeof value["run"] !== "string") return null;
    return NUMBERS.every((name) => Number.isFinite(value[name])) ? value as unknown as PictureHeader : null;
  } catch {
    return null;
  }
}
