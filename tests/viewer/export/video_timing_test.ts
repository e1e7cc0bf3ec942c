import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { videoFps, VideoTiming } from "../../../lib/viewer/export/video_timing.ts";

Deno.test("videoFps: the usual pause counts, not the odd one", () => {
  assertEquals(videoFps([0, 100, 200, 300, 60_000, 60_100]), 10);
  assertEquals(videoFps([]), 1);
  assertEquals(videoFps([5]), 1);
  assertEquals(videoFps([0, 10_000, 20_000]), 1);
  assertEquals(videoFps([0, 1, 2, 3]), 60);
});

Deno.test("VideoTiming: a frame is seen until the next one comes", () => {
  const timing = new VideoTiming(10);
  assertEquals([0, 100, 200, 500, 600].map((timeMs) => timing.before(timeMs)), [0, 1, 1, 3, 1]);
});

Deno.test("VideoTiming: pauses, and clocks which go back, are cut to one picture", () => {
  const timing = new VideoTiming(10);
  assertEquals([0, 100, 3_600_000, 3_600_100, 50].map((timeMs) => timing.before(timeMs)), [0, 1, 1, 1, 1]);
});

Deno.test("VideoTiming: the video is as long as life was, to a picture, whatever the pauses", () => {
  const steps = fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 200 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 60 }), steps, (fps, pauses) => {
    const timing = new VideoTiming(fps);
    let [timeMs, pictures] = [1_000, timing.before(1_000)];
    for (const pause of pauses) pictures += timing.before(timeMs += pause);
    assert(Math.abs(pictures * 1000 / fps - (timeMs - 1_000)) <= 1000 / fps);
  }));
});
