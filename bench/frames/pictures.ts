/** The pictures which everybody sends. */
import { Buffer } from "node:buffer";
import { randomFillSync } from "node:crypto";

/** 640x480 at good quality: what the cameras of the issue send. */
export const FRAME_BYTES = 45_000;
/** So many different ones that no cache holds all of them. */
const DIFFERENT = 128;

/** Writes pictures of {@linkcode FRAME_BYTES} to `path`, one behind the other. */
export function writePictures(path: string): void {
  using file = Deno.openSync(path, { write: true, createNew: true });
  for (let count = 0; count < DIFFERENT; count++) {
    const picture = pictureLike(FRAME_BYTES);
    for (let done = 0; done < picture.length;) done += file.writeSync(picture.subarray(done));
  }
}

/** Random bytes between the marks at the ends of a JPEG, and no mark in between: nothing can compress or decode them. */
function pictureLike(bytes: number): Uint8Array {
  const picture = new Uint8Array(bytes);
  randomFillSync(Buffer.from(picture.buffer));
  for (let at = 0; at < bytes; at++) if (picture[at] === 0xff) picture[at] = 0xfe;
  picture.set([0xff, 0xd8]);
  picture.set([0xff, 0xd9], bytes - 2);
  return picture;
}
