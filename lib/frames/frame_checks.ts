/** What the receiving side takes: names, runs and pictures. Pure. */
import { LIMITS } from "../config/limits.ts";
import { FramewireError } from "../errors.ts";
import type { FrameData, FrameOffer, OpenSource } from "../protocol/message.ts";
import { isPictureIntact } from "../protocol/picture_frame.ts";

/** @throws {FramewireError} `INVALID_NAME` for the name of the source, `MALFORMED` for its run. */
export function checkOpening({ source, run }: OpenSource): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(run)) {
    throw new FramewireError("MALFORMED", "Cannot open source as its run must be 1 to 64 of A-Z, a-z, 0-9, _ and -");
  }
  checkName("source", source, LIMITS.sourceNameBytesMax);
}

/** @throws {FramewireError} `MALFORMED`, `INVALID_NAME`. */
export function checkOffer({ frames }: FrameOffer, named: boolean): void {
  if (!named) throw new FramewireError("MALFORMED", "Cannot take offer as the source was opened without names");
  if (frames.length > LIMITS.framesPerOfferMax) {
    const text = `Cannot take offer as its pictures must be <= ${LIMITS.framesPerOfferMax}: received ${frames.length}`;
    throw new FramewireError("MALFORMED", text);
  }
  for (const { name } of frames) checkName("picture", name, LIMITS.clipNameBytesMax);
}

/**
 * Checks a frame behind frame `last`.
 *
 * @throws {FramewireError} `BAD_CHECKSUM`, `INVALID_FRAME`, `INVALID_NAME`.
 */
export function checkFrame(message: FrameData, last: number, named: boolean): void {
  // Of what is damaged nothing is believed, so neither that it is no picture.
  checkIntact(message);
  const { sequence, jpeg, name } = message;
  if (jpeg.length > LIMITS.frameBytesMax) {
    const text = `Cannot take frame as its length must be <= ${LIMITS.frameBytesMax} bytes: received ${jpeg.length}`;
    throw new FramewireError("INVALID_FRAME", text);
  }
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) {
    throw new FramewireError("INVALID_FRAME", `Cannot take frame ${sequence} as a JPEG must begin with FF D8`);
  }
  if (sequence <= last) {
    const text = `Cannot take frame out of order as its number must be > ${last}: received ${sequence}`;
    throw new FramewireError("INVALID_FRAME", text);
  }
  if (named) checkName("picture", name ?? "", LIMITS.clipNameBytesMax);
}

/** @throws {FramewireError} `BAD_CHECKSUM`. */
export function checkIntact(message: FrameData): void {
  if (isPictureIntact(message)) return;
  throw new FramewireError("BAD_CHECKSUM", "Cannot take frame as it arrived damaged");
}

function checkName(what: string, name: string, bytesMax: number): void {
  const bytes = new TextEncoder().encode(name).length;
  // The texts of SQLite end at a NUL.
  if (bytes >= 1 && bytes <= bytesMax && !name.includes("\0")) return;
  const text = `Cannot take name of ${what} as it must have 1 to ${bytesMax} bytes of UTF-8, none of them NUL: ` +
    `received ${bytes}`;
  throw new FramewireError("INVALID_NAME", text);
}
