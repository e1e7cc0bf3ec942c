/**
 * Pictures as `multipart/x-mixed-replace`, which browsers, OpenCV, VLC and ffmpeg read. The boundary comes right behind
 * each picture and not in front of the next: a browser shows a picture when it has seen its end.
 */
import type { Frame } from "../protocol/frame.ts";
import { timeHeaders } from "./frame_api.ts";

const BOUNDARY = "framewire";
const encoder = new TextEncoder();
const PART_END = encoder.encode(`\r\n--${BOUNDARY}\r\n`);

/** Of the whole answer. */
export const MJPEG_TYPE = `multipart/x-mixed-replace; boundary=${BOUNDARY}`;

/** What comes before the first part. */
export const MJPEG_PREAMBLE = encoder.encode(`--${BOUNDARY}\r\n`);

/** Parts which were made, as long as somebody has the frame: all viewers get the same bytes. */
const parts = new WeakMap<Frame, Uint8Array>();

/** One picture with its headers and the boundary behind it; nobody changes it. `missed`: as in `FeedItem`. */
export function mjpegPart(frame: Frame, missed: number): Uint8Array {
  if (missed > 0) return makePart(frame, { "x-framewire-missed": String(missed) });
  const known = parts.get(frame) ?? makePart(frame, {});
  parts.set(frame, known);
  return known;
}

function makePart(frame: Frame, more: Readonly<Record<string, string>>): Uint8Array {
  const headers = {
    "content-type": "image/jpeg",
    "content-length": String(frame.jpeg.length),
    ...timeHeaders(frame),
    ...more,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${titleCase(name)}: ${value}\r\n`);
  const head = encoder.encode(`${lines.join("")}\r\n`);
  const part = new Uint8Array(head.length + frame.jpeg.length + PART_END.length);
  part.set(head);
  part.set(frame.jpeg, head.length);
  part.set(PART_END, head.length + frame.jpeg.length);
  return part;
}

/** `Content-Length`: some readers of MJPEG compare these with their case. */
function titleCase(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
