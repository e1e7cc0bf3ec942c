import { assert, assertEquals } from "@std/assert";
import { StreamMeter } from "../../../../lib/viewer/page/live/stream_meter.ts";

const header = (receivedMs: number, missed = 0) => ({
  ...{ source: 1, run: "r", sequence: 1, capturedMs: 0, timeMs: 0, sentMs: 0, receivedMs, missed },
});

Deno.test("the rate is that of the server's clock, also when pictures pile up here", () => {
  const meter = new StreamMeter();
  for (let i = 0; i < 50; i++) meter.arrived(header(i * 40), 2_000 + i);
  assertEquals(meter.fps(2_050), 25);
  assertEquals(meter.intervalMs(), 40);
});

Deno.test("the rate of a frozen source is unknown after three seconds, that of a slow one is told", () => {
  const meter = new StreamMeter();
  for (let i = 0; i < 50; i++) meter.arrived(header(i * 40), i * 40);
  assert(meter.fps(50 * 40 + 2_900) !== null);
  assertEquals(meter.fps(50 * 40 + 3_100), null);
  const slow = new StreamMeter();
  for (let i = 0; i < 3; i++) slow.arrived(header(i * 10_000), i * 10_000);
  assertEquals(slow.fps(29_000), 0.1);
});

Deno.test("missed pictures are counted, and do not make the source look slower", () => {
  const meter = new StreamMeter();
  for (let i = 0; i < 20; i++) meter.arrived(header(i * 120, 2), i * 120);
  assertEquals([meter.missed, meter.intervalMs()], [40, 40]);
  assertEquals(Math.round(meter.fps(19 * 120)! * 10), 83);
});

Deno.test("the latency is a median, so that one late picture does not show", () => {
  const meter = new StreamMeter();
  assertEquals(meter.latencyMs(), null);
  for (const ms of [20, 21, 4_000, 22, 23]) meter.shown(ms);
  assertEquals(meter.latencyMs(), 22);
  meter.pause();
  assertEquals([meter.latencyMs(), meter.fps(0)], [null, null]);
});
