import { assertEquals, assertRejects } from "@std/assert";
import { FramewireError } from "../../lib/errors.ts";
import { FeedWorld } from "../helpers/feed_world.ts";

Deno.test("FeedJob: what was late on one connection is late on the next, however much came meanwhile", async () => {
  const world = new FeedWorld();
  const job = world.add();
  await world.push(job, 10);
  await world.clock.advance(1_999);
  assertEquals(job.lateThrough, 0);
  await world.clock.advance(1);
  assertEquals(job.lateThrough, 10);
  // A moment ago some of it was stored, and more has come.
  job.storedThrough(1, 5, 5);
  await world.push(job, 3, { from: 11 });
  assertEquals(job.lateThrough, 13);
  job.storedThrough(6, 13, 8);
  await world.push(job, 1, { from: 14 });
  assertEquals(job.lateThrough, 0);
});

Deno.test("FeedJob takes nothing behind its end", async () => {
  const world = new FeedWorld();
  const job = world.add();
  job.end();
  const error = await assertRejects(() => world.push(job, 1), FramewireError);
  assertEquals([error.code, job.phase, world.endings], ["SHUTTING_DOWN", "ended", ["feed-0 ended"]]);
});

Deno.test("FeedJob ends, too, when the last that was pushed is refused behind its end", async () => {
  const world = new FeedWorld();
  const job = world.add({ lazy: true });
  job.queue.append = () => Promise.reject(new FramewireError("NO_SPACE", "The spool is full"));
  const pushed = assertRejects(() => world.push(job, 1), FramewireError, "full");
  job.end();
  assertEquals(job.isEnded, false);
  await pushed;
  assertEquals([job.phase, world.endings], ["ended", ["feed-0 ended"]]);
});
