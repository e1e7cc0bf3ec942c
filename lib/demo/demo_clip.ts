/** The demo's clip: a minute of ffmpeg's test picture with its index at the end, as cameras write it. */
import { fileURLToPath } from "node:url";
import { findMp4Index } from "../clips/mp4_layout.ts";
import type { Disk } from "../platform/disk.ts";

const CLIP_URL = new URL("../../assets/demo.mp4", import.meta.url);

/**
 * Chromium reads on through a file rather than ask for another place that is less than about five blocks of 32 KiB
 * ahead; in a clip as small as ours that is all of it, and a late viewer would wait for the whole. An empty box (`free`,
 * ISO/IEC 14496-12 section 8.1.2) in front of the index makes it as far away as in a camera's clip.
 */
const GAP_BYTES = 256 * 1024;

/** Writes the clip to `path`. */
export async function writeDemoClip(disk: Disk, path: string): Promise<void> {
  const source = await disk.open(fileURLToPath(CLIP_URL), "read");
  const target = await disk.open(path, "create-new");
  try {
    const { bytes } = await source.info();
    const clip = new Uint8Array(bytes);
    await source.readAt(clip, 0);
    const index = await findMp4Index((into, offset) => source.readAt(into, offset), bytes);
    const moovStart = index!.moovStart;
    await target.writeAt(clip.subarray(0, moovStart), 0);
    await target.writeAt(freeBox(GAP_BYTES), moovStart);
    await target.writeAt(clip.subarray(moovStart), moovStart + GAP_BYTES);
  } finally {
    source.close();
    target.close();
  }
}

/** A box of `bytes` bytes with nothing in it. */
function freeBox(bytes: number): Uint8Array {
  const box = new Uint8Array(bytes);
  new DataView(box.buffer).setUint32(0, bytes);
  box.set(new TextEncoder().encode("free"), 4);
  return box;
}
