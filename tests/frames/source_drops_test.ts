import { assertEquals, assertGreater, assertLess, assertLessOrEqual, assertRejects } from "@std/assert";
import type { CapturedFrame } from "../../lib/frames/frame_origin.ts";
import { SourceUpload } from "../../lib/frames/source_upload.ts";
import { sleep } from "../../lib/platform/clock.ts";
import { LinkPacer } from "../../lib/protocol/link_pacer.ts";
import type { Message } from "../../lib/protocol/message.ts";
import type { FrameSpool } from "../../lib/store/frame_spool.ts";
import type { NewDrop } from "../../lib/store/spool_frame_tables.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { cameraOrigin, listOrigin, madeUpJpeg, SourceWorld } from "../helpers/source_world.ts";

Deno.test("a camera of 30 a second on a link for 10 stays below a second, and both ends know what was dropped", async () => {
  const world = new SourceWorld({ network: { bufferBytes: 1024 * 1024 }, sink: { bytesPerSecond: 450_000 } });
  const job = world.add({ policy: "latest" }, () => cameraOrigin(world.clock, 30, madeUpJpeg(45_000, 1)));
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(120_000);
  const { arrived, drops, violations } = world.sink;
  const oldest = Math.max(...arrived.map(({ ageMs }) => ageMs));
  assertLess(oldest, 1_000);
  // A third of 3,600, less what a busy link cannot hide.
  assertGreater(arrived.length, 1_050);
  assertGreater(job.droppedByReason.link, 2_250);
  assertEquals(job.droppedByReason.offline, 0);
  const told = drops.reduce((sum, { count }) => sum + count, 0);
  // What is known and not told yet is in front of one waiting picture.
  assertLess(Math.abs(told - job.droppedByReason.link), 10);
  assertEquals(new Set(drops.map(({ reason }) => reason)), new Set(["link"]));
  assertEquals(violations, []);
  // Every number is accounted for: sent, told as dropped, or still on its way.
  const last = arrived.at(-1)!.sequence;
  const before = drops.filter((drop) => drop.firstSequence < last).reduce((sum, { count }) => sum + count, 0);
  assertEquals(arrived.length + before, last);
  world.stop.abort();
  await assertRejects(() => world.clock.runUntil(running));
});

Deno.test("drops are told before the frame behind them, once for all of them", async () => {
  const kinds: string[] = [];
  const world = new SourceWorld({
    network: { bufferBytes: 1024 * 1024 },
    sink: {
      bytesPerSecond: 450_000,
      onMessage: (message) => {
        if (message.kind === "frameData") kinds.push(`frame ${message.sequence}`);
        if (message.kind === "framesDropped") kinds.push(`drop ${message.firstSequence} ${message.count}`);
        return false;
      },
    },
  });
  world.add({ policy: "latest" }, () => cameraOrigin(world.clock, 30, madeUpJpeg(45_000, 1)));
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(10_000);
  let next = 1;
  let untold = 0;
  for (const entry of kinds) {
    const [kind, first, count] = entry.split(" ");
    assertEquals(Number(first), next, kinds.join(", "));
    next += kind === "drop" ? Number(count) : 1;
    untold = kind === "drop" ? untold + 1 : 0;
    assertLess(untold, 2, kinds.join(", "));
  }
  assertGreater(next, 200);
  world.stop.abort();
  await assertRejects(() => world.clock.runUntil(running));
});

Deno.test("a camera without a connection keeps its newest picture, and tells of the others when there is one", async () => {
  const world = new SourceWorld();
  let fate: "refuse" | "connect" = "refuse";
  world.network.connectFate = () => fate;
  const job = world.add({ policy: "latest" }, () => cameraOrigin(world.clock, 10, madeUpJpeg(1_000, 1)));
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(60_000);
  assertEquals(job.captured, 600);
  assertEquals(job.droppedByReason, { link: 0, offline: 599, disk: 0, camera: 0 });
  fate = "connect";
  await world.clock.advance(60_000);
  assertEquals(world.sink.drops.map(({ firstSequence, reason }) => [firstSequence, reason]), [[1, "offline"]]);
  assertEquals(world.sink.arrived[0]!.sequence, world.sink.drops[0]!.count + 1);
  assertLessOrEqual(world.sink.arrived[0]!.ageMs, 100);
  assertGreater(world.sink.drops[0]!.toMs - world.sink.drops[0]!.fromMs, 59_000);
  world.stop.abort();
  await assertRejects(() => world.clock.runUntil(running));
});

Deno.test("what a camera had on its way when the connection broke is lost, and told so", async () => {
  const world = new SourceWorld({ sink: { commitFrames: Infinity, commitMs: Infinity } });
  const job = world.add({ policy: "latest" }, () => cameraOrigin(world.clock, 10, madeUpJpeg(1_000, 1)));
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(1_050);
  world.sink.options.commitFrames = 1;
  world.network.resetAll();
  await world.clock.advance(10_000);
  const { drops, stored } = world.sink;
  assertEquals(drops[0]?.reason, "offline");
  assertEquals(drops[0]?.firstSequence, 1);
  assertEquals(stored[0]!.sequence, drops[0]!.count + 1);
  assertEquals(job.droppedByReason.offline, drops[0]!.count);
  assertEquals(job.sent, stored.length + 10);
  world.stop.abort();
  await assertRejects(() => world.clock.runUntil(running));
});

Deno.test("a gap of the camera is told to the server with its reason", async () => {
  const world = new SourceWorld();
  world.add({ policy: "latest" }, (events) => {
    const camera = cameraOrigin(world.clock, 10, madeUpJpeg(1_000, 1));
    let count = 0;
    return {
      next: async (signal) => {
        if (++count === 5) {
          const fromMs = world.clock.wallMs();
          events.gap({ fromMs, toMs: fromMs + 4_000 });
        }
        return await camera.next(signal);
      },
      close: () => camera.close(),
    };
  });
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(2_000);
  const [gap] = world.sink.drops;
  assertEquals([gap?.count, gap?.reason, gap?.firstSequence], [0, "camera", 5]);
  assertEquals(gap!.toMs - gap!.fromMs, 4_000);
  assertEquals(world.dropped.map(({ count, reason }) => [count, reason]), [[0, "camera"]]);
  world.stop.abort();
  await assertRejects(() => world.clock.runUntil(running));
});

for (const policy of ["latest", "all"] as const) {
  Deno.test(`a gap of the camera is not told ahead of pictures which wait (${policy})`, async () => {
    const world = new SourceWorld();
    let fate: "refuse" | "connect" = "refuse";
    world.network.connectFate = () => fate;
    world.add({ policy }, (events) => {
      const camera = cameraOrigin(world.clock, 10, madeUpJpeg(1_000, 1));
      let count = 0;
      return {
        next: async (signal) => {
          if (++count !== 6) return await camera.next(signal);
          // It is gone together with the network, and says so while its last pictures wait.
          const fromMs = world.clock.wallMs();
          events.gap({ fromMs, toMs: fromMs + 60_000 });
          await sleep(world.clock, 60_000, signal);
          return await camera.next(signal);
        },
        close: () => camera.close(),
      };
    });
    const order: string[] = [];
    world.sink.options.onMessage = (message) => {
      if (message.kind === "frameData" && message.sequence <= 6) order.push(`frame ${message.sequence}`);
      if (message.kind === "framesDropped" && message.reason === "camera") order.push(`gap ${message.firstSequence}`);
      return false;
    };
    const running = world.run();
    running.catch(() => {});
    await world.clock.advance(10_000);
    fate = "connect";
    await world.clock.advance(120_000);
    const waited = policy === "all" ? [1, 2, 3, 4, 5] : [5];
    assertEquals(order, [...waited.map((sequence) => `frame ${sequence}`), "gap 6", "frame 6"]);
    assertEquals(world.sink.violations, []);
    world.stop.abort();
    await assertRejects(() => world.clock.runUntil(running));
  });
}

Deno.test("of a spool that has lost pictures here and there, more than can be told one by one, all the others come", async () => {
  const world = new SourceWorld();
  const isLost = (sequence: number) => sequence % 3 === 0;
  const sequences = Array.from({ length: 1_000 }, (_, index) => index + 1);
  const frames = sequences.filter((sequence) => !isLost(sequence)).map((sequence) => ({
    ...{ jpeg: madeUpJpeg(100, sequence), capturedMs: sequence, name: null, sequence },
  }));
  const unknown = sequences.filter(isLost).map((first): NewDrop => ({
    ...{ first, pictures: 1, reason: "disk", cause: "damaged", fromMs: first, toMs: first },
  }));
  const job = world.add({ policy: "all" }, () => listOrigin(frames), madeUpSpool(1_000, unknown));
  await world.clock.runUntil(world.run());
  assertEquals([job.phase, job.stored, world.sink.violations], ["ended", frames.length, []]);
  assertEquals(world.sink.stored.map(({ sequence }) => sequence), frames.map(({ sequence }) => sequence));
  // Of the last ones nobody knows how many there were.
  const { drops } = world.sink;
  assertEquals(drops.slice(0, -1).map(({ firstSequence: first, count }) => [first, count]), [
    ...unknown.slice(0, drops.length - 1).map(({ first }) => [first, 1]),
  ]);
  assertEquals([drops.at(-1)?.count, drops.at(-1)?.toMs], [0, 999]);
});

Deno.test("eight cameras share a slow link, and none of them lags", async () => {
  const world = new SourceWorld({ network: { bufferBytes: 1024 * 1024 }, sink: { bytesPerSecond: 450_000 } });
  for (let count = 0; count < 8; count++) {
    world.add({ policy: "latest" }, () => cameraOrigin(world.clock, 30, madeUpJpeg(45_000, count)));
  }
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(60_000);
  assertLess(Math.max(...world.sink.arrived.map(({ ageMs }) => ageMs)), 1_000);
  const counts = world.jobs.map(({ settings: { name } }) =>
    world.sink.arrived.filter(({ source }) => source === name).length
  );
  assertGreater(Math.min(...counts), 60, counts.join(", "));
  assertLessOrEqual(Math.max(...counts) - Math.min(...counts), 2, counts.join(", "));
  world.stop.abort();
  await assertRejects(() => world.clock.runUntil(running));
});

Deno.test("a camera fills a long link instead of going in step with its acks", async () => {
  const world = new SourceWorld({ network: { latencyMs: 150, bufferBytes: 4 * 1024 * 1024 } });
  const job = world.add({ policy: "latest" }, () => cameraOrigin(world.clock, 60, madeUpJpeg(20_000, 1)));
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(30_000);
  const droppedBefore = job.droppedByReason.link;
  const arrivedBefore = world.sink.arrived.length;
  await world.clock.advance(30_000);
  assertGreater(world.sink.arrived.length - arrivedBefore, 0.97 * 30 * 60);
  assertLess(job.droppedByReason.link - droppedBefore, 0.03 * 30 * 60);
  world.stop.abort();
  await assertRejects(() => world.clock.runUntil(running));
});

Deno.test("a picture which is larger than what may be in flight goes when there is room for anything", () => {
  const clock = new MadeUpClock();
  const pacer = new LinkPacer();
  const sent: Message[] = [];
  const job = new SourceWorld().add({}, () => listOrigin([]));
  const upload = new SourceUpload(job, 1, {
    ...{ clock, pacer, send: (message: Message) => void sent.push(message), wake: () => {}, ended: () => {} },
  });
  upload.start();
  upload.receive({
    kind: "sourceAccepted",
    stream: 1,
    stored: 0,
    credit: 64,
    frameBytesMax: 1 << 20,
    holdsNamed: false,
    commonResult: "",
  });
  const frame: CapturedFrame = { jpeg: madeUpJpeg(45_000, 1), capturedMs: 0, name: null };
  for (let count = 0; count < 3; count++) job.queue.put(frame);
  // The chunks of a clip leave little room, and take what is freed of it as soon as they may.
  pacer.send(pacer.inFlightMax(0) - 1, 0);
  assertGreater(upload.poll()?.bytes.length ?? 0, 45_000);
  pacer.send(10_000, 0);
  assertEquals(upload.poll(), undefined);
  upload.stop();
  assertEquals(pacer.inFlight, 16 * 1024 - 1 + 10_000);
});

Deno.test("a drop which was told is told again when the frame behind it got lost with the connection", async () => {
  const world = new SourceWorld({
    network: { bufferBytes: 8 * 1024 },
    sink: { bytesPerSecond: 450_000, commitFrames: Infinity, commitMs: Infinity },
  });
  const job = world.add({ policy: "latest" }, () => cameraOrigin(world.clock, 30, madeUpJpeg(45_000, 1)));
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(2_000);
  const toldBefore = world.sink.drops.length;
  assertGreater(toldBefore, 5);
  world.sink.options.onMessage = ({ kind }) => {
    if (kind === "openSource") world.sink.options.commitFrames = 1;
    return false;
  };
  world.network.resetAll();
  await world.clock.advance(5_000);
  // Of the second connection alone: nothing of the first was stored.
  assertEquals(world.sink.opened.map(({ stored }) => stored), [0, 0]);
  const parts = [
    ...world.sink.drops.slice(toldBefore).map(({ firstSequence, count }) => ({ firstSequence, count })),
    ...world.sink.stored.map(({ sequence }) => ({ firstSequence: sequence, count: 1 })),
  ].sort((a, b) => a.firstSequence - b.firstSequence);
  let next = 1;
  for (const { firstSequence, count } of parts) {
    assertEquals(firstSequence, next);
    next += count;
  }
  assertGreater(next, 150);
  assertGreater(job.droppedByReason.offline, 0);
  world.stop.abort();
  await assertRejects(() => world.clock.runUntil(running));
});

/** A spool from which somebody else takes the pictures. */
function madeUpSpool(lastSequence: number, unknown: readonly NewDrop[]): FrameSpool {
  const nothing = () => {};
  return {
    ...{ run: "run", lastSequence, added: 0, pictures: 0, unknown, dropReason: "offline" as const },
    ...{ changed: nothing, dropped: nothing, add: nothing, gap: nothing, rewind: nothing, stored: nothing },
    next: () => Promise.resolve(null),
  };
}
