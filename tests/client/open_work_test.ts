import { assertEquals } from "@std/assert";
import { OpenWork } from "../../lib/client/open_work.ts";
import { runUplink } from "../../lib/client/uplink.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { listOrigin, madeUpJpeg, SourceWorld } from "../helpers/source_world.ts";

Deno.test("open work: without anything to do an uplink stays connected, and sends what comes later", async () => {
  const world = new SourceWorld();
  const work = new OpenWork();
  let connections = 0;
  const running = runUplink(
    {
      ...{ network: world.network, clock: world.clock, random: new SeededRandom(1) },
      ...{ address: { hostname: "server.test", port: 1 }, identity: { device: "box", token: "", software: "" } },
      ...{ retryForMs: Infinity, sources: world.jobs, work },
      connected: () => void connections++,
      interrupted: () => {},
    },
    [],
    world.stop.signal,
  );
  let ended = false;
  running.finally(() => ended = true);
  await world.clock.advance(60_000);
  assertEquals([connections, ended], [1, false]);
  for (const name of ["first", "second"]) {
    const frames = [{ jpeg: madeUpJpeg(1_000, 1), capturedMs: world.clock.wallMs(), name: null }];
    const job = world.add({ name }, () => listOrigin(frames));
    job.start();
    work.changed();
    await world.clock.runUntil(job.settled);
    assertEquals([job.phase, job.stored], ["ended", 1]);
    world.jobs.splice(world.jobs.indexOf(job), 1);
    work.changed();
    await world.clock.advance(60_000);
  }
  assertEquals([connections, ended], [1, false], "all over one connection");
  work.isOpen = false;
  work.changed();
  await world.clock.runUntil(running);
});
