/** Memory for waiting pictures: nothing is overwritten before it is written, and little is held. */
import { assert, assertEquals } from "@std/assert";
import { WriteBlocks } from "../../lib/store/write_blocks.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const MIB = 1024 * 1024;
const picture = (bytes: number, seed: number) => new Uint8Array(bytes).fill(seed);

Deno.test("WriteBlocks puts pictures one behind the other, as copies", () => {
  const blocks = new WriteBlocks();
  const first = picture(1000, 1);
  const held = [first, picture(2000, 2)].map((one) => blocks.hold(one));
  first.fill(9);
  assertEquals(held[0], picture(1000, 1));
  assertEquals(held[1]!.buffer, held[0]!.buffer);
  assertEquals(held[1]!.byteOffset, held[0]!.byteOffset + 1000);
});

Deno.test("WriteBlocks gives a large picture back as it is", () => {
  const large = picture(200_000, 1);
  const blocks = new WriteBlocks();
  assert(blocks.hold(large) === large);
  blocks.written(large);
  assertEquals(blocks.capacity, 0);
});

Deno.test("WriteBlocks changes no picture before it is written, and uses its memory again", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = new SeededRandom(seed);
    const blocks = new WriteBlocks();
    const waiting: { held: Uint8Array<ArrayBuffer>; wanted: Uint8Array }[] = [];
    for (let number = 0; number < 300; number++) {
      const wanted = picture(1 + random.uint32() % 100_000, number % 251);
      waiting.push({ held: blocks.hold(wanted), wanted });
      const written = waiting.length > 60 ? waiting.splice(0, 1 + random.uint32() % 60) : [];
      for (const { held, wanted } of written) {
        assert(held.every((byte) => byte === wanted[0]) && held.length === wanted.length, `seed ${seed}`);
        blocks.written(held);
      }
    }
    assert(blocks.capacity <= 12 * MIB, `${blocks.capacity}`);
  }
});

Deno.test("WriteBlocks gives back what nothing waits in, and only that", () => {
  const blocks = new WriteBlocks();
  const held = [1, 2, 3].map((seed) => blocks.hold(picture(120_000, seed)));
  blocks.trim();
  assertEquals(blocks.capacity, MIB);
  for (const one of held) blocks.written(one);
  blocks.trim();
  assertEquals(blocks.capacity, 0);
});
