import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { ReadAt } from "../../lib/bytes/prefix_hasher.ts";
import { findMp4Index } from "../../lib/clips/mp4_layout.ts";
import { HAS_FFMPEG, makeMedia } from "../helpers/make_media.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

const DEMO = new URL("../../assets/demo.mp4", import.meta.url);

/** A box with `payloadBytes` of payload; with `large`, its size stands in 64 bits. */
function box(type: string, payloadBytes: number, large = false): Uint8Array<ArrayBuffer> {
  const headerBytes = large ? 16 : 8;
  const bytes = new Uint8Array(headerBytes + payloadBytes).fill(0xaa);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, large ? 1 : bytes.length);
  bytes.set(new TextEncoder().encode(type), 4);
  if (large) view.setBigUint64(8, BigInt(bytes.length));
  return bytes;
}

/** The box with another size written into it. */
function withSize(bytes: Uint8Array<ArrayBuffer>, size: number | bigint): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer);
  if (typeof size === "bigint") view.setBigUint64(8, size);
  else view.setUint32(0, size);
  return bytes;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Reads from memory, at most `pieceBytes` at once. */
function readerOf(file: Uint8Array, pieceBytes = Infinity): ReadAt {
  return (into, offset) => {
    const piece = file.subarray(offset, offset + Math.min(into.length, pieceBytes));
    into.set(piece);
    return Promise.resolve(piece.length);
  };
}

const find = (file: Uint8Array, bytes = file.length) => findMp4Index(readerOf(file), bytes);

const FTYP = box("ftyp", 24); // 32 bytes

Deno.test("findMp4Index finds an index behind and before the pictures", async () => {
  assertEquals(await find(join(FTYP, box("free", 0), box("mdat", 92), box("moov", 42))), {
    moovStart: 140,
    moovEnd: 190,
    mdatStart: 40,
    boxStarts: [0, 32, 40],
  });
  assertEquals(await find(join(FTYP, box("moov", 42), box("mdat", 92))), {
    moovStart: 32,
    moovEnd: 82,
    mdatStart: 82,
    boxStarts: [0],
  });
});

Deno.test("findMp4Index understands 64-bit sizes, sizes up to the end, several mdat, and QuickTime without ftyp", async () => {
  const large = await find(join(FTYP, box("mdat", 100, true), box("moov", 10, true)));
  assertEquals(large, { moovStart: 148, moovEnd: 174, mdatStart: 32, boxStarts: [0, 32] });
  const open = await find(join(FTYP, box("mdat", 2), withSize(box("moov", 40), 0)));
  assertEquals(open, { moovStart: 42, moovEnd: 90, mdatStart: 32, boxStarts: [0, 32] });
  const several = await find(join(FTYP, box("mdat", 2), box("uuid", 12), box("mdat", 2), box("moov", 2)));
  assertEquals(several, { moovStart: 72, moovEnd: 82, mdatStart: 32, boxStarts: [0, 32, 42, 62] });
  assertEquals((await find(join(box("wide", 0), box("mdat", 4), box("moov", 8))))?.moovStart, 20);
});

Deno.test("findMp4Index does not mind what follows the index and the pictures", async () => {
  const whole = join(FTYP, box("mdat", 2), box("moov", 2));
  const expected = await find(whole);
  assert(expected);
  assertEquals(await find(join(whole, new Uint8Array(5))), expected);
  assertEquals(await find(join(whole, box("junk", 9).subarray(0, 12))), expected);
});

Deno.test("findMp4Index finds nothing in what is no MP4, is damaged or is fragmented", async () => {
  const mdat = box("mdat", 20);
  const moov = box("moov", 20);
  const cases: Record<string, Uint8Array> = {
    "nothing": new Uint8Array(),
    "text": new TextEncoder().encode("There is nothing in here which looks like a box, and no mdat either"),
    "zeros": new Uint8Array(1000),
    "matroska": join(Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3), new Uint8Array(100)),
    "another box first": join(box("uuid", 4), FTYP, mdat, moov),
    "no moov": join(FTYP, mdat),
    "no mdat": join(FTYP, moov),
    "two moov": join(FTYP, moov, moov, mdat),
    "fragmented": join(FTYP, moov, box("moof", 20), mdat),
    "segment index": join(FTYP, box("sidx", 20), mdat, moov),
    "size 7": join(FTYP, withSize(box("mdat", 20), 7), moov),
    "size 2": join(FTYP, withSize(box("mdat", 20), 2), moov),
    "64-bit size 15": join(FTYP, withSize(box("mdat", 20, true), 15n), moov),
    "64-bit size 0": join(FTYP, withSize(box("mdat", 20, true), 0n), moov),
    "64-bit size 2^53": join(FTYP, withSize(box("mdat", 20, true), 2n ** 53n), moov),
    "64-bit size 2^64 - 1": join(FTYP, withSize(box("mdat", 20, true), 2n ** 64n - 1n), moov),
    "64-bit size cut": join(FTYP, box("mdat", 20, true).subarray(0, 12)),
    "mdat up to the end": join(FTYP, withSize(box("mdat", 20), 0), moov),
    "moov beyond the end": join(FTYP, mdat, withSize(box("moov", 20), 29)),
    "mdat beyond the end": join(FTYP, moov, withSize(box("mdat", 20), 29)),
  };
  for (const [name, file] of Object.entries(cases)) assertEquals(await find(file), undefined, name);
});

Deno.test("findMp4Index finds nothing in a file cut at any byte before its end", async () => {
  const file = join(FTYP, box("free", 3), box("mdat", 20, true), box("moov", 20));
  for (let bytes = 0; bytes < file.length; bytes++) assertEquals(await find(file.slice(0, bytes)), undefined);
  assert(await find(file));
});

Deno.test("findMp4Index gets along with short reads, and with a file shorter than it was said to be", async () => {
  const file = join(FTYP, box("mdat", 20, true), box("moov", 20));
  const expected = await find(file);
  assert(expected);
  for (const piece of [1, 3, 7]) assertEquals(await findMp4Index(readerOf(file, piece), file.length), expected);
  assertEquals(await find(file.slice(0, 40), file.length), undefined);
});

Deno.test("findMp4Index reads at most 16 bytes a box, 1000 boxes, and never beyond the file", async () => {
  const boxes = new Uint8Array(8 * 5000);
  for (let at = 0; at < boxes.length; at += 8) boxes.set(box("free", 0), at);
  let reads = 0;
  const read: ReadAt = (into, offset) => {
    reads++;
    assert(into.length <= 16);
    assert(offset >= 0 && offset + into.length <= boxes.length, `read of ${into.length} at ${offset}`);
    return readerOf(boxes)(into, offset);
  };
  assertEquals(await findMp4Index(read, boxes.length), undefined);
  assertEquals(reads, 1000);
});

Deno.test("findMp4Index passes a failing read on", async () => {
  const read = () => Promise.reject(new Error("The disk is gone"));
  await assertRejects(() => findMp4Index(read, 100), Error, "The disk is gone");
});

Deno.test("findMp4Index never throws, and never points outside of the file, whatever the boxes", async () => {
  const type = fc.constantFrom("ftyp", "moov", "mdat", "free", "wide", "moof", "\0\0\0\0", "abcd");
  const size = fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 0xffffffff }));
  const anyBox = fc.tuple(type, fc.nat(30), fc.boolean(), fc.option(size, { freq: 3 })).map(
    ([type, payloadBytes, large, wrong]) => {
      const bytes = box(type, payloadBytes, large);
      return wrong === null ? bytes : withSize(bytes, wrong);
    },
  );
  let found = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyBox, { maxLength: 8, size: "max" }), fc.nat(10), async (boxes, cut) => {
      const whole = join(FTYP, ...boxes);
      const file = whole.subarray(0, whole.length - cut);
      const index = await find(file);
      if (index === undefined) return;
      found++;
      assert(index.moovStart + 8 <= index.moovEnd && index.moovEnd <= file.length);
      assert(index.mdatStart + 8 <= file.length);
      for (const start of index.boxStarts) assert(start < index.moovStart);
      for (const [name, at] of [["moov", index.moovStart], ["mdat", index.mdatStart]] as const) {
        assertEquals(new TextDecoder().decode(file.subarray(at + 4, at + 8)), name);
      }
    }),
    { numRuns: 1000 },
  );
  assert(found > 0);
});

Deno.test("findMp4Index finds the demo clip's index at its end", async () => {
  const demo = await Deno.readFile(DEMO);
  const index = await find(demo);
  assert(index);
  assertEquals(index.moovEnd, demo.length);
  assert(index.mdatStart < index.moovStart);
});

Deno.test({
  name: "findMp4Index judges what ffmpeg makes",
  ignore: !HAS_FFMPEG,
  async fn() {
    await using folder = await tempFolder();
    const make = async (name: string, ...options: string[]) => {
      await makeMedia(folder.join(name), ...options);
      return find(await Deno.readFile(folder.join(name)));
    };
    const last = await make("last.mp4");
    assert(last && last.moovStart > last.mdatStart);
    const first = await make("first.mp4", "-movflags", "+faststart");
    assert(first && first.moovStart < first.mdatStart);
    const quickTime = await make("last.mov");
    assert(quickTime && quickTime.moovStart > quickTime.mdatStart);
    assertEquals(await make("fragments.mp4", "-movflags", "+frag_keyframe+empty_moov"), undefined);
    assertEquals(await make("clip.mkv"), undefined);
  },
});
