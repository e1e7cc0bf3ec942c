import { assert, assertEquals, assertGreater, assertLess, assertLessOrEqual, assertRejects } from "@std/assert";
import { FramewireError } from "../../lib/errors.ts";
import type { Message } from "../../lib/protocol/message.ts";
import { MemoryFeedQueue } from "../../lib/store/memory_feed_queue.ts";
import { FeedWorld, textBody, upTo } from "../helpers/feed_world.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

Deno.test("a feed sends every event once and in order, in batches, and says where it ends", async () => {
  const world = new FeedWorld();
  const job = world.add({ name: "room" });
  await world.push(job, 5_000);
  job.end();
  await world.clock.runUntil(world.run());
  assertEquals(world.sink.stored.map(({ sequence }) => sequence), upTo(5_000));
  assertEquals(world.sink.stored[41]?.body, textBody(42));
  assertEquals(world.sink.violations, []);
  assertLess(world.sink.batches.length, 60);
  assertEquals(world.sink.ended, [{ feed: "room", late: false, sequence: 5_000 }]);
  assertEquals(job.counts, { pushed: 5_000, stored: 5_000, dropped: 0, waiting: 0 });
  assertEquals([job.phase, world.endings, world.sink.goodbyes], ["ended", ["room ended"], ["All sent"]]);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("an event that is pushed on an idle connection goes at once, alone", async () => {
  const world = new FeedWorld({ network: { latencyMs: 5 } });
  const job = world.add();
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(1_000);
  for (let number = 1; number <= 3; number++) {
    await world.push(job, 1, { from: number });
    await world.clock.advance(1_000);
  }
  assertEquals(world.sink.batches.map(({ events }) => events), [1, 1, 1]);
  for (const { ageMs } of world.sink.arrived) assertLessOrEqual(ageMs, 6);
  job.end();
  await world.clock.runUntil(running);
});

Deno.test("nothing is missing or doubled, and nothing that is held is sent again, after a cut at any byte", async () => {
  for (const way of ["up", "down"] as const) {
    const bytes = way === "up" ? 20 * 45 : 400;
    for (let at = 20; at < bytes; at += way === "up" ? 5 : 3) {
      for (const commitBatches of [1, 3]) {
        const world = new FeedWorld({ sink: { commitBatches, windowEvents: 8 } });
        world.network.onLink = (link) => link.index < 2 && link[way].resetAfter(at);
        const job = world.add({ name: "room" });
        await world.push(job, 10);
        const running = world.run();
        // Live and late, before and after the cut.
        await world.clock.advance(2_500);
        await world.push(job, 10, { from: 11 });
        job.end();
        await world.clock.runUntil(running);
        const where = `cut at ${at} ${way}, ${commitBatches} a commit`;
        assertEquals(world.sink.sequencesOf("room"), upTo(20), where);
        assertEquals(world.sink.violations, [], where);
        for (const { sequence, body } of world.sink.stored) assertEquals(body, textBody(sequence), where);
        assertEquals(job.counts.stored + job.alreadyThere, 20, where);
        assertEquals(new Set(world.sink.opened.map(({ run }) => run)).size, 1, where);
      }
    }
  }
});

Deno.test("what waited is late and in order, what comes now is live and goes first", async () => {
  const world = new FeedWorld({ network: { latencyMs: 10, bufferBytes: 16_384 }, sink: { bytesPerSecond: 200_000 } });
  const job = world.add({ name: "room" });
  await world.push(job, 40_000, { bytes: 60 });
  await world.clock.advance(60_000);
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(2_000);
  for (let number = 1; number <= 5; number++) {
    await world.push(job, 1, { from: 40_000 + number, bytes: 60 });
    await world.clock.advance(1_000);
  }
  assertLess(world.sink.stored.length, 40_000);
  const live = world.sink.arrived.filter(({ late }) => !late);
  assertEquals(live.map(({ sequence }) => sequence), [40_001, 40_002, 40_003, 40_004, 40_005]);
  for (const { ageMs } of live) assertLess(ageMs, 250);
  job.end();
  await world.clock.runUntil(running);
  const late = world.sink.stored.filter((event) => event.late);
  assertEquals(late.map(({ sequence }) => sequence), upTo(40_000));
  assertEquals(world.sink.violations, []);
  assertEquals(world.sink.ended.map((end) => end.late).toSorted(), [false, true]);
});

Deno.test("what has waited but a moment is not late", async () => {
  const world = new FeedWorld();
  const job = world.add();
  await world.push(job, 3);
  job.end();
  await world.clock.advance(1_500);
  await world.clock.runUntil(world.run());
  assertEquals(world.sink.opened.map(({ late }) => late), [false]);
});

Deno.test("a backlog stays late over connections, however short each of them is", async () => {
  const world = new FeedWorld({ network: { bufferBytes: 4_096 }, sink: { bytesPerSecond: 100_000 } });
  world.network.onLink = (link) => link.index < 6 && link.up.resetAfter(60_000);
  const job = world.add({ name: "room" });
  await world.push(job, 20_000, { bytes: 30 });
  await world.clock.advance(10_000);
  const running = world.run();
  for (let second = 0; second < 8; second++) {
    await world.clock.advance(1_000);
    await world.push(job, 1, { from: 20_001 + second });
  }
  job.end();
  await world.clock.runUntil(running);
  assertEquals(world.sink.sequencesOf("room"), upTo(20_008));
  const opened = world.sink.opened.filter(({ connection }) => connection > 0 && connection < 6);
  assert(opened.some(({ late }) => late));
  assertEquals(world.sink.stored.filter(({ sequence, late }) => sequence <= 20_000 && !late), []);
});

Deno.test("a busy live feed leaves the late one an eighth", async () => {
  const world = new FeedWorld({ network: { bufferBytes: 8_192 }, sink: { bytesPerSecond: 200_000 } });
  const job = world.add();
  await world.push(job, 20_000, { bytes: 100 });
  await world.clock.advance(10_000);
  const running = world.run();
  running.catch(() => {});
  // More than the link takes.
  for (let round = 0; round < 30; round++) {
    await world.push(job, 300, { from: 20_001 + round * 300, bytes: 100 });
    await world.clock.advance(100);
  }
  const bytesOf = (late: boolean) =>
    world.sink.batches.filter((batch) => batch.late === late).reduce((sum, { bytes }) => sum + bytes, 0);
  assertGreater(bytesOf(true), bytesOf(false) / 12);
  assertGreater(bytesOf(false), 3 * bytesOf(true));
  world.stop.abort();
  await assertRejects(() => world.clock.runUntil(running));
});

Deno.test("a feed in order has one stream, also of what waited", async () => {
  const world = new FeedWorld();
  const job = world.add({ inOrder: true });
  await world.push(job, 1_000);
  await world.clock.advance(60_000);
  const running = world.run();
  await world.push(job, 1_000, { from: 1_001 });
  job.end();
  await world.clock.runUntil(running);
  assertEquals(world.sink.stored.map(({ sequence }) => sequence), upTo(2_000));
  assertEquals(world.sink.opened.map(({ late }) => late), [false]);
});

Deno.test("a feed never sends above its window, whatever that is, and is not stuck by it", async () => {
  for (const [windowEvents, windowBytes] of [[1, 4 << 20], [7, 4 << 20], [20_000, 300], [50, 5_000]] as const) {
    for (const commitBatches of [1, 2]) {
      const world = new FeedWorld({ sink: { windowEvents, windowBytes, commitBatches } });
      const job = world.add();
      await world.push(job, 400);
      await world.push(job, 2, { from: 401, bytes: 70_000 });
      await world.push(job, 98, { from: 403 });
      await world.clock.advance(5_000);
      job.end();
      await world.clock.runUntil(world.run());
      assertEquals([world.sink.violations, world.sink.stored.length], [[], 500], `${windowEvents} ${windowBytes}`);
    }
  }
});

Deno.test("on a slow link a reading waits for little, although a backlog and other feeds fill it", async () => {
  const world = new FeedWorld({ network: { latencyMs: 20, bufferBytes: 1 << 20 }, sink: { bytesPerSecond: 250_000 } });
  const bulk = world.add({ name: "bulk" });
  const sensor = world.add({ name: "sensor" });
  await world.push(bulk, 35_000, { bytes: 200 });
  await world.clock.advance(10_000);
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(10_000);
  for (let number = 1; number <= 20; number++) {
    await world.push(sensor, 1, { from: number });
    await world.clock.advance(1_000);
  }
  const ages = world.sink.arrived.filter(({ feed }) => feed === "sensor").map(({ ageMs }) => ageMs);
  assertEquals(ages.length, 20);
  // The way, a queue of 50 ms, a batch; once in a while the rate is looked for.
  assertLess(ages.toSorted((a, b) => a - b)[18]!, 150, ages.join(" "));
  assertGreater(bulk.counts.waiting, 1_000);
  world.stop.abort();
  await assertRejects(() => world.clock.runUntil(running));
});

Deno.test("back-pressure: whoever pushes waits while there is no room, and goes on when there is", async () => {
  const world = new FeedWorld();
  const job = world.add();
  let pushed = 0;
  const pushing = (async () => {
    for (let round = 0; round < 200; round++) {
      await world.push(job, 100, { from: round * 100 + 1, bytes: 1_000 });
      pushed += 100;
    }
    job.end();
  })();
  await world.clock.advance(1_000);
  assertLess(pushed, 9_000);
  assertGreater(pushed, 7_000);
  await world.clock.runUntil(Promise.all([world.run(), pushing]));
  assertEquals(world.sink.stored.length, 20_000);
});

Deno.test("events of a run that the server has are not sent, also those which are read later", async () => {
  const world = new FeedWorld();
  const first = world.add({ name: "file", inOrder: true }, new MemoryFeedQueue(new SeededRandom(1), "abc"));
  await world.push(first, 700);
  first.end();
  await world.clock.runUntil(world.run());
  assertEquals(world.sink.stored.length, 700);
  world.jobs.length = 0;
  const again = world.add({ name: "file", inOrder: true }, new MemoryFeedQueue(new SeededRandom(2), "abc"));
  const running = world.run();
  await world.push(again, 100);
  await world.clock.advance(100);
  await world.push(again, 900, { from: 101 });
  again.end();
  await world.clock.runUntil(running);
  assertEquals(world.sink.sequencesOf("file"), upTo(1_000));
  assertEquals(world.sink.violations, []);
  assertEquals([again.stored, again.alreadyThere], [300, 700]);
});

Deno.test("a server which has events that were never sent gets a new run, and loses nothing by it", async () => {
  const world = new FeedWorld();
  let isFirst = true;
  world.sink.options.onMessage = (message, reply) => {
    if (message.kind !== "openFeed" || !isFirst) return false;
    isFirst = false;
    const limits = { windowEvents: 100, windowBytes: 100_000 };
    reply({ kind: "feedAccepted", stream: message.stream, held: [{ first: 1, last: 50 }], ...limits });
    return true;
  };
  const job = world.add({ name: "room" });
  const run = job.queue.run;
  await world.push(job, 20);
  job.end();
  await world.clock.runUntil(world.run());
  assertEquals(world.sink.sequencesOf("room"), upTo(20));
  assert(world.sink.opened.every((open) => open.run !== run));
  assert(world.notes[0]?.includes("which this box never sent"), world.notes.join());
});

Deno.test("a feed without events ends without a stream; a lazy one opens it with its first event", async () => {
  const world = new FeedWorld();
  const empty = world.add({ name: "empty" });
  const lazy = world.add({ name: "lazy", lazy: true });
  const running = world.run();
  empty.end();
  await world.clock.advance(5_000);
  assertEquals(world.sink.opened.map(({ feed }) => feed), []);
  await world.push(lazy, 1);
  await world.clock.advance(100);
  assertEquals(world.sink.sequencesOf("lazy"), [1]);
  lazy.end();
  await world.clock.runUntil(running);
  assertEquals(world.endings, ["empty ended", "lazy ended"]);
});

Deno.test("a connection ends when the last feed has ended that never had a stream", async () => {
  const world = new FeedWorld();
  const job = world.add();
  const lazy = world.add({ lazy: true });
  const running = world.run();
  await world.push(job, 1);
  job.end();
  await world.clock.advance(1_000);
  assertEquals([job.phase, lazy.phase, world.sink.goodbyes], ["ended", "waiting", []]);
  lazy.end();
  await world.clock.runUntil(running, { msMax: 1_000 });
  assertEquals(world.sink.goodbyes, ["All sent"]);
});

Deno.test("an error which may pass is tried again, another fails the feed and no other", async () => {
  const refusals = ["STORAGE_FAILED", "NO_SPACE"];
  const onMessage = (message: Message, reply: (message: Message) => Promise<void>) => {
    if (message.kind !== "openFeed") return false;
    const code = message.feed === "bad" ? "INVALID_NAME" : refusals.shift();
    if (code === undefined) return false;
    const { stream } = message;
    reply({ kind: "error", code, text: "No", retryable: code !== "INVALID_NAME", retryAfterMs: 3_000, stream });
    return true;
  };
  const world = new FeedWorld({ sink: { onMessage } });
  const good = world.add({ name: "good" });
  const bad = world.add({ name: "bad" });
  for (const job of [good, bad]) {
    await world.push(job, 5);
    job.end();
  }
  await world.clock.runUntil(world.run());
  assertEquals([good.phase, good.stored], ["ended", 5]);
  assertEquals([bad.phase, bad.error?.code], ["failed", "INVALID_NAME"]);
  assertGreater(world.clock.now(), 6_000);
});

Deno.test("an ack of what was never sent ends the connection", async () => {
  const world = new FeedWorld();
  world.sink.options.onMessage = (message, reply) => {
    if (message.kind !== "eventData") return false;
    reply({ kind: "eventAck", stream: message.stream, received: 99, stored: 99 }).catch(() => {});
    return true;
  };
  const job = world.add();
  await world.push(job, 5);
  const running = world.run();
  running.catch(() => {});
  await world.clock.advance(1_000);
  assertEquals(world.interruptions[0], "INVALID_RANGE");
  assertEquals(job.stored, 0);
  world.stop.abort();
  await assertRejects(() => world.clock.runUntil(running));
});

Deno.test("an end which got lost is said again on another stream", async () => {
  let lost = 0;
  const world = new FeedWorld({ sink: { onMessage: ({ kind }) => kind === "endFeed" && lost++ === 0 } });
  const job = world.add();
  await world.push(job, 5);
  job.end();
  await world.clock.runUntil(world.run());
  assertEquals([job.phase, world.sink.stored.length, world.interruptions], ["ended", 5, []]);
});

Deno.test("the stop signal sends what waits, says goodbye, and does not wait for long", async () => {
  for (const bytesPerSecond of [Infinity, 5_000]) {
    const world = new FeedWorld({ network: { bufferBytes: 4_096 }, sink: { bytesPerSecond } });
    const job = world.add();
    const running = world.run();
    running.catch(() => {});
    await world.clock.advance(1_000);
    await world.push(job, 1_000, { bytes: 100 });
    world.stop.abort();
    const error = await assertRejects(() => world.clock.runUntil(running), FramewireError);
    assertEquals(error.code, "SHUTTING_DOWN");
    assertLessOrEqual(world.clock.now(), 5_200);
    if (bytesPerSecond === Infinity) {
      assertEquals([world.sink.stored.length, world.sink.goodbyes], [1_000, ["Stopped"]]);
    } else assertGreater(job.counts.waiting, 0);
  }
});

Deno.test("many feeds share few streams: the live ones are open, backlogs take turns", async () => {
  const world = new FeedWorld({ sink: { streamsMax: 6 } });
  for (let number = 0; number < 5; number++) await world.push(world.add(), 2_000);
  await world.clock.advance(10_000);
  const running = world.run();
  await world.clock.advance(1_000);
  for (const job of world.jobs) job.end();
  await world.clock.runUntil(running);
  assertEquals(world.sink.stored.length, 10_000);
  assertEquals(world.sink.opened.map(({ late }) => late).toSorted(), [
    ...Array(5).fill(false),
    ...Array(5).fill(true),
  ]);
});

Deno.test("the status of the box is told when it changes, at most once a second", async () => {
  const world = new FeedWorld();
  let spooledEvents = 1;
  const rest = {
    spooledBytes: 0,
    oldestMs: null,
    droppedEvents: 0,
    ...{ spooledFrames: 0, spooledFrameBytes: 0, spooledClips: 0, spooledClipBytes: 0, droppedFrames: 0 },
    diskFreeBytes: null,
    diskBytes: null,
    troubles: [],
  };
  world.health = () => ({ spooledEvents, ...rest });
  const job = world.add();
  const running = world.run();
  await world.clock.advance(5_000);
  assertEquals(world.sink.statuses.length, 1);
  for (; spooledEvents < 40; spooledEvents++) await world.clock.advance(100);
  await world.clock.advance(1_000);
  assertEquals(world.sink.statuses.at(-1)?.spooledEvents, 40);
  const times = world.sink.statuses.map(({ atMs }) => atMs);
  for (const [index, atMs] of times.entries()) assert(index === 0 || atMs - times[index - 1]! >= 999);
  job.end();
  await world.clock.runUntil(running);
  assertEquals(world.clock.pendingTimers, 0);
});
