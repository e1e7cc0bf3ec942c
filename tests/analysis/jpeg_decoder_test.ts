import { assertEquals, assertRejects } from "@std/assert";
import { JpegDecoder } from "../../lib/analysis/jpeg_decoder.ts";
import { jpegScans } from "../../lib/analysis/jpeg_scans.ts";
import { jpegSize } from "../../lib/analysis/jpeg_size.ts";
import { LIMITS } from "../../lib/config/limits.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { picture } from "./frames.ts";

Deno.test("jpegSize: of real pictures, and of what is cut anywhere in the head", async () => {
  const jpeg = await picture("box_left");
  assertEquals(jpegSize(jpeg), { width: 640, height: 480 });
  for (let bytes = 0; bytes < 1000; bytes++) {
    const size = jpegSize(jpeg.subarray(0, bytes));
    assertEquals(size === null || size.width === 640, true);
  }
  assertEquals(jpegSize(new TextEncoder().encode("GIF89a and more of it")), null);
});

Deno.test("jpegSize: fill bytes and thumbnails do not mislead it", () => {
  const thumbnail = [0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 0, 1, 0, 1, 3];
  const app = [0xff, 0xff, 0xff, 0xe1, 0, thumbnail.length + 2, ...thumbnail];
  const jpeg = new Uint8Array([0xff, 0xd8, ...app, 0xff, 0xc2, 0, 17, 8, 2, 3, 4, 5, 3, 0]);
  assertEquals(jpegSize(jpeg), { width: 0x405, height: 0x203 });
});

Deno.test("JpegDecoder: a picture that is not whole is refused with the reason, and the next one is fine", async () => {
  const [decoder, jpeg] = [new JpegDecoder(), await picture("sharp")];
  const good = await decoder.decode(jpeg);
  assertEquals([good.width, good.height, good.rgba.length], [320, 240, 320 * 240 * 4]);
  for (
    const [bytes, words] of [
      [jpeg.slice(0, jpeg.length - 100), "Premature end of JPEG file"],
      [jpeg.slice(0, 700), "JPEG"],
      [new Uint8Array(0), "it is no JPEG"],
      [new TextEncoder().encode("GIF89a"), "it is no JPEG"],
    ] as const
  ) {
    await assertRejects(() => decoder.decode(bytes), Error, words);
    assertEquals((await decoder.decode(jpeg)).rgba, good.rgba);
  }
});

Deno.test("JpegDecoder: a picture of too many pixels is not decoded", async () => {
  const jpeg = (await picture("sharp")).slice();
  const at = jpeg.findIndex((byte, index) => byte === 0xff && jpeg[index + 1] === 0xc0);
  jpeg.set([0xff, 0xff, 0xff, 0xff], at + 5);
  await assertRejects(
    () => new JpegDecoder().decode(jpeg),
    Error,
    "it must have <= 36000000 pixels: received 65535 × 65535",
  );
});

Deno.test("JpegDecoder: what flipped bits make of a picture never ends it", async () => {
  const [decoder, jpeg, random] = [new JpegDecoder(), await picture("blurred"), new SeededRandom(7)];
  const whole = (await decoder.decode(jpeg)).rgba;
  for (let round = 0; round < 150; round++) {
    const damaged = jpeg.slice();
    for (let flips = 1 + random.int(4); flips > 0; flips--) damaged[random.int(jpeg.length)]! ^= 1 << random.int(8);
    await decoder.decode(damaged).catch((error) => assertEquals(error instanceof Error, true));
  }
  assertEquals((await decoder.decode(jpeg)).rgba, whole);
});

/** A grey progressive picture, true to the standard, whose scans behind the first say that nothing changes. */
function progressive(side: number, scans: number): Uint8Array<ArrayBuffer> {
  const blocks = (side / 8) ** 2;
  const table = (kind: number, symbol: number) => [0xff, 0xc4, 0, 20, kind << 4, 1, ...Array(15).fill(0), symbol];
  const frame = [0xff, 0xc2, 0, 11, 8, side >> 8, side & 255, side >> 8, side & 255, 1, 1, 0x11, 0];
  const scan = (from: number, to: number, bits: number) => {
    return [0xff, 0xda, 0, 8, 1, 1, 0, from, to, 0, ...Array(Math.ceil(bits / 8)).fill(0)];
  };
  return new Uint8Array([
    ...[0xff, 0xd8, 0xff, 0xdb, 0, 67, 0, ...Array(64).fill(1), ...frame, ...table(0, 0), ...table(1, 0xe0)],
    ...scan(0, 0, blocks),
    ...Array(scans - 1).fill(scan(1, 63, 15 * Math.ceil(blocks / 2 ** 14))).flat(),
    ...[0xff, 0xd9],
  ]);
}

Deno.test("jpegScans: counts them to the end, over thumbnails, restarts and fill bytes, and not further than it must", async () => {
  assertEquals(jpegScans(await picture("sharp"), 64), 1);
  assertEquals([jpegScans(progressive(64, 12), 64), jpegScans(progressive(64, 1_000), 64)], [12, 65]);
  const scan = [0xff, 0xda, 0, 2, 7, 0xff, 0, 0xff, 0xd0, 7];
  const thumbnail = [0xff, 0xe1, 0, 14, 0xff, 0xd8, ...scan];
  const jpeg = new Uint8Array([0xff, 0xd8, ...thumbnail, ...scan, 0xff, 0xff, ...scan, 0xff, 0xd9, ...scan]);
  assertEquals(jpegScans(jpeg, 64), 2);
  for (let bytes = 0; bytes < jpeg.length; bytes++) jpegScans(jpeg.subarray(0, bytes), 64);
  assertEquals(jpegScans(new Uint8Array(1_000).fill(0xff), 64), 0);
});

Deno.test("JpegDecoder: a picture that goes over its pixels ever again is not decoded, and one that does so as usual is", async () => {
  const decoder = new JpegDecoder();
  assertEquals((await decoder.decode(progressive(64, LIMITS.analysisScansMax))).width, 64);
  const scans = progressive(64, LIMITS.analysisScansMax + 1);
  await assertRejects(() => decoder.decode(scans), Error, `it must have <= ${LIMITS.analysisScansMax} scans`);
});

/** As {@linkcode progressive}, with all scans but the first behind what a reader of segments takes for one of 64 KiB. */
function hiddenScans(marker: number, scans: number): Uint8Array<ArrayBuffer> {
  const jpeg = progressive(16, scans);
  const first = jpeg.findIndex((byte, at) => byte === 0xff && jpeg[at + 1] === 0xda);
  const interval = (blocks: number) => [0xff, 0xdd, 0, 4, 0, blocks];
  // In the first scan, where RST0 is due after two blocks of four; behind it the decoder finds its RST0.
  const data = [0, 0xff, marker, 0xff, 0xff, 0xff, 0xd0, 0];
  const head = [...jpeg.subarray(0, first), ...interval(2), ...jpeg.subarray(first, first + 10), ...data];
  return new Uint8Array([...head, ...interval(0), ...jpeg.subarray(first + 11)]);
}

Deno.test("JpegDecoder: scans cannot be hidden behind a marker which the decoder steps over", async () => {
  const decoder = new JpegDecoder();
  for (const marker of [0x01, 0x02, 0x4f, 0xbf]) {
    assertEquals(jpegScans(hiddenScans(marker, 12), 64), 12);
    const scans = hiddenScans(marker, LIMITS.analysisScansMax + 1);
    await assertRejects(() => decoder.decode(scans), Error, `it must have <= ${LIMITS.analysisScansMax} scans`);
  }
});
