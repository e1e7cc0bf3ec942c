import { assert, assertEquals } from "@std/assert";
import { runDemoSensor } from "../../lib/demo/demo_sensor.ts";
import { FeedJob } from "../../lib/events/feed_job.ts";
import { decodeBatch } from "../../lib/protocol/event_batch.ts";
import { MemoryFeedQueue } from "../../lib/store/memory_feed_queue.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

Deno.test("runDemoSensor: an hour of history, then a reading a second, until it is told to stop", async () => {
  const [clock, random, stop] = [new MadeUpClock(), new SeededRandom(1), new AbortController()];
  const queue = new MemoryFeedQueue(random);
  const feed = new FeedJob({ name: "climate" }, { clock, queue, events: { note: () => {}, ended: () => {} } });
  const startMs = clock.wallMs();
  const running = runDemoSensor({ clock, random }, feed, stop.signal);
  await clock.advance(9_500);
  stop.abort();
  await running;
  assertEquals(feed.counts.pushed, 3_600 + 10);
  assert(feed.hasInputEnded);
  const times: number[] = [];
  for (let after = 0; after < queue.lastSequence;) {
    for (const pack of await queue.read(after, 1_000_000)) {
      times.push(...decodeBatch(pack.bytes).map(({ timeMs }) => timeMs));
      after = pack.last;
    }
  }
  assertEquals(times, Array.from({ length: 3_610 }, (_, at) => startMs - 3_600_000 + at * 1_000));
});
