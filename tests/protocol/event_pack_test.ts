import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FramewireError } from "../../lib/errors.ts";
import { PREFIX_BYTES } from "../../lib/framing/frame_decoder.ts";
import { decodeMessage } from "../../lib/protocol/codec.ts";
import type { BoxEvent, EventBody } from "../../lib/protocol/event.ts";
import { batchChecksum, decodeBatch, encodeBatch } from "../../lib/protocol/event_batch.ts";
import { frameEvents } from "../../lib/protocol/event_frame.ts";
import { eventEnds, packEvents } from "../../lib/protocol/event_pack.ts";

const TEXT = fc.string({ unit: "binary", maxLength: 300 }).filter((text) => text.isWellFormed());
const INT32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const BODY: fc.Arbitrary<EventBody> = fc.oneof(
  TEXT.map((text) => ({ kind: "text" as const, text })),
  TEXT.map((json) => ({ kind: "json" as const, json })),
  fc.record({
    kind: fc.constant("temp" as const),
    deviceId: INT32,
    eventId: INT32,
    humidity: fc.float({ noNaN: true }),
    tempCel: fc.float({ noNaN: true }),
    picture: fc.option(fc.uint8Array({ minLength: 1, maxLength: 2_000 })),
  }),
);
const EVENTS = fc.array(
  fc.record({
    timeMs: fc.integer({ min: -1_000_000_000_000, max: 4_000_000_000_000_000 }).map((micros) => micros / 1000),
    source: fc.option(fc.string({ minLength: 1, maxLength: 20 })),
    body: BODY,
  }),
  { minLength: 1, maxLength: 50 },
);

function numbered(events: readonly Omit<BoxEvent, "sequence">[], first: number): BoxEvent[] {
  return events.map((event, index) => ({ ...event, sequence: first + index }));
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

Deno.test("packEvents: a pack has the bytes that the generic encoder gives, for any events", () => {
  fc.assert(fc.property(EVENTS, fc.integer({ min: 1, max: 2 ** 44 - 100 }), (events, first) => {
    const all = numbered(events, first);
    const packs = packEvents(all);
    assertEquals(join(packs.map(({ bytes }) => bytes)), new Uint8Array(encodeBatch(all)));
    assertEquals(packs.at(-1)!.last, first + events.length - 1);
  }));
});

Deno.test("eventEnds: a pack that is cut at any of its events is two batches", () => {
  const events = numbered(
    [0, 1, 100, 127, 128, 20_000].map((length) => ({
      timeMs: 5,
      source: "cam",
      body: { kind: "text" as const, text: "x".repeat(length) },
    })),
    300,
  );
  const [pack] = packEvents(events);
  const ends = eventEnds(pack!);
  assertEquals(ends.length, events.length);
  assertEquals(ends.at(-1), pack!.bytes.length);
  for (const [index, end] of ends.entries()) {
    assertEquals(decodeBatch(pack!.bytes.subarray(0, end)), events.slice(0, index + 1));
    assertEquals(decodeBatch(pack!.bytes.subarray(end)), events.slice(index + 1));
  }
});

Deno.test("packEvents: packs are bounded by events and by bytes, and follow each other without a gap", () => {
  for (const length of [1, 900, 200_000]) {
    const body = { kind: "text" as const, text: "x".repeat(length) };
    const packs = packEvents(numbered(
      Array.from({ length: length > 900 ? 20 : 5_000 }, () => ({
        timeMs: 5,
        source: null,
        body,
      })),
      1,
    ));
    let next = 1;
    for (const { first, last, bytes } of packs) {
      assertEquals(first, next);
      assertLessOrEqual(last - first + 1, 1_000);
      assertLessOrEqual(bytes.length, 64 * 1024 + length + 40);
      next = last + 1;
    }
    assertEquals(next - 1, length > 900 ? 20 : 5_000);
  }
});

Deno.test("packEvents: an event that is too large is refused, and none of the others is packed", () => {
  const event = (text: string) => ({ timeMs: 0, source: null, body: { kind: "text" as const, text } });
  const error = assertThrows(
    () => packEvents(numbered([event("a"), event("x".repeat(1 << 20))], 1)),
    FramewireError,
  );
  assert(error.message.startsWith("Cannot send event as it must have <= 1048576 bytes: received 10485"), error.message);
});

Deno.test("frameEvents: the generated decoder reads what was framed, whatever the parts", () => {
  fc.assert(fc.property(EVENTS, fc.integer({ min: 1, max: 2 ** 32 - 1 }), (events, stream) => {
    const all = numbered(events, 7);
    const [pack] = packEvents(all);
    const ends = eventEnds(pack!);
    const middle = ends[ends.length >> 1]!;
    const frame = frameEvents(stream, [pack!.bytes.subarray(0, middle), pack!.bytes.subarray(middle)]);
    assertEquals(new DataView(frame.buffer).getUint32(0), frame.length - PREFIX_BYTES);
    const message = decodeMessage(frame.subarray(PREFIX_BYTES));
    const crc32 = batchChecksum(stream, pack!.bytes);
    assertEquals(message, { kind: "eventData", stream, crc32, batch: pack!.bytes });
  }));
});
