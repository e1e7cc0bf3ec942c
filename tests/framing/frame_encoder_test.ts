import { assertEquals } from "@std/assert";
import { encodeFrame, writePrefix } from "../../lib/framing/frame_encoder.ts";

Deno.test("encodeFrame puts the length in front, big-endian", () => {
  assertEquals(encodeFrame(Uint8Array.of(7, 8, 9)), Uint8Array.of(0, 0, 0, 3, 7, 8, 9));
  assertEquals(encodeFrame(new Uint8Array(0x010203)).subarray(0, 4), Uint8Array.of(0, 1, 2, 3));
});

Deno.test("encodeFrame takes a view for what it shows", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5);
  assertEquals(encodeFrame(bytes.subarray(2, 4)), Uint8Array.of(0, 0, 0, 2, 3, 4));
});

Deno.test("writePrefix writes lengths above 2^31 as unsigned, and nothing else", () => {
  const into = new Uint8Array(6).fill(0xaa);
  writePrefix(into, 1, 0xfedcba98);
  assertEquals(into, Uint8Array.of(0xaa, 0xfe, 0xdc, 0xba, 0x98, 0xaa));
});
