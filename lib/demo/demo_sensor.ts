/** The demo's sensor: an hour of readings to begin with, so that there is a chart, and then one a second. */
import type { FeedJob } from "../events/feed_job.ts";
import { SensorDemo } from "../events/sensor_demo.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";

const HISTORY_MS = 3_600_000;
const STEP_MS = 1_000;

/** Pushes readings until `signal` aborts, and ends the feed. */
export async function runDemoSensor(
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  feed: FeedJob,
  signal: AbortSignal,
): Promise<void> {
  const sensor = new SensorDemo(random);
  let number = 0;
  const nowMs = clock.wallMs();
  for (let timeMs = nowMs - HISTORY_MS; timeMs < nowMs; timeMs += STEP_MS) {
    await feed.push({ timeMs, body: sensor.reading(++number, timeMs) });
  }
  while (!signal.aborted) {
    await feed.push({ body: sensor.reading(++number, clock.wallMs()) });
    await sleep(clock, STEP_MS, signal);
  }
  feed.end();
}
