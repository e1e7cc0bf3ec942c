import { assertEquals } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import { FrameFixture, resultOf } from "../helpers/frame_fixture.ts";

Deno.test("drops are told to viewers and noted with their reason, each at once", async () => {
  const server = await FrameFixture.start();
  const box = await server.box();
  await box.open(1, "cam");
  const atMs = server.clock.wallMs();
  const drop = { kind: "framesDropped", stream: 1 } as const;
  const at = (fromMs: number, toMs: number) => ({ fromMs: atMs + fromMs, toMs: atMs + toMs });
  await box.send({ ...drop, firstSequence: 1, count: 3, reason: "link", ...at(-3_000, -2_900) });
  await box.send({ ...drop, firstSequence: 5, count: 2, reason: "link", ...at(-2_500, -2_400) });
  await box.send({ ...drop, firstSequence: 8, count: 0, reason: "camera", ...at(-2_000, -1_000) });
  await server.settle();
  assertEquals(server.live, ["cam dropped 3 link", "cam dropped 2 link", "cam dropped 0 camera"]);
  assertEquals(server.recorder.gaps, [
    { source: "cam", frames: 3, reason: "link", ...at(-3_000, -2_900) },
    { source: "cam", frames: 2, reason: "link", ...at(-2_500, -2_400) },
    { source: "cam", frames: 0, reason: "camera", ...at(-2_000, -1_000) },
  ]);
  assertEquals(server.totals.dropped, { link: 5, offline: 0, disk: 0, camera: 0 });
  await server.stop();
});

Deno.test("a drop which was heard is stored in its turn, and told again behind a cut it does not count twice", async () => {
  const server = await FrameFixture.start();
  const first = await server.box();
  await first.open(1, "cam");
  await first.frame(1, 1);
  const nowMs = server.clock.wallMs();
  const drop = { kind: "framesDropped", stream: 1, reason: "link", fromMs: nowMs, toMs: nowMs } as const;
  await first.send({ ...drop, firstSequence: 2, count: 3 });
  await server.settle();
  assertEquals(first.acks.at(-1)?.stored, 4);
  // Whoever said that it would not come cannot send it: it would be acked, and nowhere.
  await first.frame(1, 4);
  await server.settle();
  assertEquals(first.errors, ["1 INVALID_FRAME"]);
  first.close();
  await server.settle();
  const second = await server.box();
  await second.open(1, "cam");
  assertEquals(second.of("sourceAccepted")[0]?.stored, 4);
  await second.send({ ...drop, firstSequence: 2, count: 3 });
  await second.send({ ...drop, firstSequence: 5, count: 1 });
  await second.send({ kind: "endSource", stream: 1, sequence: 4 });
  await server.settle();
  assertEquals(second.of("sourceEnded").length, 1);
  assertEquals(server.totals.dropped.link, 4);
  assertEquals(server.recorder.gaps.map(({ frames }) => frames), [3, 1]);
  await server.stop();
});

Deno.test("a drop does not overtake frames whose results decide whether they are recorded", async () => {
  const server = await FrameFixture.start({ kind: "on", verdict: "defect" });
  server.answer = undefined;
  const box = await server.box();
  await box.open(1, "cam");
  await box.frame(1, 1);
  const nowMs = server.clock.wallMs();
  const drop = { kind: "framesDropped", stream: 1, reason: "link", fromMs: nowMs, toMs: nowMs } as const;
  await box.send({ ...drop, firstSequence: 2, count: 3 });
  await server.settle();
  server.questions[0]!.answer(resultOf("defect"));
  await server.settle();
  assertEquals(server.recorder.sequences("cam"), [1]);
  await server.stop();
});

const LINK = { kind: "framesDropped", stream: 1, reason: "link", fromMs: 0, toMs: 0 } as const;

Deno.test("each number is counted once, whatever is told again, and in whatever pieces", async () => {
  const server = await FrameFixture.start();
  const first = await server.box();
  await first.open(1, "cam");
  await first.send({ ...LINK, firstSequence: 1, count: 3 });
  await first.send({ ...LINK, firstSequence: 2, count: 3 });
  await first.send({ ...LINK, firstSequence: 1, count: 3 });
  await server.settle();
  assertEquals([server.totals.dropped.link, first.lastAck?.stored], [4, 4]);
  first.close();
  await server.settle();
  const second = await server.box();
  await second.open(1, "cam");
  // What was told before and what came since as one.
  await second.send({ ...LINK, firstSequence: 3, count: 8 });
  await second.frame(1, 11);
  await second.send({ ...LINK, firstSequence: 9, count: 3 });
  await server.settle();
  assertEquals(server.totals.dropped.link, 10);
  assertEquals(server.recorder.gaps.map(({ frames }) => frames), [3, 1, 6]);
  assertEquals(server.recorder.sequences("cam"), [11]);
  await server.stop();
});

Deno.test("a gap of the camera stays where a drop reaches beyond it, and takes nothing from what is counted", async () => {
  const server = await FrameFixture.start();
  const box = await server.box();
  await box.open(1, "cam");
  const nowMs = server.clock.wallMs();
  const gap = { ...LINK, firstSequence: 5, count: 0, reason: "camera", fromMs: nowMs - 9_000, toMs: nowMs } as const;
  await box.send({ ...LINK, firstSequence: 1, count: 8, reason: "offline" });
  await box.send(gap);
  await server.settle();
  assertEquals(server.live, ["cam dropped 8 offline", "cam dropped 0 camera"]);
  assertEquals(server.recorder.gaps.map(({ frames, reason }) => [frames, reason]), [[8, "offline"], [0, "camera"]]);
  assertEquals([server.totals.dropped.offline, server.totals.dropped.camera], [8, 0]);
  // A picture behind it comes all the same.
  await box.frame(1, 9);
  await server.settle();
  assertEquals([server.recorder.sequences("cam"), box.errors], [[9], []]);
  await server.stop();
});

Deno.test("a drop behind frames without a result counts when it is its turn, and not if the connection ends before", async () => {
  const server = await FrameFixture.start({ kind: "on", verdict: "defect" });
  server.answer = undefined;
  const first = await server.box();
  await first.open(1, "cam");
  await first.frame(1, 1);
  await first.send({ ...LINK, firstSequence: 2, count: 3 });
  await server.settle();
  assertEquals([server.totals.dropped.link, first.lastAck?.stored], [0, 0]);
  first.close();
  await server.settle();
  const second = await server.box();
  await second.open(1, "cam");
  await second.frame(1, 1);
  await second.send({ ...LINK, firstSequence: 2, count: 3 });
  await server.settle();
  server.questions[1]!.answer(resultOf("defect"));
  await server.settle();
  assertEquals([server.totals.dropped.link, second.lastAck?.stored], [3, 4]);
  await server.stop();
});

Deno.test("a source does not end before drops behind its last frame have had their turn", async () => {
  for (const verdict of ["defect", "ok"] as const) {
    const server = await FrameFixture.start({ kind: "on", verdict: "defect" });
    server.answer = undefined;
    const box = await server.box();
    await box.open(1, "cam");
    await box.frame(1, 1);
    await box.send({ ...LINK, firstSequence: 2, count: 3 });
    await box.send({ kind: "endSource", stream: 1, sequence: 4 });
    await server.settle();
    assertEquals([server.totals.dropped.link, box.of("sourceEnded").length], [0, 0]);
    server.questions[0]!.answer(resultOf(verdict));
    await server.settle();
    assertEquals([server.totals.dropped.link, box.of("sourceEnded").length], [3, 1]);
    await server.stop();
  }
});

Deno.test("a flood of drops waits for the disk, and in front of the analysis for their turn", async () => {
  for (const record of [{ kind: "all" }, { kind: "on", verdict: "defect" }] as const) {
    const server = await FrameFixture.start(record);
    server.answer = undefined;
    server.recorder.held = true;
    let flushed = () => {};
    const box = await server.box();
    await box.open(1, "cam");
    server.recorder.writers[0]!.flush = () => new Promise((resolve) => flushed = resolve);
    await box.frame(1, 1);
    for (let sequence = 2; sequence < 1_000; sequence++) await box.send({ ...LINK, firstSequence: sequence, count: 1 });
    await server.settle();
    const taken = () => server.recorder.gaps.length;
    assertEquals(taken(), record.kind === "all" ? 64 : 0);
    flushed();
    // Whoever has waited for so long gives way first.
    await server.settle();
    await server.settle();
    assertEquals(taken(), record.kind === "all" ? 128 : 0, "and so on");
    box.close();
    await server.settle();
    flushed();
    await server.stop();
  }
});

Deno.test("drops which wait for their turn hold up no other source once their own has failed", async () => {
  const server = await FrameFixture.start({ kind: "on", verdict: "defect" });
  server.answer = undefined;
  const box = await server.box();
  await box.open(1, "cam", { policy: "all" });
  await box.open(2, "other");
  const written = Promise.withResolvers<void>();
  server.recorder.writers[0]!.write = () => written.promise;
  await box.frame(1, 1);
  // Each counts for a megabyte: nothing more is read behind these.
  const drops = LIMITS.framesHeldBytesMax / (1024 * 1024);
  for (let n = 0; n < drops; n++) await box.send({ ...LINK, firstSequence: 2 + n, count: 1 });
  await box.frame(2, 1);
  await server.settle();
  server.questions[0]!.answer(resultOf("defect"));
  await server.settle();
  assertEquals(server.frames.map(({ source }) => source), ["cam"]);
  written.reject(new FramewireError("NO_SPACE", "The disk is full"));
  await server.settle();
  assertEquals(box.errors, ["1 NO_SPACE"]);
  // Whoever has waited for so long gives way first.
  await server.settle();
  assertEquals(server.frames.map(({ source }) => source), ["cam", "other"]);
  assertEquals(server.totals.dropped.link, 0, "the box keeps them, and tells them again");
  box.close();
  await server.settle();
  await server.stop();
});
