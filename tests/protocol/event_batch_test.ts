import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FramewireError } from "../../lib/errors.ts";
import type { BoxEvent, EventBody } from "../../lib/protocol/event.ts";
import { batchChecksum, decodeBatch, encodeBatch } from "../../lib/protocol/event_batch.ts";

const INT32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const TEXT = fc.string({ unit: "binary" }).filter((text) => text.isWellFormed());
const BODY: fc.Arbitrary<EventBody> = fc.oneof(
  fc.record({
    kind: fc.constant("temp" as const),
    deviceId: INT32,
    eventId: INT32,
    humidity: fc.float({ noNaN: true }),
    tempCel: fc.float({ noNaN: true }),
    picture: fc.option(fc.uint8Array({ minLength: 1 })),
  }),
  fc.record({ kind: fc.constant("text" as const), text: TEXT }),
  fc.record({ kind: fc.constant("json" as const), json: TEXT }),
);
const EVENT: fc.Arbitrary<BoxEvent> = fc.record({
  sequence: fc.integer({ min: 1, max: 16 * 2 ** 40 }),
  timeMs: fc.integer({ min: -1_000_000_000_000, max: 4_000_000_000_000_000 }).map((micros) => micros / 1000),
  source: fc.option(TEXT.filter((text) => text !== "")),
  body: BODY,
});

Deno.test("event batch: what is encoded is decoded, whatever it is", () => {
  fc.assert(fc.property(fc.array(EVENT, { maxLength: 20 }), (events) => {
    assertEquals(decodeBatch(encodeBatch(events)), events);
  }));
});

Deno.test("event batch: integers above 2^53 stay exact in JSON", () => {
  const json = '{"ticks": 9007199254740993, "text": "ü"}';
  const event = { sequence: 1, timeMs: 0, source: null, body: { kind: "json" as const, json } };
  assertEquals(decodeBatch(encodeBatch([event]))[0]!.body, { kind: "json", json });
});

Deno.test("event batch: rubbish, an event without a body, and JSON which is no text are malformed", () => {
  const code = (bytes: Uint8Array) => assertThrows(() => decodeBatch(bytes), FramewireError).code;
  assertEquals(code(Uint8Array.of(0xff, 0xff)), "MALFORMED");
  // events { sequence: 1 }
  assertEquals(code(Uint8Array.of(0x0a, 0x02, 0x08, 0x01)), "MALFORMED");
  // events { json: FF }
  assertEquals(code(Uint8Array.of(0x0a, 0x03, 0x2a, 0x01, 0xff)), "MALFORMED");
});

Deno.test("batchChecksum: a batch on another stream is another one", () => {
  assertNotEquals(batchChecksum(1, Uint8Array.of(1)), batchChecksum(2, Uint8Array.of(1)));
  assertNotEquals(batchChecksum(1, Uint8Array.of(1)), batchChecksum(1, Uint8Array.of(0)));
});
