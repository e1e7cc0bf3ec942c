/** The short way to decode a batch, against the generic decoder. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { FramewireError } from "../../lib/errors.ts";
import type { BoxEvent } from "../../lib/protocol/event.ts";
import { decodeBatch, decodeGenerically, encodeBatch } from "../../lib/protocol/event_batch.ts";
import { readBatch } from "../../lib/protocol/event_reader.ts";

/** What came of it, errors too. */
function outcome(decode: (bytes: Uint8Array) => BoxEvent[], bytes: Uint8Array): unknown {
  try {
    return decode(bytes);
  } catch (error) {
    assert(error instanceof FramewireError, String(error));
    return [error.code, error.message];
  }
}

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  for (; value >= 128n; value >>= 7n) bytes.push(Number(value & 127n) + 128);
  return [...bytes, Number(value)];
}

function field(tag: number, content: readonly number[]): number[] {
  return [...varint(BigInt(tag)), ...(tag & 7) === 2 ? varint(BigInt(content.length)) : [], ...content];
}

const EDGES = [31n, 32n, 44n, 53n, 63n, 64n].flatMap((bits) => [-1n, 0n, 1n].map((more) => 2n ** bits + more))
  .filter((value) => value < 2n ** 64n);
const NUMBER = fc.oneof(
  fc.constantFrom(0n, 1n, 127n, 128n, ...EDGES),
  fc.bigInt({ min: 0n, max: 1_000n }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
).map(varint);
const BYTES = fc.oneof(
  fc.constantFrom([], [0], [0xef, 0xbb, 0xbf, 0x7b, 0x7d], [0x7b, 0x7d], [0xff], [0xc3, 0xbc]),
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 }),
  fc.string().map((text) => [...new TextEncoder().encode(text)]),
);
const FLOAT = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 });
type Known = Record<number, fc.Arbitrary<readonly number[]>>;
/** Fields of a message, each once at most, in any order. */
const someOf = (known: Known) =>
  fc.tuple(
    fc.shuffledSubarray(Object.keys(known).map(Number)),
    fc.record(known),
  ).map(([tags, contents]) => tags.flatMap((tag) => field(tag, (contents as Record<number, readonly number[]>)[tag]!)));
/** ... or any that it has and some that it has not, any number of times. */
const fields = (known: Known, unknown: readonly number[]) =>
  fc.oneof(
    { arbitrary: someOf(known), weight: 5 },
    {
      arbitrary: fc.array(
        fc.oneof(
          ...Object.entries(known).map(([tag, content]) => content.map((bytes) => field(Number(tag), bytes))),
          fc.constantFrom(...unknown).map((tag) => field(tag, (tag & 7) === 2 ? [1, 2] : [1])),
        ),
        { maxLength: 6 },
      ).map((all) => all.flat()),
      weight: 1,
    },
  );
const TEMP = fields({ 0x08: NUMBER, 0x10: NUMBER, 0x1d: FLOAT, 0x25: FLOAT, 0x2a: BYTES }, [0x30, 0x3a, 0x1a]);
/** One of the bodies. */
const EVENT = fc.oneof(
  ...[{ 0x1a: TEMP }, { 0x22: BYTES }, { 0x2a: BYTES }, { 0x1a: TEMP, 0x22: BYTES, 0x2a: BYTES }].map((body: Known) =>
    fields({ 0x08: NUMBER, 0x10: NUMBER, 0x32: BYTES, ...body }, [0x38, 0x42, 0x0a])
  ),
);
const BATCH = fc.oneof(
  fc.array(EVENT, { maxLength: 3 }).map((events) => events.flatMap((event) => field(0x0a, event))),
  fields({ 0x0a: EVENT }, [0x10, 0x1a]),
).map((bytes) => Uint8Array.from(bytes));

Deno.test("decodeBatch: whatever the bytes are, the same comes out as of the generic decoder", () => {
  let read = 0;
  const same = (bytes: Uint8Array) => {
    if (outcome(readBatch as typeof decodeBatch, bytes) !== undefined) read++;
    assertEquals(outcome(decodeBatch, bytes), outcome(decodeGenerically, bytes));
  };
  fc.assert(fc.property(BATCH, same), { numRuns: 3_000 });
  assert(read > 300, `only ${read} were read the short way`);
});

Deno.test("decodeBatch: numbers at the edges of their ranges are what the generic decoder says", () => {
  for (const edge of EDGES.map(varint)) {
    for (const event of [[...field(0x08, edge), 0x1a, 0], [...field(0x10, edge), 0x1a, 0]]) {
      const bytes = Uint8Array.from(field(0x0a, event));
      assertEquals(outcome(decodeBatch, bytes), outcome(decodeGenerically, bytes), String(bytes));
    }
    for (const tag of [0x08, 0x10]) {
      const bytes = Uint8Array.from(field(0x0a, field(0x1a, field(tag, edge))));
      assertEquals(outcome(decodeBatch, bytes), outcome(decodeGenerically, bytes), String(bytes));
    }
  }
});

Deno.test("decodeBatch: a number of hundreds of bytes is malformed, wherever it is", () => {
  const long = [...Array(200).fill(0x80), 0];
  const json = field(0x2a, [0x7b, 0x7d]);
  for (const event of [[8, ...long, ...json], [16, ...long, ...json], [0x2a, ...long], field(0x1a, [8, ...long])]) {
    const batch = new Uint8Array([...field(10, event), ...field(10, json)]);
    assertEquals((outcome(decodeBatch, batch) as string[])[0], "MALFORMED");
  }
  assertEquals((outcome(decodeBatch, new Uint8Array([10, ...long])) as string[])[0], "MALFORMED");
});

Deno.test("decodeBatch: a field that ends behind its message is malformed", () => {
  for (const cut of [[0x25, 1, 2, 3], [0x25], [0x08, 0x80], [0x2a, 2, 1]]) {
    for (const event of [field(0x1a, cut), [...field(0x1a, cut), ...field(0x32, [0x63])]]) {
      const bytes = Uint8Array.from(field(0x0a, event));
      assertEquals((outcome(decodeBatch, bytes) as string[])[0], "MALFORMED", String(bytes));
    }
  }
});

Deno.test("decodeBatch: a batch that is cut or damaged anywhere is what the generic decoder says", () => {
  const body = { kind: "temp", deviceId: 7, eventId: 300, humidity: 40.5, tempCel: 21.25 } as const;
  const whole = encodeBatch([
    { sequence: 1, timeMs: 1_700_000_000_000.125, source: null, body: { ...body, picture: Uint8Array.of(1, 2, 3) } },
    { sequence: 2, timeMs: 0, source: "cam", body: { kind: "text", text: "ä" } },
    { sequence: 300, timeMs: 5, source: null, body: { kind: "json", json: '{"a": 1}' } },
    { sequence: 301, timeMs: 5, source: null, body: { ...body, picture: null } },
  ]);
  for (let at = 0; at < whole.length; at++) {
    const cut = whole.subarray(0, at);
    assertEquals(outcome(decodeBatch, cut), outcome(decodeGenerically, cut), `cut at ${at}`);
    for (const flip of [1, 2, 128, 255]) {
      const damaged = whole.slice();
      damaged[at]! ^= flip;
      assertEquals(outcome(decodeBatch, damaged), outcome(decodeGenerically, damaged), `${flip} at ${at}`);
    }
  }
});

Deno.test("readBatch: what our boxes send is read the short way, and a picture is a view", () => {
  const event = (body: BoxEvent["body"]): BoxEvent => ({ sequence: 9, timeMs: 1_700_000_000_000.5, source: "c", body });
  const picture = Uint8Array.of(1, 2, 3);
  const events = [
    event({ kind: "temp", deviceId: 1, eventId: 2 ** 31 - 1, humidity: 0, tempCel: -0.5, picture }),
    event({ kind: "text", text: "a text of more than twenty-four letters, ä" }),
    event({ kind: "json", json: '{"ticks": 9007199254740993}' }),
  ];
  const bytes = encodeBatch(events);
  const read = readBatch(bytes)!;
  assertEquals(read, events);
  const [{ body }] = read as [BoxEvent];
  assertEquals(body.kind === "temp" && body.picture!.buffer, bytes.buffer);
});
