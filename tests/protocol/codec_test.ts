import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { EnvelopeSchema } from "../../gen/framewire/v1/framewire_pb.ts";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import { decodeMessage, encodeMessage } from "../../lib/protocol/codec.ts";
import type { Message } from "../../lib/protocol/message.ts";
import { joinBytes } from "../helpers/decode_pieces.ts";
import { SAMPLE_MESSAGES } from "../helpers/sample_messages.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

type Body = NonNullable<MessageInitShape<typeof EnvelopeSchema>["body"]>;

/** Bytes of an Envelope which the codec itself would not write. */
function envelope(body: Body): Uint8Array {
  return toBinary(EnvelopeSchema, create(EnvelopeSchema, { body }));
}

function refused(bytes: Uint8Array): FramewireError {
  const error = assertThrows(() => decodeMessage(bytes), FramewireError);
  assertEquals(error.code, "MALFORMED");
  return error;
}

for (const [kind, samples] of Object.entries(SAMPLE_MESSAGES)) {
  Deno.test(`codec: a ${kind} is what it was after a round trip`, () => {
    for (const message of samples as readonly Message[]) {
      const frame = encodeMessage(message);
      assertEquals(new DataView(frame.buffer).getUint32(0), frame.length - 4);
      assertEquals(decodeMessage(frame.subarray(4)), message);
    }
  });
}

Deno.test("codec: the chunk is a view of the message, and not a copy", () => {
  const frame = encodeMessage(SAMPLE_MESSAGES.videoData[0]!);
  const decoded = decodeMessage(frame.subarray(4));
  assert(decoded.kind === "videoData");
  assertEquals(decoded.chunk.buffer, frame.buffer);
});

Deno.test("codec: a body of another version is unknown, and no error", () => {
  // Field 300, a message of two bytes.
  assertEquals(decodeMessage(Uint8Array.of(0xe2, 0x12, 2, 8, 1)), { kind: "unknown" });
  assertEquals(decodeMessage(new Uint8Array(0)), { kind: "unknown" });
});

Deno.test("codec: fields of another version are ignored", () => {
  const ping = encodeMessage({ kind: "ping", nonce: 5n }).subarray(4);
  // The Ping (field 4) is two bytes long; three more are field 15, a varint, and field 200 behind the Envelope.
  assertEquals(ping, Uint8Array.of(0x22, 2, 8, 5));
  assertEquals(decodeMessage(Uint8Array.of(0x22, 4, 8, 5, 0x78, 1)), { kind: "ping", nonce: 5n });
  assertEquals(decodeMessage(joinBytes(ping, Uint8Array.of(0xc0, 0x0c, 7))), { kind: "ping", nonce: 5n });
});

Deno.test("codec: VideoData of the earlier scripts (video_chunk and is_end alone) parses", () => {
  // As protobuf writes VideoData { bytes video_chunk = 1; bool is_end = 2; }.
  const old = Uint8Array.of(0x0a, 3, 1, 2, 3, 0x10, 1);
  const message = decodeMessage(joinBytes(Uint8Array.of(0x9a, 1, old.length), old));
  assertEquals(message, {
    kind: "videoData",
    stream: 0,
    offset: 0,
    crc32: 0,
    chunk: Uint8Array.of(1, 2, 3),
    isEnd: true,
    sha256: null,
  });
});

Deno.test("codec: numbers which no clip can have are refused", () => {
  const tooLarge = BigInt(LIMITS.clipBytesMax) + 1n;
  for (const value of [tooLarge, 2n ** 53n, 2n ** 64n - 1n]) {
    refused(envelope({ case: "openClip", value: { stream: 1, name: "a", size: value } }));
    refused(envelope({ case: "videoData", value: { stream: 1, offset: value } }));
    refused(envelope({ case: "ack", value: { stream: 1, received: value } }));
    refused(envelope({ case: "ack", value: { stream: 1, stored: value } }));
    refused(envelope({ case: "resend", value: { stream: 1, offset: value } }));
    refused(envelope({ case: "resend", value: { stream: 1, length: value } }));
    refused(envelope({ case: "clipAccepted", value: { stream: 1, held: [{ start: 0n, end: value }] } }));
    refused(envelope({ case: "welcome", value: { windowBytes: value } }));
    const error = refused(envelope({ case: "welcome", value: { unfinished: [{ storedBytes: value }] } }));
    assert(error.message.endsWith(`must be <= ${LIMITS.clipBytesMax}: received ${value}`), error.message);
  }
});

Deno.test("codec: an empty or reversed range is refused", () => {
  for (const [start, end] of [[0n, 0n], [5n, 5n], [6n, 5n]] as const) {
    refused(envelope({ case: "clipAccepted", value: { stream: 1, held: [{ start, end }] } }));
  }
});

Deno.test("codec: a hash must have 32 bytes", () => {
  for (const bytes of [1, 16, 31, 33, 64]) {
    const sha256 = new Uint8Array(bytes);
    refused(envelope({ case: "openClip", value: { stream: 1, name: "a", sha256 } }));
    refused(envelope({ case: "videoData", value: { stream: 1, isEnd: true, sha256 } }));
    refused(envelope({ case: "clipOffer", value: { stream: 1, held: [{ start: 0n, end: 1n, sha256 }] } }));
  }
});

Deno.test("codec: bytes which are no Envelope are refused, and the cause is kept", () => {
  const text = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert(refused(text).cause !== undefined);
});

Deno.test("codec: every cut of a message is refused or decoded, and nothing else is thrown", () => {
  for (const message of Object.values(SAMPLE_MESSAGES).flat() as Message[]) {
    const bytes = encodeMessage(message).subarray(4);
    for (let cut = 0; cut < bytes.length; cut++) decodesOrRefuses(bytes.subarray(0, cut));
  }
});

Deno.test("codec: random bytes are refused or decoded, and nothing else is thrown", () => {
  const random = new SeededRandom(1);
  for (let i = 0; i < 20_000; i++) decodesOrRefuses(random.bytes(random.int(40)));
});

Deno.test("codec: damaged messages are refused or decoded, and nothing else is thrown", () => {
  const random = new SeededRandom(2);
  const all = (Object.values(SAMPLE_MESSAGES).flat() as Message[]).map((message) => encodeMessage(message).subarray(4));
  for (let i = 0; i < 20_000; i++) {
    const bytes = random.pick(all).slice();
    for (let flips = 1 + random.int(3); flips > 0; flips--) {
      bytes[random.int(bytes.length)]! ^= 1 << random.int(8);
    }
    decodesOrRefuses(bytes);
  }
});

function decodesOrRefuses(bytes: Uint8Array): void {
  try {
    decodeMessage(bytes);
  } catch (error) {
    if (error instanceof FramewireError && error.code === "MALFORMED") return;
    throw new Error(`Decoding ${bytes.toHex()} threw something else`, { cause: error });
  }
}
