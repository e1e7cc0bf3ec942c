import { assertEquals } from "@std/assert";
import { shortestFloat, shortMean, wereFloats } from "../../lib/protocol/float32.ts";
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
  for (const value of [0.1, 61.2, 123_456_792, 2 ** 53 - 1, Infinity, -Infinity, NaN]) {
    assertEquals(shortestFloat(value), value);
  }
});

Deno.test("wereFloats: all were 32 bits, and some show it", () => {
  const cases: [number[], boolean][] = [
    [[Math.fround(21.3)], true],
    [[Math.fround(21.3), 22, 0.5], true],
    [[Math.fround(21.3), 21.3], false],
    [[21, 123_456_789, 0.5], false],
    [[123_456_792], false],
    [[], false],
  ];
  for (const [values, were] of cases) assertEquals(wereFloats(values), were, values.join());
});

Deno.test("shortMean gives the mean of what was meant, and never one outside of them", () => {
  const cases: [meant: number[], mean: number][] = [
    [[21.3], 21.3],
    [[21.3, 21.3, 21.3], 21.3],
    [[21.3, 21.4], 21.35],
    [[-20.1, 20.2], 0.05],
    [[1013.25, 1013.26], 1013.255],
    [[0.00012, 0.00013], 0.000125],
    [[0, 0], 0],
    [[123_456.79], 123_456.79],
    [[3e38, 3e38], 3e38],
  ];
  for (const [meant, mean] of cases) {
    const floats = meant.map(Math.fround);
    const [min, max] = [Math.min, Math.max].map((of) => shortestFloat(of(...floats))) as [number, number];
    assertEquals(shortMean(floats.reduce((sum, value) => sum + value, 0) / floats.length, min, max), mean);
  }
});
