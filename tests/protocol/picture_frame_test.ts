import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { PREFIX_BYTES } from "../../lib/framing/frame_decoder.ts";
import { decodeMessage, encodeMessage } from "../../lib/protocol/codec.ts";
import { framePicture, isPictureIntact, pictureChecksum } from "../../lib/protocol/picture_frame.ts";

const FACTS = fc.record({
  stream: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  sequence: fc.integer({ min: 1, max: 16 * 2 ** 40 }),
  capturedMs: fc.integer({ min: -1_000_000_000_000, max: 4_000_000_000_000_000 }).map((micros) => micros / 1000),
  name: fc.option(fc.string({ unit: "binary", minLength: 1, maxLength: 300 }).filter((text) => text.isWellFormed())),
});

Deno.test("framePicture: what the generated decoder reads is what was framed, for any facts and any picture", () => {
  fc.assert(fc.property(FACTS, fc.uint8Array({ maxLength: 2_000 }), (facts, jpeg) => {
    const frame = framePicture(facts, jpeg);
    assertEquals(new DataView(frame.buffer).getUint32(0), frame.length - PREFIX_BYTES);
    const message = decodeMessage(frame.subarray(PREFIX_BYTES));
    const expected = { kind: "frameData" as const, ...facts, crc32: pictureChecksum(facts, jpeg), jpeg };
    assertEquals(message, expected);
    // The generic encoder leaves out what is 0 and orders by number; to a decoder it is the same.
    assertEquals(decodeMessage(encodeMessage(expected).subarray(PREFIX_BYTES)), expected);
  }));
});

Deno.test("isPictureIntact: a change of any field, and of any bit of the picture, is noticed", () => {
  const facts = { stream: 1, sequence: 7, capturedMs: 1_790_000_000_000.125, name: "7.jpg" };
  const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0x00);
  const good = { kind: "frameData" as const, ...facts, jpeg, crc32: pictureChecksum(facts, jpeg) };
  assert(isPictureIntact(good));
  const damaged = [
    { ...good, stream: 2 },
    { ...good, sequence: 8 },
    { ...good, capturedMs: facts.capturedMs + 0.001 },
    { ...good, name: "8.jpg" },
    { ...good, name: null },
    ...jpeg.keys().map((at) => ({ ...good, jpeg: jpeg.with(at, jpeg[at]! ^ 1) })),
  ];
  for (const frame of damaged) assertEquals(isPictureIntact(frame), false);
  assertNotEquals(pictureChecksum(facts, jpeg), pictureChecksum({ ...facts, name: null }, jpeg));
});

Deno.test("framePicture: in a room that is large enough, else in memory of its own; what was there before does not shine through", () => {
  const facts = { stream: 1, sequence: 7, capturedMs: 1_790_000_000_000.125, name: "7.jpg" };
  const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0x00);
  const whole = framePicture(facts, jpeg);
  const room = new Uint8Array(whole.length + 3).fill(0xaa);
  const inRoom = framePicture(facts, jpeg, room);
  assertEquals([inRoom.buffer === room.buffer, inRoom.byteOffset], [true, 0]);
  assertEquals(inRoom, whole);
  assertEquals(room.subarray(whole.length), new Uint8Array(3).fill(0xaa));
  const tooSmall = new Uint8Array(whole.length - 1);
  const own = framePicture(facts, jpeg, tooSmall);
  assertEquals([own.buffer === tooSmall.buffer, own], [false, whole]);
});
