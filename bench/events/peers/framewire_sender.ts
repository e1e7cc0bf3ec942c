/** A box with one feed which has readings as fast as they are taken: see `sender_clock.ts` for the arguments. */
import { FeedJob } from "../../../lib/events/feed_job.ts";
import { systemClock } from "../../../lib/platform/clock.ts";
import { systemRandom } from "../../../lib/platform/random.ts";
import { MemoryFeedQueue } from "../../../lib/store/memory_feed_queue.ts";
import { sendTo } from "../../uplink.ts";
import { readingAt, senderArgs, SenderClock } from "./sender_clock.ts";

const args = senderArgs(Deno.args);
const watch = new SenderClock(args);

/** Readings that are pushed before anything else gets a turn. */
const AT_ONCE = 1_000;
let acked = Promise.withResolvers<void>();

/** Tells what is durable, which nobody else wants to know. */
class SensorJob extends FeedJob {
  override storedThrough(first: number, last: number, count: number): void {
    super.storedThrough(first, last, count);
    watch.ackThrough(this.stored);
    acked.resolve();
    acked = Promise.withResolvers();
  }
}

const job = new SensorJob(
  { name: "sensor" },
  { clock: systemClock, queue: new MemoryFeedQueue(systemRandom), events: { note: () => {}, ended: () => {} } },
);

async function produce(): Promise<void> {
  while (!watch.isAllSent) {
    while (watch.room === 0) await acked.promise;
    let pushed: Promise<void> | undefined;
    for (let room = Math.min(watch.room, AT_ONCE); room > 0; room--) {
      const { deviceId, eventId, humidity, tempCel } = readingAt(watch.send());
      pushed = job.push({ body: { kind: "temp", deviceId, eventId, humidity, tempCel, picture: null } });
    }
    await pushed;
  }
  job.end();
}

const producing = produce();
await sendTo(args.port, { feeds: [job] });
await producing;
Deno.exit(job.phase === "ended" && job.stored === args.all ? 0 : 1);
