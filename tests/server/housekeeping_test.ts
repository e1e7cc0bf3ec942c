import { assertEquals } from "@std/assert";
import type { Log } from "../../lib/log.ts";
import { Housekeeping, type HousekeepingJobs } from "../../lib/server/housekeeping.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";

function keeper(jobs: HousekeepingJobs) {
  const clock = new MadeUpClock();
  const logged: unknown[] = [];
  const log: Log = (level, _text, fields = {}) => void logged.push(`${level} ${fields["what"]}: ${fields["error"]}`);
  return { clock, logged, housekeeping: new Housekeeping({ clock, log }, 2_000, jobs) };
}

Deno.test("Housekeeping does every job, again and again, whatever becomes of the others", async () => {
  const done: string[] = [];
  const { clock, logged, housekeeping } = keeper({
    first: () => Promise.resolve(void done.push("first")),
    bad: () => Promise.reject(new Error("no disk")),
    worse: () => {
      throw new Error("no idea");
    },
    last: () => Promise.resolve(void done.push("last")),
  });
  housekeeping.start();
  await clock.advance(0);
  assertEquals(done, ["first", "last"]);
  assertEquals(logged, ["error bad: no disk", "error worse: no idea"]);
  await clock.advance(4_000);
  assertEquals(done.length, 6);
  await housekeeping.stop();
  await clock.advance(10_000);
  assertEquals(done.length, 6);
});

Deno.test("Housekeeping waits for a slow job before the next round, and when it stops", async () => {
  const slow = Promise.withResolvers<void>();
  let [begun, behind] = [0, 0];
  const { clock, housekeeping } = keeper({
    slow: () => (begun++, slow.promise),
    behind: () => Promise.resolve(void behind++),
  });
  housekeeping.start();
  await clock.advance(60_000);
  let isStopped = false;
  const stopped = housekeeping.stop().then(() => isStopped = true);
  await clock.advance(60_000);
  assertEquals([begun, behind, isStopped], [1, 0, false]);
  slow.resolve();
  await stopped;
  assertEquals([begun, behind], [1, 0], "no job begins behind the stop");
});
