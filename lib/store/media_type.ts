/**
 * What a file is, from its first bytes: never from its name or from what its sender says.
 * Source: WHATWG MIME Sniffing section 6; ISO/IEC 14496-12 section 4.3 (brands); RFC 9559 (Matroska).
 */

/** As many bytes of a file as `sniffMediaType` wants to see; fewer will do where the file is shorter. */
export const SNIFF_BYTES = 64;

/** What any file is that is not recognised: a browser offers it for download. */
const UNKNOWN = "application/octet-stream";

/** Bytes, as text in which each character is one byte, that a file of the type holds at these offsets. */
interface Signature {
  readonly type: string;
  readonly at: readonly (readonly [offset: number, bytes: string])[];
}

const SIGNATURES: readonly Signature[] = [
  { type: "image/jpeg", at: [[0, "\xff\xd8\xff"]] },
  { type: "image/png", at: [[0, "\x89PNG\r\n\x1a\n"]] },
  { type: "image/gif", at: [[0, "GIF87a"]] },
  { type: "image/gif", at: [[0, "GIF89a"]] },
  { type: "image/webp", at: [[0, "RIFF"], [8, "WEBPVP8"]] },
  { type: "video/x-msvideo", at: [[0, "RIFF"], [8, "AVI "]] },
  { type: "audio/wav", at: [[0, "RIFF"], [8, "WAVE"]] },
  { type: "audio/mpeg", at: [[0, "ID3"]] },
  { type: "application/pdf", at: [[0, "%PDF-"]] },
  { type: "application/zip", at: [[0, "PK\x03\x04"]] },
  { type: "application/zip", at: [[0, "PK\x05\x06"]] },
  { type: "application/gzip", at: [[0, "\x1f\x8b\x08"]] },
];

/** Brands of `ftyp` which are no video in an MP4; every other one is taken for it, as there are hundreds. */
const BRANDS: Readonly<Record<string, string>> = {
  "qt  ": "video/quicktime",
  "M4A ": "audio/mp4",
  "M4B ": "audio/mp4",
  "avif": "image/avif",
  "avis": "image/avif",
  "heic": "image/heic",
  "heix": "image/heic",
  "mif1": "image/heif",
};

/** What QuickTime files began with before there was an `ftyp`. */
const QUICKTIME_BOXES = new Set(["moov", "mdat", "wide", "free", "skip", "pnot"]);

/** The media type of a file which begins with `head` (64 bytes suffice); `application/octet-stream` if unknown. Never
 * one that a browser would run: no HTML, no SVG, no XML, no script. */
export function sniffMediaType(head: Uint8Array): string {
  const text = String.fromCharCode(...head.subarray(0, SNIFF_BYTES));
  const known = SIGNATURES.find(({ at }) => at.every(([offset, bytes]) => text.startsWith(bytes, offset)));
  return known?.type ?? boxType(text) ?? matroskaType(text) ?? streamType(text) ?? UNKNOWN;
}

/** MP4 and its relatives: a size below 512 MiB, so that its first byte is no letter, then the type of the box. */
function boxType(text: string): string | undefined {
  const box = text.slice(4, 8);
  if (text.charCodeAt(0) >= 0x20) return undefined;
  if (box === "ftyp" && text.length >= 12) return BRANDS[text.slice(8, 12)] ?? "video/mp4";
  return QUICKTIME_BOXES.has(box) ? "video/quicktime" : undefined;
}

/** Matroska and WebM: an EBML header whose DocType (0x4282) says which of the two. */
function matroskaType(text: string): string | undefined {
  if (!text.startsWith("\x1a\x45\xdf\xa3")) return undefined;
  const docTypeAt = text.indexOf("\x42\x82");
  // The element's id, then its length in 1 to 8 bytes.
  const docType = docTypeAt < 0 ? "" : text.slice(docTypeAt + 3, docTypeAt + 10 + "matroska".length);
  if (docType.includes("webm")) return "video/webm";
  return docType.includes("matroska") ? "video/x-matroska" : undefined;
}

/** Formats without a head, known by the fields of their first packet. */
function streamType(text: string): string | undefined {
  const [first = 0, second = 0, third = 0, fourth = 0] = Array.from(text.slice(0, 4), (char) => char.charCodeAt(0));
  // MPEG-TS: not scrambled, with a payload, and the programme table (PID 0) or the service table (PID 17) in it.
  if (first === 0x47 && second === 0x40 && (third === 0 || third === 17) && (fourth & 0xd0) === 0x10) {
    return "video/mp2t";
  }
  // MPEG audio, 11 bits of sync, then a version, a layer, a bit rate and a sampling rate that exist. Layer I is left
  // out: nobody uses it, and text in UTF-16 would look like it.
  const synced = first === 0xff && (second & 0xe0) === 0xe0;
  const version = (second >> 3) & 3;
  const layer = (second >> 1) & 3;
  const bitRate = third >> 4;
  const samplingRate = (third >> 2) & 3;
  const real = version !== 1 && (layer === 1 || layer === 2) && bitRate > 0 && bitRate < 15 && samplingRate < 3;
  return synced && real ? "audio/mpeg" : undefined;
}
