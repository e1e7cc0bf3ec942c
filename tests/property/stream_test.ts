import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import { FrameDecoder } from "../../lib/framing/frame_decoder.ts";
import { encodeFrame } from "../../lib/framing/frame_encoder.ts";
import { decodeMessage, encodeMessage } from "../../lib/protocol/codec.ts";
import { chunkings } from "../helpers/chunking.ts";
import { decodePieces, feedPieces, joinBytes } from "../helpers/decode_pieces.ts";
import { cutRandomly, readCorpus } from "./corpus.ts";

/** What comes out of a stream: a line for each message, and one for how it ended. Only our own errors may be thrown. */
function outcome(pieces: Iterable<Uint8Array>): string[] {
  const lines: string[] = [];
  const decoder = new FrameDecoder(LIMITS.messageBytesMax);
  try {
    feedPieces(decoder, pieces, (bytes) => lines.push(describe(bytes)));
    decoder.end();
    lines.push("end");
  } catch (error) {
    if (!(error instanceof FramewireError)) throw error;
    lines.push(error.code);
  }
  return lines;
}

function describe(bytes: Uint8Array): string {
  const message = decodeMessage(bytes);
  return JSON.stringify(message, (_, value) => {
    if (typeof value === "bigint") return `${value}n`;
    return value instanceof Uint8Array ? value.toHex() : value;
  });
}

for (const { name, bytes } of readCorpus("stream")) {
  Deno.test(`property: corpus input ${name} gives the same however it is cut`, () => {
    const whole = outcome([bytes]);
    for (const { how, pieces } of chunkings(bytes, 1)) assertEquals(outcome(pieces), whole, how);
    const known = ["end", "TRUNCATED", "MALFORMED", "MESSAGE_TOO_LARGE", "MESSAGE_EMPTY"];
    assertEquals(known.includes(whole.at(-1)!), true, whole.at(-1));
  });
}

Deno.test("property: corpus inputs give what they always gave", () => {
  const endings = readCorpus("stream").map(({ name, bytes }) => `${name}: ${outcome([bytes]).at(-1)}`);
  assertEquals(endings, [
    "body_empty_envelope.hex: end",
    "body_unknown.hex: end",
    "chunk_old_sender.hex: end",
    "field_zero.hex: MALFORMED",
    "group_unclosed.hex: MALFORMED",
    "hash_31_bytes.hex: MALFORMED",
    "http.hex: MESSAGE_TOO_LARGE",
    "length_4_gib.hex: MESSAGE_TOO_LARGE",
    "length_beyond.hex: MALFORMED",
    "length_signed.hex: MESSAGE_TOO_LARGE",
    "length_zero.hex: MESSAGE_EMPTY",
    "ping.hex: end",
    "ping_and_half.hex: TRUNCATED",
    "prefix_half.hex: TRUNCATED",
    "prefix_only.hex: TRUNCATED",
    "range_reversed.hex: MALFORMED",
    "size_2_64.hex: MALFORMED",
    "tls_hello.hex: MESSAGE_TOO_LARGE",
    "twice_in_oneof.hex: end",
    "utf8_bad.hex: MALFORMED",
    "varint_cut.hex: MALFORMED",
    "varint_long.hex: MALFORMED",
  ]);
});

Deno.test("property: messages come out as they went in, however they are cut", () => {
  const messages = fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { maxLength: 8 });
  fc.assert(
    fc.property(messages, fc.nat(), (sent, seed) => {
      const stream = joinBytes(...sent.map(encodeFrame));
      assertEquals(decodePieces(cutRandomly(stream, seed), 400), sent);
    }),
    { numRuns: 500 },
  );
});

Deno.test("property: large messages come out as they went in, however they are cut", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(sizes, fc.nat(), (bytes, seed) => {
      const sent = bytes.map((count, index) => new Uint8Array(count).fill(index + 1));
      const got = decodePieces(cutRandomly(joinBytes(...sent.map(encodeFrame)), seed), 300_000);
      assertEquals(got.map((one) => one.length), bytes);
      got.forEach((one, index) => assertEquals(one.every((byte) => byte === index + 1), true));
    }),
    { numRuns: 60 },
  );
});

Deno.test("property: any bytes give the same however they are cut, and no error but ours", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(), (bytes, seed) => {
      assertEquals(outcome(cutRandomly(bytes, seed)), outcome([bytes]));
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("property: any bytes behind a right prefix are a message or MALFORMED", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), (bytes) => {
      const [first] = outcome([encodeFrame(bytes)]);
      assertEquals(first!.startsWith("{") || first === "MALFORMED", true, first);
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("property: any clip that a box may open survives the wire", () => {
  const bytes = fc.option(fc.integer({ min: 0, max: LIMITS.clipBytesMax }));
  const modifiedMs = fc.option(fc.integer({ min: -8.64e15, max: 8.64e15 }));
  const sha256 = fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }).map((hash) => hash.toHex()));
  const name = fc.string({ unit: "grapheme", minLength: 1 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 32 - 1 }), name, bytes, modifiedMs, sha256, (stream, name, ...rest) => {
      const [bytes, modifiedMs, sha256] = rest;
      const opening = { kind: "openClip", stream, name, bytes, modifiedMs, sha256, resumeClipId: null } as const;
      const message = { ...opening, fresh: false };
      assertEquals(decodeMessage(encodeMessage(message).subarray(4)), message);
    }),
  );
});
