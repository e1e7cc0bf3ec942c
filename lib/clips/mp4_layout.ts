/**
 * Where an MP4 keeps its index (`moov`) and its pictures (`mdat`): only the chain of top-level boxes is walked.
 * Source: ISO/IEC 14496-12 section 4.2; QuickTime File Format, "Atoms".
 */
import type { ReadAt } from "../bytes/prefix_hasher.ts";

/** Where the parts of a clip are which a player needs; all in bytes from the start of the file. */
export interface Mp4Index {
  readonly moovStart: number;
  readonly moovEnd: number;
  /** The first `mdat`. */
  readonly mdatStart: number;
  /** Where each box before `moov` begins, ascending: a player hops from one of these to the next to find `moov`. */
  readonly boxStarts: readonly number[];
}

/** Top-level boxes looked at: a camera writes under ten, and each costs one read. */
const BOXES_MAX = 1000;
/** Size and type, and the 64-bit size which may follow. */
const HEADER_BYTES_MAX = 16;
const HEADER_BYTES = 8;
/** What a file may begin with: `ftyp`, or what QuickTime wrote before there was an `ftyp`. */
const FIRST_TYPES = new Set(["ftyp", "moov", "mdat", "wide", "free", "skip"]);
/** Fragmented files carry an index with each fragment: they play in order, and have none to send first. */
const FRAGMENT_TYPES = new Set(["moof", "styp", "sidx"]);

interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the index of an MP4 or QuickTime file of `bytes` bytes; undefined for anything else, and for a file which is
 * damaged, cut short or fragmented. Reads at most 16 bytes a box. Content never makes it throw.
 * @throws whatever `read` rejects with.
 */
export async function findMp4Index(read: ReadAt, bytes: number): Promise<Mp4Index | undefined> {
  let moov: Box | undefined;
  let mdatStart: number | undefined;
  const boxStarts: number[] = [];
  let offset = 0;
  for (let count = 0; count < BOXES_MAX && offset < bytes; count++) {
    const box = await readBox(read, offset, bytes);
    if (box === undefined || FRAGMENT_TYPES.has(box.type)) return undefined;
    if (count === 0 && !FIRST_TYPES.has(box.type)) return undefined;
    if (box.type === "moov") {
      if (moov !== undefined) return undefined;
      moov = box;
    }
    if (moov === undefined) boxStarts.push(box.start);
    if (box.type === "mdat") mdatStart ??= box.start;
    // What follows does not matter, as to a player: many recorders leave padding or junk behind the last box.
    if (moov !== undefined && mdatStart !== undefined) {
      return { moovStart: moov.start, moovEnd: moov.end, mdatStart, boxStarts };
    }
    offset = box.end;
  }
  return undefined;
}

/** The box at `offset`; undefined if what stands there is none, or does not end inside of the file. */
async function readBox(read: ReadAt, offset: number, bytes: number): Promise<Box | undefined> {
  const header = new Uint8Array(Math.min(HEADER_BYTES_MAX, bytes - offset));
  if (!await readWhole(read, header, offset)) return undefined;
  if (header.length < HEADER_BYTES) return undefined;
  const view = new DataView(header.buffer);
  const type = String.fromCharCode(...header.subarray(4, 8));
  let size = view.getUint32(0);
  let headerBytes = HEADER_BYTES;
  if (size === 1) {
    if (header.length < HEADER_BYTES_MAX) return undefined;
    headerBytes = HEADER_BYTES_MAX;
    // Above 2^53 the number is rounded, which does no harm: it is larger than any file either way.
    size = Number(view.getBigUint64(8));
  } else if (size === 0) {
    size = bytes - offset;
  }
  // Compared by subtraction: the sum of an offset and a hostile size would leave the safe integers.
  if (size < headerBytes || size > bytes - offset) return undefined;
  return { type, start: offset, end: offset + size };
}

/** Fills `into`; false if the file ends before. */
async function readWhole(read: ReadAt, into: Uint8Array, offset: number): Promise<boolean> {
  let done = 0;
  while (done < into.length) {
    const got = await read(into.subarray(done), offset + done);
    if (got <= 0) return false;
    done += got;
  }
  return true;
}
