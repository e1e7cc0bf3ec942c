/** The demo's clip: a minute of ffmpeg's test picture with its index at the end, as cameras write it. */
import type { ReadAt } from "../bytes/prefix_hasher.ts";
import { findMp4Index } from "../clips/mp4_layout.ts";
import type { Disk } from "../platform/disk.ts";
import type { Program } from "../platform/program.ts";

const CLIP_URL = new URL("../../assets/demo.mp4", import.meta.url);

/**
 * Chromium reads on through a file rather than ask for another place that is less than about five blocks of 32 KiB
 * ahead; in a clip as small as ours that is all of it, and a late viewer would wait for the whole. An empty box (`free`,
 * ISO/IEC 14496-12 section 8.1.2) in front of the index makes it as far away as in a camera's clip.
 */
const GAP_BYTES = 256 * 1024;

/** Writes the clip to `path`. */
export async function writeDemoClip(program: Program, disk: Disk, path: string): Promise<void> {
  const clip = program.readBytes(CLIP_URL);
  const index = await findMp4Index(readerOf(clip), clip.length);
  const moovStart = index!.moovStart;
  const file = await disk.open(path, "create-new");
  try {
    await file.writeAt(clip.subarray(0, moovStart), 0);
    await file.writeAt(freeBox(GAP_BYTES), moovStart);
    await file.writeAt(clip.subarray(moovStart), moovStart + GAP_BYTES);
  } finally {
    file.close();
  }
}

function readerOf(bytes: Uint8Array): ReadAt {
  return (into, offset) => {
    const part = bytes.subarray(offset, offset + into.length);
    into.set(part);
    return Promise.resolve(part.length);
  };
}

/** A box of `bytes` bytes with nothing in it. */
function freeBox(bytes: number): Uint8Array {
  const box = new Uint8Array(bytes);
  new DataView(box.buffer).setUint32(0, bytes);
  box.set(new TextEncoder().encode("free"), 4);
  return box;
}
