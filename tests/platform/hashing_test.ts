import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

const BYTES = new TextEncoder().encode("123456789");

Deno.test("a copy of a hash goes on by itself, and leaves the first one open", () => {
  const hash = createHash("sha256").update(BYTES.subarray(0, 4));
  const sofar = hash.copy().digest("hex");
  assertEquals(sofar, createHash("sha256").update(BYTES.subarray(0, 4)).digest("hex"));
  assertEquals(hash.update(BYTES.subarray(4)).digest("hex"), createHash("sha256").update(BYTES).digest("hex"));
});

Deno.test("crc32 is that of zlib, and goes on from an earlier value", () => {
  assertEquals(crc32(BYTES), 0xcbf43926);
  assertEquals(crc32(BYTES.subarray(4), crc32(BYTES.subarray(0, 4))), 0xcbf43926);
});
