import { assert, assertEquals } from "@std/assert";
import { SourceStatistics } from "../../lib/live/source_statistics.ts";
import { madeUpFrame, madeUpResult, numberedJpeg } from "../helpers/made_up_frame_library.ts";

/** Statistics of a source with a frame of 1,000 bytes each `intervalMs`, from `fromMs` until `untilMs`. */
function regular(intervalMs: number, untilMs: number, fromMs = 0, into = new SourceStatistics()): SourceStatistics {
  for (let atMs = fromMs; atMs <= untilMs; atMs += intervalMs) {
    into.frame(madeUpFrame(1, { jpeg: numberedJpeg(1, 1_000) }), atMs);
  }
  return into;
}

function near(actual: number, expected: number): void {
  assert(Math.abs(actual - expected) <= expected * 0.15, `${actual} is not near ${expected}`);
}

Deno.test("rates are those of the last seconds, for quick sources and slow ones", () => {
  for (const [intervalMs, fps] of [[1000 / 30, 30], [1, 1000], [100, 10], [1_000, 1], [10_000, 0.1]] as const) {
    const untilMs = 100_000;
    const rates = regular(intervalMs, untilMs).rates(untilMs);
    near(rates.fps, fps);
    near(rates.bytesPerSecond, fps * 1_000);
  }
  assertEquals(new SourceStatistics().rates(5), { fps: 0, bytesPerSecond: 0 });
});

Deno.test("rates follow a change within seconds, and fall when nothing comes", () => {
  const statistics = regular(10, 10_000);
  regular(100, 14_000, 10_000, statistics);
  near(statistics.rates(14_000).fps, 10);
  assert(statistics.rates(17_000).fps < 5);
});

Deno.test("a source is live as long as its own rate explains the age of its newest frame", () => {
  const quick = regular(33, 10_000);
  assertEquals([quick.isLive(12_900), quick.isLive(13_100)], [true, false]);
  const slow = regular(10_000, 100_000);
  assertEquals([slow.isLive(129_000), slow.isLive(131_000)], [true, false]);
  assertEquals(new SourceStatistics().isLive(0), false);
});

Deno.test("one pause says nothing about the usual interval, nor does the time before a restart", () => {
  const paused = regular(33, 60_000);
  regular(33, 660_000, 659_500, paused);
  assertEquals(paused.isLive(664_000), false);
  paused.restart();
  assertEquals(paused.isLive(660_001), false);
  assertEquals(paused.latencyMs(), null);
});

Deno.test("latency is the median of late frames, and the clock offset that of the newest", () => {
  const statistics = new SourceStatistics();
  assertEquals([statistics.latencyMs(), statistics.clockOffsetMs], [null, null]);
  for (let i = 0; i < 100; i++) {
    const latencyMs = i < 60 ? 900 : i % 10 === 0 ? 5_000 : 20;
    statistics.frame(madeUpFrame(i, { timeMs: 1_000, capturedMs: 1_005, receivedMs: 1_000 + latencyMs }), i);
  }
  assertEquals([statistics.latencyMs(), statistics.clockOffsetMs], [20, 5]);
});

Deno.test("drops are counted by reason, results by verdict", () => {
  const statistics = new SourceStatistics();
  statistics.drop("link", 3);
  statistics.drop("link", 2);
  statistics.drop("offline", 0);
  for (const verdict of ["ok", "defect", "defect", "not analysed"] as const) statistics.result(madeUpResult(verdict));
  assertEquals({ ...statistics.dropped }, { link: 5, offline: 0, disk: 0, camera: 0 });
  assertEquals([statistics.analysed, statistics.skipped, statistics.defects], [3, 1, 2]);
});
