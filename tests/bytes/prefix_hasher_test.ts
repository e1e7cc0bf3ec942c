import { createHash } from "node:crypto";
import { assertEquals, assertRejects } from "@std/assert";
import { hashRange, PrefixHasher, type ReadAt } from "../../lib/bytes/prefix_hasher.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const CONTENT = new SeededRandom(1).bytes(700_000);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Reads of at most `piece` bytes, counted. */
function reading(content: Uint8Array, piece = Infinity): { read: ReadAt; counted: () => number } {
  let bytes = 0;
  const read: ReadAt = (into, offset) => {
    const part = content.subarray(offset, offset + Math.min(into.length, piece));
    into.set(part);
    bytes += part.length;
    return Promise.resolve(part.length);
  };
  return { read, counted: () => bytes };
}

Deno.test("PrefixHasher hashes bytes as they pass, and ignores those which are not the next", () => {
  const hasher = new PrefixHasher();
  hasher.update(100, CONTENT.subarray(100, 200));
  assertEquals(hasher.position, 0);
  hasher.update(0, CONTENT.subarray(0, 100));
  hasher.update(0, CONTENT.subarray(0, 100));
  hasher.update(100, CONTENT.subarray(100, 200));
  assertEquals(hasher.position, 200);
  assertEquals(hasher.digest(), sha256(CONTENT.subarray(0, 200)));
});

Deno.test("PrefixHasher goes on with bytes of which it knows the first ones, as a sender cuts them anew", () => {
  const hasher = new PrefixHasher();
  hasher.update(0, CONTENT.subarray(0, 150));
  hasher.update(100, CONTENT.subarray(100, 140));
  assertEquals(hasher.position, 150);
  hasher.update(100, CONTENT.subarray(100, 300));
  assertEquals(hasher.position, 300);
  assertEquals(hasher.digest(), sha256(CONTENT.subarray(0, 300)));
});

Deno.test("PrefixHasher goes on after a digest", () => {
  const hasher = new PrefixHasher();
  hasher.update(0, CONTENT.subarray(0, 10));
  hasher.digest();
  hasher.update(10, CONTENT.subarray(10, 20));
  assertEquals(hasher.digest(), sha256(CONTENT.subarray(0, 20)));
});

Deno.test("PrefixHasher.catchUp reads each byte once, over short reads, too", async () => {
  const hasher = new PrefixHasher();
  hasher.update(0, CONTENT.subarray(0, 1000));
  const { read, counted } = reading(CONTENT, 7_777);
  assertEquals(await hasher.catchUp(read, CONTENT.length), true);
  assertEquals(hasher.digest(), sha256(CONTENT));
  assertEquals(counted(), CONTENT.length - 1000);
});

Deno.test("PrefixHasher.catchUp does not read behind the end it was given", async () => {
  const hasher = new PrefixHasher();
  await hasher.catchUp(reading(CONTENT).read, 12_345);
  assertEquals(hasher.position, 12_345);
  assertEquals(hasher.digest(), sha256(CONTENT.subarray(0, 12_345)));
});

Deno.test("PrefixHasher.catchUp says when the file is shorter", async () => {
  assertEquals(await new PrefixHasher().catchUp(reading(CONTENT).read, CONTENT.length + 1), false);
});

Deno.test("PrefixHasher.catchUp stops at its signal", async () => {
  const stop = new AbortController();
  stop.abort();
  await assertRejects(() => new PrefixHasher().catchUp(reading(CONTENT).read, 10, stop.signal));
});

Deno.test("hashRange hashes a part of a file, and says when it is not all there", async () => {
  const { read } = reading(CONTENT, 1000);
  assertEquals(await hashRange(read, 5, 300_000), sha256(CONTENT.subarray(5, 300_000)));
  assertEquals(await hashRange(read, 5, CONTENT.length + 1), undefined);
});
