import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { SeededRandom } from "./seeded_random.ts";

Deno.test("SeededRandom repeats itself for the same seed and differs for another", () => {
  assertEquals(new SeededRandom(7).bytes(1000), new SeededRandom(7).bytes(1000));
  assertNotEquals(new SeededRandom(7).bytes(1000), new SeededRandom(8).bytes(1000));
});

Deno.test("SeededRandom is spread evenly", () => {
  const random = new SeededRandom(1);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 100_000; i++) {
    const value = random.int(10);
    counts[value] = (counts[value] ?? 0) + 1;
  }
  for (const count of counts) assert(Math.abs(count - 10_000) < 500, `counts ${counts}`);
});

Deno.test("SeededRandom gives the length asked for, and fractions below 1", () => {
  const random = new SeededRandom(2);
  for (const count of [0, 1, 3, 4, 5]) assertEquals(random.bytes(count).length, count);
  for (let i = 0; i < 1000; i++) {
    const fraction = random.fraction();
    assert(fraction >= 0 && fraction < 1);
  }
});

Deno.test("SeededRandom picks each of several items, and refuses none", () => {
  const random = new SeededRandom(3);
  const picked = new Set(Array.from({ length: 100 }, () => random.pick(["a", "b", "c"])));
  assertEquals([...picked].sort(), ["a", "b", "c"]);
  assertThrows(() => random.pick([]), RangeError);
});
