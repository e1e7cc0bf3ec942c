/** Frames that never came: durable with the number that says so, so that they are neither lost nor counted twice. */
import { assertEquals } from "@std/assert";
import { frameContract, MemoryFrameFixture, pictureOf } from "../helpers/frame_store_fixture.ts";

const FAR = 9e15;
const drop = (fromMs: number, frames: number) => ({ fromMs, toMs: fromMs + 90, frames, reason: "link" as const });

frameContract("notes drops in their turn, joined when they follow each other", async (fixture) => {
  const cam = await fixture.open();
  const startMs = fixture.clock.wallMs();
  for (let sequence = 1; sequence < 100; sequence += 3) {
    await cam.write(sequence, pictureOf(sequence));
    cam.writer.pass(sequence + 2, drop(startMs + sequence * 33, 2));
  }
  await cam.writer.flush();
  assertEquals(cam.through, 99);
  const gaps = await fixture.store.gaps(cam.writer.sourceId, 0, FAR);
  assertEquals(gaps.map(({ frames, reason }) => [frames, reason]), [[66, "link"]]);
  cam.writer.pass(99, drop(startMs, 1));
  await cam.writer.flush();
  assertEquals((await fixture.store.gaps(cam.writer.sourceId, 0, FAR))[0]?.frames, 66, "what is known is passed over");
});

Deno.test("FrameWriter: a drop is durable if and only if its number is, wherever the power goes", async () => {
  let [cuts, kept] = [0, 0];
  for (let cutAt = 1;; cutAt++) {
    const fixture = new MemoryFrameFixture({ seed: cutAt });
    await fixture.store.start();
    const cam = await fixture.open();
    const running = Promise.withResolvers<"cut">();
    fixture.onEachCall((number) => {
      if (number !== cutAt) return;
      running.resolve("cut");
      return new Promise(() => {});
    });
    const recording = async () => {
      for (let sequence = 1; sequence <= 20; sequence += 4) {
        await cam.write(sequence, pictureOf(sequence));
        cam.writer.pass(sequence + 3, drop(fixture.clock.wallMs() + sequence * 10_000, 3));
        if (sequence % 8 === 1) await cam.writer.flush();
      }
      await cam.writer.flush();
      return "done" as const;
    };
    const outcome = await fixture.clock.runUntil(Promise.race([running.promise, recording()]));
    fixture.crash("random");
    await fixture.store.start();
    const { writer } = await fixture.open();
    const gaps = await fixture.store.gaps(writer.sourceId, 0, FAR);
    const drops = gaps.filter(({ reason }) => reason === "link").reduce((sum, { frames }) => sum + frames, 0);
    assertEquals(drops, 3 * Math.floor(writer.stored / 4), `cut at call ${cutAt}: stored is ${writer.stored}`);
    kept += drops;
    if (outcome === "done") break;
    cuts++;
  }
  assertEquals([cuts > 10, kept > 30], [true, true], "power cuts before and behind commits");
});
