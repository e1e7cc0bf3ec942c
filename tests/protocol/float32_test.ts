import { assertEquals } from "@std/assert";
import { shortestFloat } from "../../lib/protocol/float32.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

Deno.test("shortestFloat gives the number that was meant, which is the same with 32 bits", () => {
  for (const value of [61.2, 0.1, -40.1, 100, 0, 1e-7, 16_777_216, 3.4028234e38]) {
    assertEquals(shortestFloat(Math.fround(value)), value === 3.4028234e38 ? 3.4028235e38 : value);
  }
  const random = new SeededRandom(1);
  for (let n = 0; n < 1_000; n++) {
    const value = Math.fround((random.fraction() - 0.5) * 10 ** (random.fraction() * 60 - 30));
    assertEquals(Math.fround(shortestFloat(value)), value);
  }
});

Deno.test("shortestFloat leaves others as they are", () => {
  for (const value of [0.1, 61.2, 2 ** 53 - 1, Infinity, -Infinity, NaN]) assertEquals(shortestFloat(value), value);
});
