import { assertAlmost } from "../helpers/assert_almost.ts";
import { assertEquals } from "@std/assert";
import { RateMeter } from "../../lib/clips/rate_meter.ts";

Deno.test("RateMeter gives nothing before it knows anything, and when nothing has come lately", () => {
  const meter = new RateMeter();
  assertEquals(meter.rate(0), 0);
  meter.add(1_000, 0);
  assertEquals(meter.rate(10), 0);
  assertEquals(meter.rate(60_000), 0);
});

Deno.test("RateMeter gives the rate of the last seconds, not of all time", () => {
  const meter = new RateMeter();
  for (let ms = 0; ms <= 10_000; ms += 10) meter.add(10, ms);
  assertAlmost(meter.rate(10_000), 1_000, 0.05);
  for (let ms = 10_010; ms <= 20_000; ms += 10) meter.add(1_000, ms);
  assertAlmost(meter.rate(20_000), 100_000, 0.05);
});
