import { assert, assertEquals, assertGreater, assertLess, assertLessOrEqual, assertRejects } from "@std/assert";
import { crc32 } from "node:zlib";
import { FramewireError } from "../../lib/errors.ts";
import type { CapturedFrame } from "../../lib/frames/frame_origin.ts";
import type { Message } from "../../lib/protocol/message.ts";
import { cameraOrigin, listOrigin, madeUpJpeg, SourceWorld } from "../helpers/source_world.ts";

function pictures(count: number, bytes: number, named = false): CapturedFrame[] {
  return Array.from({ length: count }, (_, index) => ({
    jpeg: madeUpJpeg(bytes, index),
    capturedMs: 1_000_000 + index,
    name: named ? `${index + 1}.jpg` : null,
  }));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

Deno.test("a source sends every picture in order, and tells of each when it is stored and answered", async () => {
  const world = new SourceWorld();
  const job = world.add({ name: "cam" }, () => listOrigin(pictures(200, 3_000, true)));
  await world.clock.runUntil(world.run());
  assertEquals(world.sink.stored.map(({ sequence }) => sequence), upTo(200));
  assertEquals(world.sink.stored.map(({ name }) => name), upTo(200).map((number) => `${number}.jpg`));
  assertEquals(world.sink.violations, []);
  assertEquals(world.answered.map(({ sequence }) => sequence), upTo(200));
  assertEquals(world.answered[6], { source: "cam", sequence: 7, name: "7.jpg", result: '{"result":"ok","n":7}' });
  assertEquals(world.endings, ["cam ended"]);
  assertEquals(world.sink.goodbyes, ["All sent"]);
  assertEquals({ captured: job.captured, sent: job.sent, stored: job.stored }, {
    captured: 200,
    sent: 200,
    stored: 200,
  });
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("a picture without a result is told with null, at the end", async () => {
  const world = new SourceWorld({ sink: { hasResults: false } });
  world.add({}, () => listOrigin(pictures(5, 300)));
  await world.clock.runUntil(world.run());
  assertEquals(world.answered.map(({ sequence, result }) => [sequence, result]), upTo(5).map((n) => [n, null]));
});

Deno.test("of a server which does not analyse, a picture is told with its common result as soon as it is stored", async () => {
  const commonResult = '{"result":"not analysed"}';
  const world = new SourceWorld({ sink: { hasResults: false, commonResult, commitFrames: 2, window: 2 } });
  // The second pair is sent when the first has been stored: until then nobody would have told of it.
  const told: number[] = [];
  world.add({}, () => ({
    next: () => {
      const next = pictures(6, 300)[told.push(world.answered.length) - 1];
      return Promise.resolve(next ?? null);
    },
    close: () => Promise.resolve(),
  }));
  world.network.onLink = (link) => link.index === 0 && link.up.resetAfter(1_500);
  await world.clock.runUntil(world.run());
  assertEquals(world.answered.map(({ sequence, result }) => [sequence, result]), upTo(6).map((n) => [n, commonResult]));
  assertEquals(world.sink.violations, []);
});

Deno.test("a source never sends above its credit, whatever that is, and is not stuck by it", async () => {
  for (const window of [1, 2, 7]) {
    const world = new SourceWorld({ sink: { window, commitFrames: window } });
    world.add({}, () => listOrigin(pictures(50, 400)));
    await world.clock.runUntil(world.run());
    assertEquals(world.sink.violations, []);
    assertEquals(world.sink.stored.length, 50);
  }
});

Deno.test("a source of policy all reads no more ahead than the window holds", async () => {
  let taken = 0;
  const world = new SourceWorld({ sink: { commitFrames: Infinity, commitMs: Infinity, window: 64 } });
  world.add({}, () => ({
    next: () => Promise.resolve({ jpeg: madeUpJpeg(100, taken++), capturedMs: 0, name: null }),
    close: () => Promise.resolve(),
  }));
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(60_000);
  assertLessOrEqual(taken, 64 + 16);
  assertEquals(world.sink.arrived.length, 64);
  world.stop.abort();
  await assertRejects(() => world.clock.runUntil(running));
});

Deno.test("nothing is missing, doubled or sent again after a cut at any byte of twenty frames", async () => {
  // Each with its prefix, head and three hundred bytes; the way down carries an ack for each.
  for (const way of ["up", "down"] as const) {
    const bytes = way === "up" ? 20 * 340 : 20 * 70;
    for (let at = 30; at < bytes; at += way === "up" ? 41 : 7) {
      for (const commitFrames of [1, 4]) {
        const world = new SourceWorld({ sink: { commitFrames, window: 8 } });
        world.network.onLink = (link) => link.index < 2 && link[way].resetAfter(at);
        const job = world.add({}, () => listOrigin(pictures(20, 300, true)));
        await world.clock.runUntil(world.run());
        const where = `cut at ${at} ${way}, ${commitFrames} a commit`;
        assertEquals(world.sink.stored.map(({ sequence }) => sequence), upTo(20), where);
        assertEquals(world.sink.violations, [], where);
        assertEquals(job.stored, 20, where);
        assertEquals(world.answered.length, 20, where);
        // Frame 1 of a new connection follows what the server said it has: checked by the sink as "behind".
        assertEquals(new Set(world.sink.opened.map(({ run }) => run)).size, 1, where);
      }
    }
  }
});

Deno.test("a named source offers its pictures, and sends those which the server does not have", async () => {
  const all = pictures(700, 500, true);
  const held = new Map(all.filter((_, index) => index % 7 !== 3).map(({ name, jpeg }) => [name!, crc32(jpeg)]));
  // Another content under the same name is another picture.
  held.set("1.jpg", 12345);
  const world = new SourceWorld({ sink: { held } });
  const job = world.add({ named: true }, () => listOrigin(all));
  await world.clock.runUntil(world.run());
  assertEquals(world.sink.stored.map(({ name }) => name), [
    "1.jpg",
    ...all.filter((_, index) => index % 7 === 3).map(({ name }) => name),
  ]);
  assertEquals(job.alreadyThere, 599);
  assertEquals(world.sink.offers.flatMap(({ frames }) => frames).length, 700);
  // Each asks about all that came up while the one before was on its way.
  assertLess(world.sink.offers.length, 350);
  assertEquals(world.sink.violations, []);
});

Deno.test("a source of which all is there ends without a frame", async () => {
  const all = pictures(3, 500, true);
  const held = new Map(all.map(({ name, jpeg }) => [name!, crc32(jpeg)]));
  const world = new SourceWorld({ sink: { held } });
  const job = world.add({ named: true, name: "cam" }, () => listOrigin(all));
  await world.clock.runUntil(world.run());
  assertEquals([world.sink.arrived.length, job.alreadyThere, job.phase], [0, 3, "ended"]);
  assertEquals(world.sink.ended, [{ source: "cam", sequence: 0 }]);
});

Deno.test("named pictures whose offer was cut off are offered again", async () => {
  const all = pictures(20, 300, true);
  const held = new Map(all.slice(5, 15).map(({ name, jpeg }) => [name!, crc32(jpeg)]));
  for (let at = 60; at < 3_000; at += 37) {
    const world = new SourceWorld({ sink: { held } });
    world.network.onLink = (link) => link.index === 0 && link.up.resetAfter(at);
    world.add({ named: true }, () => listOrigin(all));
    await world.clock.runUntil(world.run());
    const expected = all.filter((_, index) => index < 5 || index >= 15).map(({ name }) => name);
    assertEquals(world.sink.stored.map(({ name }) => name), expected, `cut at ${at}`);
    assertEquals(world.sink.violations, []);
  }
});

Deno.test("the stop signal ends a camera cleanly: the last frames are stored, then goodbye", async () => {
  const world = new SourceWorld({ sink: { commitFrames: 4 } });
  const job = world.add({ policy: "latest", name: "cam" }, () => cameraOrigin(world.clock, 30, madeUpJpeg(1_000, 1)));
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(5_000);
  world.stop.abort();
  const error = await assertRejects(() => world.clock.runUntil(running), FramewireError);
  assertEquals(error.code, "SHUTTING_DOWN");
  assertEquals([job.phase, job.stopped], ["ended", true]);
  assertEquals(job.stored, job.sent);
  assertEquals(world.sink.goodbyes, ["Stopped"]);
  assertEquals(world.sink.ended, [{ source: "cam", sequence: world.sink.stored.at(-1)!.sequence }]);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("the stop signal does not wait for a server which does not answer the end", async () => {
  const world = new SourceWorld({ sink: { onMessage: ({ kind }) => kind === "endSource" } });
  const job = world.add({ policy: "latest" }, () => cameraOrigin(world.clock, 30, madeUpJpeg(1_000, 1)));
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(5_000);
  const stoppedMs = world.clock.now();
  world.stop.abort();
  await assertRejects(() => world.clock.runUntil(running), FramewireError);
  assertLessOrEqual(world.clock.now() - stoppedMs, 4_100);
  assertEquals(job.isEnded, false);
  assertEquals(world.sink.errors, ["SHUTTING_DOWN"]);
});

Deno.test("a folder which is stopped leaves for the next time what was not sent", async () => {
  const world = new SourceWorld({ network: { bufferBytes: 4096 }, sink: { bytesPerSecond: 10_000 } });
  const job = world.add({ policy: "all", named: true }, () => listOrigin(pictures(1_000, 1_000, true)));
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(5_000);
  world.stop.abort();
  const error = await assertRejects(() => world.clock.runUntil(running), FramewireError);
  assertEquals(error.code, "SHUTTING_DOWN");
  assert(job.stopped);
  // What was read ahead stays here.
  assertLess(job.sent, job.captured);
  assertEquals(world.sink.stored.map(({ sequence }) => sequence), upTo(world.sink.stored.length));
  assertLess(world.sink.stored.length, 200);
});

Deno.test("an error which may pass is tried again, another fails the source and no other", async () => {
  const refusals = ["STORAGE_FAILED", "NO_SPACE"];
  const asked: string[] = [];
  const onMessage = (message: Message, reply: (message: Message) => Promise<void>) => {
    if (message.kind !== "openSource") return false;
    asked.push(message.source);
    const code = message.source === "bad" ? "INVALID_NAME" : refusals.shift();
    if (code === undefined) return false;
    const { stream } = message;
    reply({ kind: "error", code, text: "No", retryable: code !== "INVALID_NAME", retryAfterMs: 3_000, stream });
    return true;
  };
  const world = new SourceWorld({ sink: { onMessage } });
  const good = world.add({ name: "good" }, () => listOrigin(pictures(5, 300)));
  const bad = world.add({ name: "bad" }, () => listOrigin(pictures(5, 300)));
  await world.clock.runUntil(world.run());
  assertEquals([good.phase, good.stored], ["ended", 5]);
  assertEquals([bad.phase, bad.error?.code], ["failed", "INVALID_NAME"]);
  assertEquals(asked.filter((source) => source === "bad").length, 1);
  assertGreater(world.clock.now(), 6_000);
  assertEquals(world.sink.opened.filter(({ source }) => source === "good").length, 1);
});

Deno.test("an origin which cannot be opened fails its job at once, also without a connection", async () => {
  const world = new SourceWorld();
  world.network.connectFate = () => "hang";
  const job = world.add({ name: "cam" }, () => {
    throw new FramewireError("CAMERA_FAILED", "No such camera");
  });
  await world.clock.runUntil(world.run(), { msMax: 1_000 });
  assertEquals([job.phase, job.error?.code], ["failed", "CAMERA_FAILED"]);
  assertEquals(world.endings, ["cam failed"]);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("an origin which fails later has its last pictures stored before the job fails", async () => {
  const world = new SourceWorld({ sink: { window: 2 } });
  const rest = pictures(10, 300);
  const job = world.add({}, () => ({
    next: () => {
      const frame = rest.shift();
      if (frame !== undefined) return Promise.resolve(frame);
      return Promise.reject(new FramewireError("SOURCE_UNREADABLE", "Gone"));
    },
    close: () => Promise.resolve(),
  }));
  await world.clock.runUntil(world.run());
  assertEquals([job.phase, job.error?.code, job.stored], ["failed", "SOURCE_UNREADABLE", 10]);
});

Deno.test("sources of one connection take turns", async () => {
  const world = new SourceWorld({ network: { bufferBytes: 4096 }, sink: { bytesPerSecond: 100_000 } });
  for (const name of ["a", "b", "c"]) world.add({ name }, () => listOrigin(pictures(60, 3_000)));
  const running = world.run();
  await world.clock.advance(2_000);
  const counts = ["a", "b", "c"].map((name) => world.sink.arrived.filter(({ source }) => source === name).length);
  assertGreater(Math.min(...counts), 10);
  assertLessOrEqual(Math.max(...counts) - Math.min(...counts), 2, counts.join(", "));
  await world.clock.runUntil(running);
  assertEquals(world.sink.stored.length, 180);
});

Deno.test("an ack of what was never sent ends the connection", async () => {
  const onMessage = (message: Message, reply: (message: Message) => Promise<void>) => {
    if (message.kind !== "frameData") return false;
    const { stream } = message;
    reply({ kind: "frameAck", stream, received: 1, stored: 99, unrecorded: 0, credit: 64, results: [] }).catch(
      () => {},
    );
    return true;
  };
  const world = new SourceWorld({ sink: { onMessage } });
  world.add({}, () => listOrigin(pictures(5, 300)));
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(1_000);
  assertEquals(world.interruptions[0], "INVALID_RANGE");
  world.stop.abort();
  await assertRejects(() => world.clock.runUntil(running));
});

Deno.test("an end which got lost is said again on another stream", async () => {
  let lost = 0;
  const world = new SourceWorld({ sink: { onMessage: ({ kind }) => kind === "endSource" && lost++ === 0 } });
  const job = world.add({}, () => listOrigin(pictures(5, 300)));
  await world.clock.runUntil(world.run());
  assertEquals([job.phase, world.sink.stored.length, world.sink.opened.length], ["ended", 5, 2]);
  assertEquals(world.interruptions, []);
});

Deno.test("a picture above the limit of this server is left out, and named", async () => {
  const world = new SourceWorld({ sink: { frameBytesMax: 1_000 } });
  const [first, second] = pictures(2, 300, true);
  const large = { jpeg: madeUpJpeg(2_000, 9), capturedMs: 0, name: "large.jpg" };
  const job = world.add({}, () => listOrigin([first!, large, second!]));
  await world.clock.runUntil(world.run());
  assertEquals(world.sink.stored.map(({ name }) => name), ["1.jpg", "2.jpg"]);
  assertEquals([job.phase, job.leftOut], ["ended", 1]);
  assertEquals(world.notes, ["Left out large.jpg: it must be <= 1000 bytes: received 2000"]);
});

Deno.test("a source which is stopped while it asks what the server has ends when it has heard", async () => {
  let answer = () => {};
  const world = new SourceWorld({
    sink: {
      held: new Map([["1.jpg", 1]]),
      onMessage: (message, reply) => {
        if (message.kind !== "frameOffer") return false;
        answer = () => void reply({ kind: "framesHeld", stream: message.stream, sequences: [] }).catch(() => {});
        return true;
      },
    },
  });
  const job = world.add({ named: true }, () => listOrigin(pictures(5, 300, true)));
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(100);
  world.stop.abort();
  await world.clock.advance(100);
  assertEquals(world.sink.ended, []);
  answer();
  await assertRejects(() => world.clock.runUntil(running), FramewireError);
  assertEquals([job.phase, world.sink.goodbyes, world.sink.errors], ["ended", ["Stopped"], []]);
});
