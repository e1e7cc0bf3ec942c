import { assert, assertEquals, assertLess, assertLessOrEqual, assertThrows } from "@std/assert";
import { cpuUsage } from "node:process";
import { FramewireError } from "../../lib/errors.ts";
import { FrameDecoder, PREFIX_BYTES } from "../../lib/framing/frame_decoder.ts";
import { encodeFrame } from "../../lib/framing/frame_encoder.ts";
import { chunkings } from "../helpers/chunking.ts";
import { decodePieces, feedPieces, joinBytes } from "../helpers/decode_pieces.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const MAX = 8 * MIB;
/** What a fresh decoder may hold, whatever is announced. */
const SMALL_BYTES = 64 * KIB;

/** A prefix which announces `bytes`. */
function prefix(bytes: number): Uint8Array {
  const four = new Uint8Array(4);
  new DataView(four.buffer).setUint32(0, bytes);
  return four;
}

function codeOf(job: () => unknown): string {
  return assertThrows(job, FramewireError).code;
}

Deno.test("FrameDecoder gives the same messages for any fragmentation and any coalescing", () => {
  const random = new SeededRandom(1);
  const sizes = [1, 2, 3, 4, 5, 255, 256, 700, 1, 1];
  const messages = sizes.map((bytes) => random.bytes(bytes));
  const stream = joinBytes(...messages.map(encodeFrame));
  for (const { how, pieces } of chunkings(stream, 2)) assertEquals(decodePieces(pieces, MAX), messages, how);
});

Deno.test("FrameDecoder gives the same large messages for any fragmentation and any coalescing", () => {
  const random = new SeededRandom(3);
  const sizes = [70_000, 1, 300_000, 16 * KIB - 1, 16 * KIB, 16 * KIB + 1, 64 * KIB - 4, 64 * KIB, 1_200_000, 9];
  const messages = sizes.map((bytes) => random.bytes(bytes));
  const stream = joinBytes(...messages.map(encodeFrame));
  for (const { how, pieces } of chunkings(stream, 4, { randomCount: 25 })) {
    const decoded = decodePieces(pieces, MAX);
    assertEquals(decoded.length, messages.length, how);
    for (const [i, message] of messages.entries()) assert(equalBytes(decoded[i]!, message), `${how}: message ${i}`);
  }
});

Deno.test("FrameDecoder takes no messages from no bytes", () => {
  assertEquals(decodePieces([], MAX), []);
});

Deno.test("FrameDecoder reports a stream which is cut anywhere but between two messages as truncated", () => {
  const random = new SeededRandom(5);
  const messages = [random.bytes(3), random.bytes(300), random.bytes(1)];
  const frames = messages.map(encodeFrame);
  const stream = joinBytes(...frames);
  const ends = [0];
  for (const frame of frames) ends.push(ends.at(-1)! + frame.length);
  for (let cut = 0; cut <= stream.length; cut++) {
    const decoder = new FrameDecoder(MAX);
    const decoded: Uint8Array[] = [];
    feedPieces(decoder, [stream.subarray(0, cut)], (message) => decoded.push(message.slice()));
    const whole = ends.filter((end) => end > 0 && end <= cut).length;
    assertEquals(decoded, messages.slice(0, whole), `cut at byte ${cut}`);
    const isBetween = ends.includes(cut);
    assertEquals(decoder.insideMessage, !isBetween, `cut at byte ${cut}`);
    if (isBetween) decoder.end();
    else assertEquals(codeOf(() => decoder.end()), "TRUNCATED", `cut at byte ${cut}`);
  }
});

Deno.test("FrameDecoder says how much of what is missing", () => {
  const cases: [number[], string][] = [
    [[0, 0], "Cannot read length prefix as the connection ended inside it: received 2 of 4 bytes"],
    [[0, 0, 0, 9], "Cannot read message as the connection ended inside it: received 0 of 9 bytes"],
    [[0, 0, 0, 9, 1, 2, 3], "Cannot read message as the connection ended inside it: received 3 of 9 bytes"],
  ];
  for (const [bytes, text] of cases) {
    assertThrows(() => decodePieces([Uint8Array.from(bytes)], MAX), FramewireError, text);
  }
});

Deno.test("FrameDecoder reports messages which nobody took before the end as truncated", () => {
  const decoder = new FrameDecoder(MAX);
  const frame = encodeFrame(Uint8Array.of(1));
  decoder.room().set(frame);
  decoder.filled(frame.length);
  assertEquals(codeOf(() => decoder.end()), "TRUNCATED");
});

Deno.test("FrameDecoder reports the end once, and gives nothing after it", () => {
  const decoder = new FrameDecoder(MAX);
  feedPieces(decoder, [Uint8Array.of(0, 0, 0, 2, 1)], () => {});
  assertEquals(codeOf(() => decoder.end()), "TRUNCATED");
  decoder.end();
  assertEquals(decoder.next(), undefined);
});

Deno.test("FrameDecoder refuses a declared length before it allocates or asks for anything", () => {
  for (const announced of [MAX + 1, 16 * MIB, 2 ** 31, 2 ** 32 - 1]) {
    const decoder = new FrameDecoder(MAX);
    const error = assertThrows(() => feedPieces(decoder, [prefix(announced)], () => {}), FramewireError);
    assertEquals(error.code, "MESSAGE_TOO_LARGE");
    assert(error.message.endsWith(`must be <= ${MAX} bytes: received ${announced}`), error.message);
    assertLessOrEqual(decoder.capacity, SMALL_BYTES);
    assertEquals(decoder.next(), undefined, "what is behind a bad prefix is no message");
  }
});

Deno.test("FrameDecoder allocates for bytes which have arrived, not for those which were announced", () => {
  const decoder = new FrameDecoder(MAX);
  feedPieces(decoder, [prefix(MAX), new Uint8Array(1000)], () => {});
  assertLessOrEqual(decoder.room().length, SMALL_BYTES);
  assertLessOrEqual(decoder.capacity, SMALL_BYTES);
});

Deno.test("FrameDecoder refuses the length 0", () => {
  assertEquals(codeOf(() => decodePieces([prefix(0)], MAX)), "MESSAGE_EMPTY");
});

Deno.test("FrameDecoder takes a message of exactly the limit, and none of a byte more", () => {
  assertEquals(decodePieces([encodeFrame(new Uint8Array(100))], 100).length, 1);
  assertEquals(codeOf(() => decodePieces([encodeFrame(new Uint8Array(101))], 100)), "MESSAGE_TOO_LARGE");
});

Deno.test("FrameDecoder applies a new limit to the messages behind the one that was taken", () => {
  const decoder = new FrameDecoder(10);
  const stream = joinBytes(encodeFrame(new Uint8Array(10)), encodeFrame(new Uint8Array(5000)));
  const sizes: number[] = [];
  feedPieces(decoder, [stream], (message) => {
    sizes.push(message.length);
    decoder.messageBytesMax = 5000;
  });
  assertEquals(sizes, [10, 5000]);
});

Deno.test("FrameDecoder leaves a message as it is until room is asked for", () => {
  const decoder = new FrameDecoder(MAX);
  const messages = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)];
  const stream = joinBytes(...messages.map(encodeFrame));
  decoder.room().set(stream);
  decoder.filled(stream.length);
  const views = [decoder.next()!, decoder.next()!];
  assertEquals(decoder.next(), undefined);
  assertEquals(views, messages);
});

Deno.test("FrameDecoder hands out the payload in place: no copy in a stream of large chunks", () => {
  const decoder = new FrameDecoder(MAX);
  const frame = encodeFrame(new SeededRandom(6).bytes(256 * KIB));
  const buffers = new Set<ArrayBufferLike>();
  let atFront = 0;
  for (let i = 0; i < 40; i++) {
    feedPieces(decoder, [frame], (message) => {
      if (i < 4) return;
      buffers.add(message.buffer);
      if (message.byteOffset <= PREFIX_BYTES) atFront++;
    });
  }
  assertEquals(buffers.size, 1, "one buffer for all");
  // A message which does not begin at the front would have to be moved there.
  assertEquals(atFront, 36);
});

Deno.test("FrameDecoder gives the memory of a large message back", () => {
  const decoder = new FrameDecoder(MAX);
  feedPieces(decoder, [encodeFrame(new Uint8Array(6 * MIB)), encodeFrame(new Uint8Array(10))], () => {});
  decoder.room();
  assertLessOrEqual(decoder.capacity, MIB);
});

Deno.test("FrameDecoder needs no more memory than twice the message", () => {
  const decoder = new FrameDecoder(MAX);
  const frame = encodeFrame(new Uint8Array(3 * MIB));
  for (let at = 0; at < frame.length; at += 1000) feedPieces(decoder, [frame.subarray(at, at + 1000)], () => {});
  assertLessOrEqual(decoder.capacity, 6 * MIB);
});

Deno.test("FrameDecoder takes four times the time for four times the bytes, byte by byte", () => {
  const timeOf = (bytes: number) => {
    const frame = encodeFrame(new SeededRandom(7).bytes(bytes));
    let best = Infinity;
    for (let round = 0; round < 3; round++) {
      const decoder = new FrameDecoder(MAX);
      let taken = 0;
      const start = cpuUsage();
      for (let at = 0; at < frame.length; at++) {
        decoder.room()[0] = frame[at]!;
        decoder.filled(1);
        if (decoder.next() !== undefined) taken++;
      }
      // Of the processor: another program may run in between.
      best = Math.min(best, cpuUsage(start).user);
      assertEquals(taken, 1);
    }
    return best;
  };
  timeOf(64 * KIB);
  // Linear is 4; quadratic would be 16.
  assertLess(timeOf(MIB) / timeOf(256 * KIB), 9);
});

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
