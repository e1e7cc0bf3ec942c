import { assert, assertEquals, assertLess } from "@std/assert";
import { systemDisk } from "../../lib/platform/disk.ts";
import { Spool } from "../../lib/store/spool.ts";
import { FeedWorld, upTo } from "../helpers/feed_world.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

Deno.test("a spooled feed: the backlog of an earlier life goes late, a live reading before it, and the spool is empty then", async () => {
  await using folder = await tempFolder();
  const world = new FeedWorld({ network: { bufferBytes: 65_536 }, sink: { bytesPerSecond: 500_000 } });
  const open = () =>
    Spool.open({
      ...{ path: folder.path, bytesMax: 1e9, keepMs: 1e9, disk: systemDisk, clock: world.clock },
      ...{ random: new SeededRandom(5), note: () => {} },
    });
  const before = await open();
  const earlier = world.add({ name: "room" }, await before.feed("room"));
  await world.push(earlier, 30_000, { bytes: 30 });
  await before.close();
  world.jobs.length = 0;
  const spool = await open();
  const job = world.add({ name: "room" }, await spool.feed("room"));
  const running = world.run();
  running.catch(() => {});
  await waitFor(async () => {
    await world.clock.advance(20);
    return world.sink.arrived.length > 1_000;
  }, { what: "the backlog to go" });
  const pushedMs = world.clock.now();
  await world.push(job, 1, { from: 30_001 });
  const live = () => world.sink.arrived.find(({ late }) => !late);
  await waitFor(async () => {
    await world.clock.advance(5);
    return live() !== undefined;
  }, { what: "the live reading" });
  assertLess(world.clock.now() - pushedMs, 1_000);
  assertEquals(live()?.sequence, 30_001);
  assert(world.sink.arrived.length < 30_000, "the backlog was already through");
  job.end();
  await world.clock.runUntil(running);
  assertEquals(world.sink.stored.filter(({ late }) => late).map(({ sequence }) => sequence), upTo(30_000));
  assertEquals(world.sink.violations, []);
  await waitFor(() => spool.status().bytes === 0, { what: "the spool to be empty" });
  await spool.close();
});
