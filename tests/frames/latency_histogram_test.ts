import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { LatencyHistogram } from "../../lib/frames/latency_histogram.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

Deno.test("LatencyHistogram gives percentiles to 2 %, from microseconds to days", () => {
  const random = new SeededRandom(3);
  for (const scaleMs of [0.05, 3, 700, 1e8]) {
    const histogram = new LatencyHistogram();
    const all = Array.from({ length: 10_000 }, () => scaleMs * (1 + random.fraction() * 9));
    for (const ms of all) histogram.add(ms);
    all.sort((a, b) => a - b);
    for (const share of [0.01, 0.5, 0.99, 1]) {
      const exact = all[Math.ceil(share * all.length) - 1]!;
      const given = histogram.percentileMs(share)!;
      assertLess(Math.abs(given - exact) / exact, 0.021, `${share} of ${scaleMs}`);
    }
  }
});

Deno.test("LatencyHistogram has nothing to say before the first time, and takes any", () => {
  const histogram = new LatencyHistogram();
  assertEquals(histogram.percentileMs(0.5), null);
  for (const ms of [0, -1, Infinity]) histogram.add(ms);
  assertLess(histogram.percentileMs(0.5)!, 0.02);
  assertGreater(histogram.percentileMs(1)!, 1e6);
});
