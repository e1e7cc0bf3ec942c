import { assertEquals } from "@std/assert";
import { FrameFixture, resultOf } from "../helpers/frame_fixture.ts";

Deno.test("drops are told to viewers and noted with their reason, joined when they follow each other", async () => {
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
  box.close();
  await server.settle();
  assertEquals(server.recorder.gaps, [
    { source: "cam", frames: 5, reason: "link", ...at(-3_000, -2_400) },
    { source: "cam", frames: 0, reason: "camera", ...at(-2_000, -1_000) },
  ]);
  assertEquals(server.totals.dropped, { link: 5, offline: 0, camera: 0 });
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
