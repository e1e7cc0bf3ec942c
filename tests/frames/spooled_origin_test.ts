import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { crc32 } from "node:zlib";
import { LIMITS } from "../../lib/config/limits.ts";
import { FramewireError } from "../../lib/errors.ts";
import type { CapturedFrame, FrameOrigin } from "../../lib/frames/frame_origin.ts";
import type { SourceJob } from "../../lib/frames/source_job.ts";
import { NO_INPUT, SpoolCapture } from "../../lib/frames/spool_capture.ts";
import { SpooledOrigin } from "../../lib/frames/spooled_origin.ts";
import { systemDisk } from "../../lib/platform/disk.ts";
import { type Clock, sleep } from "../../lib/platform/clock.ts";
import type { Connection } from "../../lib/platform/network.ts";
import type { Message } from "../../lib/protocol/message.ts";
import { Spool } from "../../lib/store/spool.ts";
import type { SpoolSource } from "../../lib/store/spool_source.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { madeUpJpeg, SourceWorld } from "../helpers/source_world.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

let seed = 1;

function openSpool(path: string, clock: Clock, bytesMax = 1e9): Promise<Spool> {
  return Spool.open({
    ...{ path, bytesMax, keepMs: 1e12, disk: systemDisk, clock, random: new SeededRandom(seed++), note: () => {} },
  });
}

/** A camera with pictures `from` to `to`, each the seed of its content, one every 20 ms. */
function camera(clock: Clock, from: number, to: number, bytes = 2_000): FrameOrigin {
  let number = from;
  return {
    async next(signal): Promise<CapturedFrame | null> {
      await sleep(clock, 20, signal);
      if (signal.aborted || number > to) return null;
      return { jpeg: madeUpJpeg(bytes, number++), capturedMs: clock.wallMs(), name: null };
    },
    close: () => Promise.resolve(),
  };
}

function crcs(from: number, to: number, bytes = 2_000): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => crc32(madeUpJpeg(bytes, from + i)));
}

/** Lets made-up time pass, and the worker of the spool work. */
async function pass(world: SourceWorld, ms: number): Promise<void> {
  for (let done = 0; done < ms; done += 100) {
    await world.clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Until all is sent: the files of the spool are real, and take real time. */
async function finish(world: SourceWorld, running: Promise<void>): Promise<void> {
  let isOver = false;
  running.finally(() => isOver = true).catch(() => {});
  await waitFor(async () => {
    await pass(world, 100);
    return isOver;
  }, { what: "the source to end", deadlineMs: 30_000 });
  await running;
}

/** Cuts each connection as soon as the box says something. */
function down(world: SourceWorld, isDown: () => boolean, seen: (message: Message) => void = () => {}): void {
  world.sink.options.onMessage = (message, _, connection) => {
    if (isDown()) connection.close();
    else seen(message);
    return isDown();
  };
}

function add(world: SourceWorld, source: SpoolSource, origin: FrameOrigin | null): SourceJob {
  const input = origin === null ? NO_INPUT : new SpoolCapture(origin, source);
  return world.add({ name: "cam" }, () => new SpooledOrigin(source, input), source);
}

Deno.test("a spooled camera: what it took without a connection, over two lives, comes once, in order, and then the spool is empty", async () => {
  await using folder = await tempFolder();
  const offline = new SourceWorld();
  down(offline, () => true);
  const first = await openSpool(folder.path, offline.clock);
  const before = add(offline, await first.source("cam", "visible"), camera(offline.clock, 1, 400));
  const running = offline.run().catch(() => {});
  await pass(offline, 9_000);
  assertEquals([before.captured, before.stored, first.status().frames], [400, 0, 400]);
  offline.stop.abort();
  await offline.clock.runUntil(running);
  await first.close();

  const world = new SourceWorld();
  const spool = await openSpool(folder.path, world.clock);
  const source = await spool.source("cam", "visible");
  const job = add(world, source, camera(world.clock, 401, 500));
  let isDown = false;
  down(world, () => isDown);
  const online = world.run();
  await pass(world, 300);
  isDown = true;
  await pass(world, 1_000);
  isDown = false;
  await finish(world, online);
  assertEquals(world.sink.violations, []);
  assertEquals(world.sink.stored.map((frame) => frame.crc32), crcs(1, 500));
  assertEquals([world.sink.drops, job.captured, job.phase], [[], 100, "ended"]);
  assertEquals(new Set(world.sink.stored.map(({ run }) => run)), new Set([before.run]));
  await pass(world, 500);
  await waitFor(() => spool.status().frames === 0, { what: "the spool to be empty" });
  await spool.close();
});

Deno.test("a spooled camera: with a link that keeps up nothing waits for the disk of the box, and nothing is written to it", async () => {
  await using folder = await tempFolder();
  const world = new SourceWorld();
  const spool = await openSpool(folder.path, world.clock);
  const source = await spool.source("cam", "visible");
  add(world, source, camera(world.clock, 1, 300));
  await world.clock.runUntil(world.run());
  assertEquals(world.sink.stored.length, 300);
  for (const { ageMs } of world.sink.stored) assertLess(ageMs, 100);
  assertEquals(source.reservedBytes, 0);
  assertEquals(await Array.fromAsync(Deno.readDir(folder.join("frames"))), []);
  await spool.close();
});

Deno.test("a spooled camera: what the server has stored is not sent again, though the box never heard of it", async () => {
  await using folder = await tempFolder();
  const world = new SourceWorld();
  const spool = await openSpool(folder.path, world.clock);
  add(world, await spool.source("cam", "visible"), camera(world.clock, 1, 200));
  let cuts = 0;
  world.sink.options.onMessage = (message, _, connection) => {
    // The ack of what this one commits is lost.
    if (message.kind === "frameData" && world.sink.stored.length >= 40 * (cuts + 1)) {
      cuts++;
      connection.close();
      return true;
    }
    return false;
  };
  await finish(world, world.run());
  assertEquals(world.sink.stored.map((frame) => frame.crc32), crcs(1, 200));
  assertGreater(cuts, 2);
  assertEquals(world.sink.violations, []);
  await spool.close();
});

Deno.test("a spooled camera: what a full spool has dropped is told in its turn, each once, and the rest is all there", async () => {
  await using folder = await tempFolder();
  const world = new SourceWorld();
  const spool = await openSpool(folder.path, world.clock, 3_000_000);
  const source = await spool.source("cam", "visible");
  const job = add(world, source, camera(world.clock, 1, 600, 10_000));
  const order: (number | [number, number])[] = [];
  let isDown = true;
  down(world, () => isDown, (message) => {
    if (message.kind === "frameData") order.push(message.sequence);
    if (message.kind === "framesDropped") order.push([message.firstSequence, message.count]);
  });
  const running = world.run();
  while (job.captured < 600) {
    await pass(world, 600);
    await waitFor(async () => {
      await world.clock.advance(5);
      return source.memoryBytes < 400_000;
    }, { what: "pictures on the disk", deadlineMs: 60_000 });
  }
  await pass(world, 1_000);
  await waitFor(async () => {
    await world.clock.advance(100);
    return source.memoryBytes === 0;
  }, { what: "all pictures on the disk", deadlineMs: 60_000 });
  assertGreater(source.droppedPictures, 100);
  source.gap(1, 2);
  isDown = false;
  await finish(world, running);
  const dropped = world.sink.drops.reduce((sum, { count }) => sum + count, 0);
  assertEquals(dropped + world.sink.stored.length, 600);
  assertEquals([job.droppedByReason.offline, job.droppedByReason.camera], [dropped, 0]);
  const told = world.sink.drops.map(({ reason, count }) => `${reason} ${count > 0}`);
  assertEquals([told.at(-1), new Set(told.slice(0, -1))], ["camera false", new Set(["offline true"])]);
  let last = 0;
  for (const one of order) {
    const [first, count] = typeof one === "number" ? [one, 1] : one;
    assert(first > last, `${JSON.stringify(one)} behind ${last}`);
    last = first + count - 1;
  }
  await spool.close();
});

Deno.test("a spooled camera: one that fails is told when all it had given is sent", async () => {
  await using folder = await tempFolder();
  const world = new SourceWorld();
  const spool = await openSpool(folder.path, world.clock);
  const good = camera(world.clock, 1, 30);
  const job = add(world, await spool.source("cam", "visible"), {
    async next(signal) {
      const frame = await good.next(signal);
      if (frame === null) throw new FramewireError("CAMERA_FAILED", "Cannot use camera");
      return frame;
    },
    close: () => good.close(),
  });
  await finish(world, world.run());
  assertEquals([world.sink.stored.length, job.error?.code], [30, "CAMERA_FAILED"]);
  await spool.close();
});

Deno.test("a spooled source without a camera sends what waits, and ends", async () => {
  await using folder = await tempFolder();
  const world = new SourceWorld();
  const spool = await openSpool(folder.path, world.clock);
  const source = await spool.source("cam", "visible");
  for (let number = 1; number <= 100; number++) source.add(madeUpJpeg(2_000, number), number);
  const job = add(world, source, null);
  await finish(world, world.run());
  assertEquals(world.sink.stored.map((frame) => frame.crc32), crcs(1, 100));
  assertEquals([job.phase, source.pictures], ["ended", 0]);
  await spool.close();
});

Deno.test("a spooled source whose last picture is too large for the server keeps nothing of it", async () => {
  await using folder = await tempFolder();
  const world = new SourceWorld({ sink: { frameBytesMax: 3_000 } });
  const spool = await openSpool(folder.path, world.clock);
  const source = await spool.source("cam", "visible");
  for (let number = 1; number <= 5; number++) source.add(madeUpJpeg(number < 4 ? 2_000 : 4_000, number), number);
  const job = add(world, source, null);
  await finish(world, world.run());
  assertEquals(world.sink.stored.map((frame) => frame.crc32), crcs(1, 3));
  assertEquals([job.phase, source.pictures], ["ended", 0]);
  await spool.close();
});

/** Pictures of 20 kB which wait, and a link that is too slow for them, until some are stored. */
async function sendSome(world: SourceWorld, spool: Spool, count: number): Promise<[SpoolSource, Promise<void>]> {
  const source = await spool.source("cam", "visible");
  for (let number = 1; number <= count; number++) source.add(madeUpJpeg(20_000, number), number);
  add(world, source, null);
  const running = world.run();
  running.catch(() => {});
  await waitFor(async () => {
    await pass(world, 100);
    return world.sink.stored.length >= 3;
  }, { what: "pictures on the server" });
  return [source, running];
}

/** Stops it, and gives what another life sends. */
async function stopAndGoOn(world: SourceWorld, running: Promise<void>, spool: Spool, path: string) {
  world.stop.abort();
  await assertRejects(() => finish(world, running), FramewireError, "Stopped");
  assertEquals([world.jobs[0]!.phase, world.jobs[0]!.stopped], ["ended", true]);
  await spool.close();
  const next = new SourceWorld({ network: { bufferBytes: 8 << 20 } });
  const again = await openSpool(path, next.clock);
  const source = await again.source("cam", "visible");
  add(next, source, null);
  await finish(next, next.run());
  await waitFor(async () => {
    await pass(next, 100);
    return source.pictures === 0 && source.unknown.length === 0;
  }, { what: "the spool to be empty" });
  await again.close();
  return next.sink;
}

Deno.test("a spooled camera: stopped with a backlog, what was read ahead of the link is sent in the next life", async () => {
  await using folder = await tempFolder();
  const world = new SourceWorld({ sink: { bytesPerSecond: 100_000 } });
  const spool = await openSpool(folder.path, world.clock);
  const [, running] = await sendSome(world, spool, 60);
  const later = await stopAndGoOn(world, running, spool, folder.path);
  assertLess(world.sink.stored.length, 40);
  assertEquals([...world.sink.stored, ...later.stored].map((frame) => frame.crc32), crcs(1, 60, 20_000));
});

Deno.test("a spooled camera: stopped behind a cut, what was on its way before and not sent again is sent in the next life", async () => {
  await using folder = await tempFolder();
  const world = new SourceWorld({
    network: { bufferBytes: 1 << 20 },
    sink: { commitFrames: Infinity, commitMs: Infinity },
  });
  const spool = await openSpool(folder.path, world.clock);
  const { options } = world.sink;
  let first: Connection | undefined;
  options.onMessage = (_message, _reply, connection) => {
    first ??= connection;
    if (connection !== first || world.sink.arrived.length < 30) return false;
    // Nothing of the first connection is committed.
    Object.assign(options, { commitFrames: 1, bytesPerSecond: 100_000 });
    connection.close();
    return true;
  };
  const [, running] = await sendSome(world, spool, 60);
  const later = await stopAndGoOn(world, running, spool, folder.path);
  assertEquals(world.sink.opened.map(({ stored }) => stored), [0, 0]);
  assertLess(world.sink.stored.length, 20, "fewer than had been sent");
  assertEquals([...world.sink.stored, ...later.stored].map((frame) => frame.crc32), crcs(1, 60, 20_000));
});

Deno.test("a spooled camera: stopped, it tells no drop ahead of pictures which it leaves for the next life", async () => {
  await using folder = await tempFolder();
  const world = new SourceWorld({ sink: { bytesPerSecond: 100_000 } });
  const spool = await openSpool(folder.path, world.clock);
  const [source, running] = await sendSome(world, spool, 60);
  // More than the memory takes at once.
  const large = madeUpJpeg(1 << 20, 1);
  for (let count = 0; count <= LIMITS.spoolPictureBytesMax / large.length; count++) source.add(large, count);
  const dropped = source.droppedPictures;
  assertGreater(dropped, 0);
  const later = await stopAndGoOn(world, running, spool, folder.path);
  // The server would take all in front of it for stored.
  assertEquals(world.sink.drops, []);
  assertEquals(later.drops.map(({ count, firstSequence }) => [count, firstSequence]), [[dropped, 61]]);
  assertEquals(world.sink.stored.length + later.stored.length + dropped, 60 + 17);
});

Deno.test("a spooled camera: when its spool cannot be read, no drop is told ahead of what is left in it", async () => {
  await using folder = await tempFolder();
  const world = new SourceWorld();
  const spool = await openSpool(folder.path, world.clock);
  const source = await spool.source("cam", "visible");
  for (let number = 1; number <= 10; number++) source.add(madeUpJpeg(2_000, number), number);
  source.gap(1, 2);
  const pictures = new SpooledOrigin(source, NO_INPUT);
  let given = 0;
  const job = world.add({ name: "cam" }, () => ({
    next: (signal) => {
      if (given++ < 3) return pictures.next(signal);
      return Promise.reject(new FramewireError("STORAGE_FAILED", "Cannot read the spool"));
    },
    close: () => pictures.close(),
  }), source);
  await finish(world, world.run());
  assertEquals([world.sink.stored.length, world.sink.drops, job.error?.code], [3, [], "STORAGE_FAILED"]);
  assertEquals(source.unknown.length, 1);
  await spool.close();
});
