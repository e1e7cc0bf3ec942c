import { assertEquals } from "@std/assert";
import { SpaceWatch } from "../../lib/client/space_watch.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";

Deno.test("space watch: it looks at once and every ten seconds, until it is told to stop", async () => {
  const clock = new MadeUpClock();
  const disk = new MemoryDisk();
  let free = 5;
  disk.freeBytes = () => Promise.resolve(free--);
  disk.totalBytes = () => free > 3 ? Promise.resolve(9) : Promise.reject(new Error("gone"));
  const space = new SpaceWatch("/spool", { disk, clock });
  assertEquals([space.freeBytes, space.totalBytes], [null, null]);
  const stop = new AbortController();
  const running = space.run(stop.signal);
  await clock.advance(9_999);
  assertEquals([space.freeBytes, space.totalBytes], [5, 9]);
  await clock.advance(1);
  assertEquals([space.freeBytes, space.totalBytes], [4, null], "a disk which does not say");
  stop.abort();
  await running;
  assertEquals(clock.pendingTimers, 0);
});
