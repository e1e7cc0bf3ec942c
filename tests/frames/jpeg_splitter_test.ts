import { assert, assertEquals, assertLess } from "@std/assert";
import { JpegSplitter } from "../../lib/frames/jpeg_splitter.ts";
import { chunkings } from "../helpers/chunking.ts";
import { madeUpJpeg } from "../helpers/made_up_jpeg.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function bytesOf(...bytes: number[]): Uint8Array {
  return new Uint8Array(bytes);
}

/** What comes out for these pieces; each is overwritten afterwards, as a reused buffer is. */
function split(pieces: readonly Uint8Array[], bytesMax = 1 << 20): { pictures: Uint8Array[]; splitter: JpegSplitter } {
  const splitter = new JpegSplitter(bytesMax);
  const pictures: Uint8Array[] = [];
  for (const piece of pieces) {
    const own = piece.slice();
    pictures.push(...splitter.push(own));
    own.fill(0xaa);
  }
  return { pictures, splitter };
}

/** The stream split in every way. */
function assertSplits(stream: Uint8Array, pictures: readonly Uint8Array[], rubbishBytes = 0): void {
  for (const { how, pieces } of chunkings(stream, 7)) {
    const result = split(pieces);
    assertEquals(result.pictures, pictures, how);
    assertEquals(result.splitter.rubbishBytes, rubbishBytes, how);
  }
}

Deno.test("JpegSplitter gives each picture whole, thumbnails and FFs in its data or not, however the bytes come", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new SeededRandom(seed);
    const pictures = [madeUpJpeg(random), madeUpJpeg(random), madeUpJpeg(random)];
    assertSplits(joined(...pictures), pictures);
  }
});

Deno.test("JpegSplitter passes over what is between the pictures, and counts it", () => {
  const random = new SeededRandom(1);
  const [a, b] = [madeUpJpeg(random), madeUpJpeg(random)];
  const text = new TextEncoder().encode("\r\n--ffmpeg\r\nContent-type: image/jpeg\r\n\r\n");
  assertSplits(joined(text, a, text, bytesOf(0xff, 0xff, 0x12, 0xd8), b), [a, b], text.length * 2 + 4);
});

Deno.test("JpegSplitter lets go of a picture which was cut off by the next one", () => {
  const random = new SeededRandom(2);
  const [a, b] = [madeUpJpeg(random), madeUpJpeg(random)];
  const cut = joined(a.subarray(0, a.length - 2), bytesOf(0x17));
  assertSplits(joined(cut, b), [b], cut.length);
});

Deno.test("JpegSplitter finds the next picture after one whose markers are broken", () => {
  const random = new SeededRandom(3);
  const whole = madeUpJpeg(random);
  const broken = [
    bytesOf(0xff, 0xd8, 0x00), // no marker
    bytesOf(0xff, 0xd8, 0xff, 0x00), // no code
    bytesOf(0xff, 0xd8, 0xff, 0xe0, 0x00, 0x01), // a length without room for itself
    bytesOf(0xff, 0xd8, 0xff, 0xd9), // no data
    bytesOf(0xff, 0xd8, 0xff, 0xe0, 0x00, 0x02, 0xfe), // no marker behind a segment
  ];
  for (const bytes of broken) assertSplits(joined(bytes, whole), [whole], bytes.length);
});

Deno.test("JpegSplitter leaves out what is too large, without holding it, and goes on behind it", () => {
  const small = madeUpJpeg(new SeededRandom(4));
  const head = bytesOf(0xff, 0xd8, 0xff, 0xda, 0x00, 0x02);
  const large = joined(head, new Uint8Array(10_000), bytesOf(0xff, 0xd9));
  const stream = joined(small, large, small);
  for (const { how, pieces } of chunkings(stream, 5, { everyBoundaryBytesMax: 0 })) {
    for (const [bytesMax, wanted, tooLarge] of [[large.length, 3, 0], [large.length - 1, 2, 1]] as const) {
      const { pictures, splitter } = split(pieces, bytesMax);
      assertEquals([pictures.length, splitter.tooLarge], [wanted, tooLarge], how);
      assertEquals(pictures.at(-1), small, how);
    }
  }
});

Deno.test("JpegSplitter loses no byte: pictures, rubbish and what is unfinished add up, for any bytes", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = new SeededRandom(seed);
    const parts: Uint8Array[] = [];
    for (let count = 6; count > 0; count--) {
      const bytes = madeUpJpeg(random);
      // Bits flip, bytes go missing, rubbish comes in.
      if (random.int(2) === 0) bytes[random.int(bytes.length)] = random.pick([0xff, 0xd8, 0xd9, 0, random.int(256)]);
      parts.push(bytes.subarray(0, random.int(3) === 0 ? random.int(bytes.length) : bytes.length));
      if (random.int(3) === 0) parts.push(random.bytes(random.int(30)));
    }
    const stream = joined(...parts);
    const whole = split([stream]);
    for (const picture of whole.pictures) {
      assertEquals([...picture.subarray(0, 3), ...picture.subarray(-2)], [0xff, 0xd8, 0xff, 0xff, 0xd9]);
    }
    for (const { how, pieces } of chunkings(stream, seed, { everyBoundaryBytesMax: 0, randomCount: 4 })) {
      const result = split(pieces);
      assertEquals(result.pictures, whole.pictures, `seed ${seed}, ${how}`);
      assertEquals(result.splitter.rubbishBytes, whole.splitter.rubbishBytes, `seed ${seed}, ${how}`);
    }
    // Whatever it was left in: another picture soon gets through, and the count says what the rest was.
    const end = madeUpJpeg(random, { thumbnail: false });
    const after = split([stream, new Uint8Array(70_000), end, end]);
    assertEquals(after.pictures.at(-1), end, `seed ${seed}`);
    const inPictures = after.pictures.reduce((sum, { length }) => sum + length, 0);
    assertEquals(inPictures + after.splitter.rubbishBytes, stream.length + 70_000 + 2 * end.length, `seed ${seed}`);
  }
});

Deno.test("JpegSplitter takes no longer for a large picture in small pieces than for small ones", () => {
  const head = bytesOf(0xff, 0xd8, 0xff, 0xda, 0x00, 0x02);
  const stream = joined(head, new Uint8Array(1 << 20), bytesOf(0xff, 0xd9));
  const splitter = new JpegSplitter(1 << 22);
  let pictures = 0;
  let calls = 0;
  for (let at = 0; at < stream.length; at += 16, calls++) {
    pictures += splitter.push(stream.subarray(at, at + 16)).length;
  }
  // A copy of all that is there for each piece would be 35 GB: far beyond the time limit of any test.
  assertEquals([pictures, splitter.rubbishBytes], [1, 0]);
  assert(calls > 65_000);
  assertLess(splitter.push(new Uint8Array(0)).length, 1);
});
