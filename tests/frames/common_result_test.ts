/** Frames of a server which does not analyse: one result for all of them. */
import { assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { FrameFixture, resultOf } from "../helpers/frame_fixture.ts";

const WINDOW = LIMITS.frameWindowFrames;

Deno.test("without analysis the box is told the result once, and none is told or stored for each; live views have it", async () => {
  for (const policy of ["all", "latest"] as const) {
    const server = await FrameFixture.start();
    server.commonResult = resultOf("not analysed");
    server.answer = undefined;
    const box = await server.box();
    await box.open(1, "cam", { policy });
    assertEquals(box.of("sourceAccepted")[0]!.commonResult, JSON.stringify(resultOf("not analysed")));
    await box.framesUpTo(1, 1, WINDOW);
    await box.framesUpTo(1, WINDOW + 1, 2 * WINDOW);
    assertEquals(box.results, []);
    assertEquals(box.lastAck!.credit, 3 * WINDOW);
    assertEquals(server.recorder.rows.map(({ result }) => result), Array(2 * WINDOW).fill(null));
    assertEquals(server.live.filter((line) => line.endsWith("not analysed")).length, 2 * WINDOW);
    assertEquals([server.totals.analysed, server.totals.skipped, server.questions.length], [0, 2 * WINDOW, 0]);
    // Nobody reads back what was stored to answer it.
    await box.open(2, "cam", { policy });
    await server.settle();
    assertEquals(server.recorder.reads, 0);
    await box.send({ kind: "endSource", stream: 2, sequence: 2 * WINDOW });
    await server.settle();
    assertEquals(box.of("sourceEnded").length, 1);
    await server.stop();
  }
});

Deno.test("record on:defect where nobody analyses keeps nothing, and is not stuck", async () => {
  const server = await FrameFixture.start({ kind: "on", verdict: "defect" });
  server.commonResult = resultOf("not analysed");
  const box = await server.box();
  await box.open(1, "cam", { policy: "all" });
  await box.framesUpTo(1, 1, WINDOW);
  assertEquals([box.lastAck!.stored, box.lastAck!.credit], [64, 128]);
  assertEquals(server.recorder.rows, []);
  await server.stop();
});
