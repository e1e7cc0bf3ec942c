import { assertEquals, assertLessOrEqual } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { SimulatedWorld } from "../property/simulated_world.ts";

const CONTENT = new SeededRandom(1).bytes(300_000);

/** Sends a clip of which bytes are damaged on their way; gives how many bytes went over the wire, and the connections. */
async function sendDamaged(seed: number, damagedAt: readonly number[]): Promise<{ bytes: number; links: number }> {
  const world = new SimulatedWorld(seed);
  await world.addFile({ device: "box", name: "clip.bin", content: CONTENT });
  world.network.onLink = (link) => {
    for (const at of damagedAt) link.up.flipBit(at, 3);
    world.network.onLink = () => {};
  };
  await world.clock.runUntil((async () => {
    await world.startServer();
    await world.startBox("box").done;
    await world.stopServer();
    await world.leave();
  })());
  assertEquals(world.serverDisk.contentOf("/data/clips/box/clip.bin"), CONTENT);
  return {
    bytes: world.network.links.reduce((sum, link) => sum + link.up.bytesWritten, 0),
    links: world.network.links.length,
  };
}

Deno.test("a damaged chunk is asked for again, alone, on the same connection", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const whole = await sendDamaged(seed, []);
    // Well inside of the payload of a chunk: all chunks before it are small, as the link is not known yet.
    const damaged = await sendDamaged(seed, [2_000]);
    assertEquals([whole.links, damaged.links], [1, 1], `seed ${seed}`);
    assertLessOrEqual(damaged.bytes - whole.bytes, LIMITS.chunkBytesMin + 200, `seed ${seed}`);
  }
});

Deno.test("several damaged chunks are all asked for again", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = new SeededRandom(seed);
    const places = Array.from({ length: 4 }, () => 20_000 + random.int(250_000));
    const { links } = await sendDamaged(seed, places);
    // A place may be in a head, where it costs the connection, but never the clip.
    assertLessOrEqual(links, 5, `seed ${seed}`);
  }
});
