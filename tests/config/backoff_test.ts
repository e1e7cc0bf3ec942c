import { assert, assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import { backoffMs } from "../../lib/config/backoff.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const at = (failures: number, fraction: number) =>
  backoffMs(failures, { fraction: () => fraction, bytes: () => new Uint8Array() });

Deno.test("backoffMs doubles its ceiling up to 30 s, for ever", () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 7, 1_000, 1e9].map((failures) => at(failures, 0.999999));
  assertEquals(ceilings, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000]);
});

Deno.test("backoffMs waits a little at least", () => {
  for (const failures of [0, 5, 100]) assertGreaterOrEqual(at(failures, 0), 50);
});

Deno.test("backoffMs is spread over the whole range, so that boxes do not come back together", () => {
  const random = new SeededRandom(1);
  const pauses = Array.from({ length: 1_000 }, () => backoffMs(20, random));
  for (const tenth of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    const count = pauses.filter((ms) => ms >= tenth * 3_000 && ms < (tenth + 1) * 3_000).length;
    assert(count > 60 && count < 140, `${count} of 1000 in the tenth ${tenth}`);
  }
  for (const ms of pauses) assertLessOrEqual(ms, 30_000);
});
