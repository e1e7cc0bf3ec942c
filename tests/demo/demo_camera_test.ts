import { assert, assertEquals } from "@std/assert";
import { DemoCamera } from "../../lib/demo/demo_camera.ts";
import { systemProgram } from "../../lib/platform/program.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

const { signal } = new AbortController();

Deno.test("DemoCamera: twelve pictures a second, a loop of 48, both cameras at the same instants", async () => {
  const clock = new MadeUpClock();
  const program = systemProgram();
  const [visible, infrared] = [new DemoCamera(clock, program, "visible"), new DemoCamera(clock, program, "infrared")];
  const startMs = clock.now();
  const frames = [];
  for (let at = 0; at < 49; at++) {
    const both = Promise.all([visible.next(signal), infrared.next(signal)]);
    const [left, right] = await clock.runUntil(both);
    assertEquals(left!.capturedMs, right!.capturedMs);
    assert(left!.jpeg.length > 1_000 && right!.jpeg.length > 1_000);
    frames.push(left!);
  }
  assert(Math.abs(clock.now() - startMs - 49_000 / 12) <= 1000 / 12);
  assertEquals(frames[48]!.jpeg, frames[0]!.jpeg);
  assertEquals(new Set(frames.map(({ jpeg }) => jpeg)).size, 48);
});

Deno.test("DemoCamera: one that is told to stop ends at once", async () => {
  const stop = new AbortController();
  const camera = new DemoCamera(new MadeUpClock(), systemProgram(), "visible");
  const next = camera.next(stop.signal);
  stop.abort();
  assertEquals(await next, null);
});
