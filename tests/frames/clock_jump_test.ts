/** Clocks that jump by years while pictures come: the times stay near the server's, and the order that of the numbers. */
import { assert, assertEquals } from "@std/assert";
import { FrameFixture } from "../helpers/frame_fixture.ts";

const YEAR_MS = 365 * 24 * 3_600_000;

Deno.test("a box whose clock jumps by years has times of now, in order", async () => {
  for (const jumpMs of [10 * YEAR_MS, -10 * YEAR_MS, -50 * YEAR_MS]) {
    const server = await FrameFixture.start();
    const box = await server.box();
    await box.open(1, "cam");
    for (let sequence = 1; sequence <= 20; sequence++) {
      const capturedMs = server.clock.wallMs() + (sequence > 10 ? jumpMs : 0);
      await box.frame(1, sequence, { capturedMs });
      await server.clock.advance(100);
    }
    await server.settle();
    const times = server.frames.map(({ timeMs }) => timeMs);
    assertEquals(times, times.toSorted((a, b) => a - b), "in order");
    for (const { timeMs, receivedMs, sequence } of server.frames) {
      assert(Math.abs(timeMs - receivedMs) <= 1_001, `frame ${sequence} is ${timeMs - receivedMs} ms off`);
    }
    await server.stop();
  }
});

Deno.test("when the server's clock jumps by years, what comes behind has its new time", async () => {
  for (const jumpMs of [10 * YEAR_MS, -10 * YEAR_MS]) {
    const server = await FrameFixture.start();
    const box = await server.box();
    await box.open(1, "cam");
    await box.framesUpTo(1, 1, 3);
    server.clock.setWall(server.clock.wallMs() + jumpMs);
    const late = await server.box({ device: "other" });
    await late.open(1, "cam");
    await late.framesUpTo(1, 1, 3);
    await box.framesUpTo(1, 4, 6);
    for (const { device, timeMs, receivedMs, sequence } of server.frames) {
      assert(Math.abs(timeMs - receivedMs) <= 1_001, `${device} ${sequence} is ${timeMs - receivedMs} ms off`);
    }
    assertEquals([box.errors, late.errors, box.lastAck?.stored], [[], [], 6]);
    await server.stop();
  }
});
