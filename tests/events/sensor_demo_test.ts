import { assert, assertEquals, assertGreater } from "@std/assert";
import { SensorDemo } from "../../lib/events/sensor_demo.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

Deno.test("SensorDemo: a day is a smooth curve, warm in the afternoon, with readings that are never the same", () => {
  const sensor = new SensorDemo(new SeededRandom(3));
  const day = Array.from(
    { length: 1_440 },
    (_, minute) => sensor.reading(minute + 1, Date.UTC(2026, 5, 1) + minute * 60_000),
  );
  const meanOf = (from: number, to: number) =>
    day.slice(from * 60, to * 60).reduce((sum, { tempCel }) => sum + tempCel, 0) / ((to - from) * 60);
  assertGreater(meanOf(14, 16), meanOf(2, 4) + 6);
  for (const [index, { tempCel, humidity, eventId }] of day.entries()) {
    assertEquals(eventId, index + 1);
    assert(tempCel > 10 && tempCel < 32 && humidity >= 0 && humidity <= 100, `${tempCel} ${humidity}`);
    if (index > 0) assert(Math.abs(tempCel - day[index - 1]!.tempCel) < 0.5);
  }
  assertGreater(new Set(day.map(({ tempCel }) => tempCel)).size, 300);
});
