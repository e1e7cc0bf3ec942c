/** A live source on a full disk: shown, told as not recorded, and recorded again by itself. */
import { assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import { FrameFixture } from "../helpers/frame_fixture.ts";

const FULL = new FramewireError("NO_SPACE", "full", { retryAfterMs: 30_000 });
const RETRY_MS = 2_000;

/** A disk which is full from now on. */
function fill(server: FrameFixture): void {
  server.recorder.openError = FULL;
  for (const writer of server.recorder.writers) if (!writer.isOver) writer.fail(FULL);
}

Deno.test("a live source goes on being shown while the disk is full, and is recorded again when there is room", async () => {
  const server = await FrameFixture.start();
  const box = await server.box();
  await box.open(1, "cam");
  await box.framesUpTo(1, 1, 3);
  fill(server);
  const fullMs = server.clock.wallMs();
  await box.framesUpTo(1, 4, 6);
  assertEquals(server.live.filter((told) => /^cam \d+$/.test(told)).length, 6, "all are shown");
  assertEquals(box.results.length, 6, "and answered");
  assertEquals([box.lastAck?.stored, box.lastAck?.unrecorded], [3, 6]);
  assertEquals(box.lastAck?.credit, 6 + LIMITS.frameWindowFrames, "and give their credit back");
  await server.clock.advance(RETRY_MS);
  await box.framesUpTo(1, 7, 7);
  server.recorder.openError = undefined;
  await server.clock.advance(RETRY_MS);
  // The one which finds that there is room is not recorded itself.
  await box.framesUpTo(1, 8, 10);
  assertEquals(server.recorder.sequences("cam").slice(0, 3), [1, 2, 3]);
  const again = server.recorder.sequences("cam")[3]!;
  assertEquals(again <= 9, true);
  assertEquals([box.lastAck?.stored, box.lastAck?.unrecorded], [10, again - 1]);
  assertEquals(server.totals.dropped.disk, again - 4);
  assertEquals(server.totals.stored, 10 - (again - 4));
  assertEquals(server.recorder.gaps, [
    { source: "cam", fromMs: fullMs, toMs: null, frames: again - 4, reason: "disk" },
  ]);
  assertEquals(box.errors, []);
  for (const [index, { stored, unrecorded }] of box.acks.entries()) {
    assertEquals(stored < 4 || (unrecorded === again - 1 && stored >= again), true, `ack ${index} claims too much`);
  }
  await server.stop();
});

Deno.test("what was written and did not become durable counts as not recorded", async () => {
  const server = await FrameFixture.start();
  const box = await server.box();
  await box.open(1, "cam");
  await box.framesUpTo(1, 1, 2);
  server.recorder.held = true;
  await box.framesUpTo(1, 3, 5);
  assertEquals(box.lastAck?.stored, 2);
  fill(server);
  await server.settle();
  assertEquals([box.lastAck?.stored, box.lastAck?.unrecorded], [2, 5]);
  assertEquals(server.totals.dropped.disk, 3);
  assertEquals(server.live.at(-1), "cam dropped 3 disk");
  await server.stop();
});

Deno.test("a live source opens on a full disk", async () => {
  const server = await FrameFixture.start();
  server.recorder.openError = FULL;
  const box = await server.box();
  await box.open(1, "cam");
  await box.framesUpTo(1, 1, 2);
  assertEquals(box.of("sourceAccepted").length, 1);
  assertEquals(server.frames.length, 2);
  assertEquals([box.lastAck?.stored, box.lastAck?.unrecorded, server.totals.dropped.disk], [0, 2, 2]);
  server.recorder.openError = undefined;
  await server.clock.advance(RETRY_MS);
  await box.framesUpTo(1, 3, 3);
  await box.framesUpTo(1, 4, 5);
  await box.send({ kind: "endSource", stream: 1, sequence: 5 });
  await server.settle();
  assertEquals(server.recorder.sequences("cam").at(-1), 5);
  assertEquals(box.of("sourceEnded").length, 1);
  await server.stop();
});

Deno.test("while the disk is full a source ends, with all that was shown accounted for", async () => {
  const server = await FrameFixture.start();
  const box = await server.box();
  await box.open(1, "cam");
  await box.framesUpTo(1, 1, 1);
  fill(server);
  await box.framesUpTo(1, 2, 3);
  await box.send({ kind: "endSource", stream: 1, sequence: 3 });
  await server.settle();
  assertEquals(box.of("sourceEnded").map(({ storedFrames }) => storedFrames), [1]);
  assertEquals(server.totals.dropped.disk, 2);
  await server.stop();
});

Deno.test("another failure of the disk ends a live source", async () => {
  const server = await FrameFixture.start();
  const box = await server.box();
  await box.open(1, "cam");
  server.recorder.writers[0]!.fail(new FramewireError("STORAGE_FAILED", "sync"));
  await server.settle();
  assertEquals(box.errors, ["1 STORAGE_FAILED"]);
  await server.stop();
});
