import { assert, assertEquals } from "@std/assert";
import { DemoCamera, demoSource } from "../../lib/demo/demo_camera.ts";
import { systemProgram } from "../../lib/platform/program.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const { signal } = new AbortController();

Deno.test("DemoCamera: twelve pictures a second, a loop of 48, both cameras at the same instants", async () => {
  const clock = new MadeUpClock();
  const program = systemProgram();
  const visible = new DemoCamera(clock, program, "visible", () => true);
  const infrared = new DemoCamera(clock, program, "infrared", () => true);
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
  const camera = new DemoCamera(new MadeUpClock(), systemProgram(), "visible", () => true);
  const next = camera.next(stop.signal);
  stop.abort();
  assertEquals(await next, null);
});

Deno.test("demoSource: drops nothing before the server has accepted it, and tells all that it drops later", async () => {
  const clock = new MadeUpClock();
  const outside = { clock, random: new SeededRandom(1), program: systemProgram() };
  const job = demoSource("visible", outside, { note: () => {}, frame: () => {}, dropped: () => {}, ended: () => {} });
  job.start();
  // Half a beat away from the next picture.
  await clock.advance(1_040);
  assertEquals([job.captured, job.droppedByReason.offline], [0, 0]);
  job.accepted({
    kind: "sourceAccepted",
    stream: 1,
    stored: 0,
    credit: 1,
    frameBytesMax: 1e6,
    holdsNamed: false,
    commonResult: "",
  });
  await clock.advance(60);
  assertEquals([job.captured, job.droppedByReason.offline], [1, 0]);
  job.takeNext();
  job.interrupted();
  await clock.advance(1_000);
  assertEquals([job.captured, job.droppedByReason.offline], [13, 11]);
  await job.giveUp();
});
