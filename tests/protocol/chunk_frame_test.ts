import { crc32 } from "node:zlib";
import { assertEquals, assertLessOrEqual, assertNotEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { CHUNK_HEAD_BYTES, chunkChecksum, endOfClip, frameChunk, isIntact } from "../../lib/protocol/chunk_frame.ts";
import { decodeMessage, encodeMessage } from "../../lib/protocol/codec.ts";
import { joinBytes } from "../helpers/decode_pieces.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const STREAMS = [1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32 - 1];
const OFFSETS = [0, 1, 127, 128, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 3, 2 ** 44];
const SIZES = [1, 127, 128, 4096, 16_383, 65_536, LIMITS.chunkBytesMax];

/** A buffer as the sender keeps it: room for the head, the payload, and rubbish behind. */
function bufferOf(chunk: Uint8Array): Uint8Array {
  return joinBytes(new Uint8Array(CHUNK_HEAD_BYTES).fill(0xaa), chunk, Uint8Array.of(0xbb, 0xbb));
}

Deno.test("frameChunk writes what the generic encoder means, for every size of its fields", () => {
  const random = new SeededRandom(1);
  for (const bytes of SIZES) {
    const chunk = random.bytes(bytes);
    const buffer = bufferOf(chunk);
    for (const stream of STREAMS) {
      for (const offset of OFFSETS) {
        const frame = frameChunk(buffer, bytes, stream, offset);
        const crc = chunkChecksum(stream, offset, chunk);
        const message = { kind: "videoData", stream, offset, crc32: crc, chunk, isEnd: false, sha256: null } as const;
        assertEquals(new DataView(frame.buffer, frame.byteOffset).getUint32(0), frame.length - 4);
        assertEquals(decodeMessage(frame.subarray(4)), message);
        // An offset of 0 is written, although it need not be.
        assertEquals(frame.length - (offset === 0 ? 2 : 0), encodeMessage(message).length);
      }
    }
  }
});

Deno.test("frameChunk leaves the payload where it is, and what is around it", () => {
  const chunk = new SeededRandom(2).bytes(1000);
  const buffer = bufferOf(chunk);
  const frame = frameChunk(buffer, chunk.length, 1, 5);
  assertEquals(frame.buffer, buffer.buffer);
  assertEquals(frame.byteOffset + frame.length, buffer.byteOffset + CHUNK_HEAD_BYTES + chunk.length);
  assertEquals(buffer.subarray(CHUNK_HEAD_BYTES, CHUNK_HEAD_BYTES + chunk.length), chunk);
  assertEquals(buffer.subarray(-2), Uint8Array.of(0xbb, 0xbb));
  assertEquals(buffer[0], 0xaa);
});

Deno.test("frameChunk's head fits into its room at the ends of all fields", () => {
  const chunk = new Uint8Array(LIMITS.chunkBytesMax);
  const frame = frameChunk(bufferOf(chunk), chunk.length, 2 ** 32 - 1, 2 ** 44);
  assertLessOrEqual(frame.length - chunk.length, CHUNK_HEAD_BYTES);
});

Deno.test("chunkChecksum is the CRC-32 of four bytes of stream, eight of offset, and the chunk", () => {
  const chunk = new TextEncoder().encode("123456789");
  const place = Uint8Array.of(0xa0, 0, 0, 0xb, 0, 0, 0, 1, 2, 3, 4, 5);
  assertEquals(chunkChecksum(0xa000000b, 0x0102030405, chunk), crc32(joinBytes(place, chunk)));
  assertEquals(crc32(chunk), 0xcbf43926, "the check value of CRC-32/ISO-HDLC");
});

Deno.test("chunkChecksum tells the same bytes at another offset, or of another stream", () => {
  const chunk = new Uint8Array(100);
  for (const offset of OFFSETS.slice(1)) assertNotEquals(chunkChecksum(1, offset, chunk), chunkChecksum(1, 0, chunk));
  assertNotEquals(chunkChecksum(1, 0, chunk), chunkChecksum(2, 0, chunk));
});

Deno.test("chunkChecksum has the hash of an end behind all else", () => {
  const [chunk, hash] = [Uint8Array.of(7, 8), new SeededRandom(3).bytes(32)];
  const all = joinBytes(Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9), chunk, hash);
  assertEquals(chunkChecksum(4, 9, chunk, hash.toHex()), crc32(all));
});

Deno.test("isIntact finds every field of an end that is another", () => {
  const end = endOfClip(1, 1000, "ab".repeat(32));
  assertEquals(isIntact(end), true);
  const others = [
    { stream: 2 },
    { offset: 1001 },
    { crc32: end.crc32 ^ 1 },
    { chunk: new Uint8Array(1) },
    { isEnd: false },
    { sha256: null },
    { sha256: "aa" + "ab".repeat(31) },
  ];
  for (const other of others) assertEquals(isIntact({ ...end, ...other }), false, Object.keys(other)[0]);
});
