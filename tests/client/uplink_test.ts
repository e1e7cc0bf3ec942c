import { assert, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import { runUplink } from "../../lib/client/uplink.ts";
import { ClipJob } from "../../lib/clips/clip_job.ts";
import { FileSource } from "../../lib/clips/clip_source.ts";
import { FramewireError } from "../../lib/errors.ts";
import { encodeMessage } from "../../lib/protocol/codec.ts";
import { errorToPeer } from "../../lib/session/peer_error.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { MemoryDisk } from "../helpers/memory_disk.ts";
import { MemoryNetwork } from "../helpers/memory_network.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";

const ADDRESS = { hostname: "server.test", port: 1 };

/** A box with one clip, in front of a network which a test fills. */
class UplinkFixture {
  readonly clock = new MadeUpClock();
  readonly network = new MemoryNetwork({ clock: this.clock });
  readonly stop = new AbortController();
  /** Code, and when it was told, of each interruption; ms. */
  readonly interruptions: { code: string; atMs: number; retryInMs: number }[] = [];

  async run(retryForMs = Infinity): Promise<void> {
    const { clock, network } = this;
    const disk = new MemoryDisk();
    (await disk.open("/clip", "create-new")).close();
    const job = new ClipJob("clip", () => FileSource.open(disk, "/clip"), { note: () => {}, changed: () => {} });
    const random = new SeededRandom(1);
    const identity = { device: "box", token: "", software: "" };
    const connected = () => {};
    const interrupted = (error: FramewireError, retryInMs: number) =>
      void this.interruptions.push({ code: error.code, atMs: clock.now(), retryInMs });
    const options = { network, clock, random, address: ADDRESS, identity, retryForMs, connected, interrupted };
    await runUplink(options, [job], this.stop.signal).finally(() => job.giveUp());
  }

  /** A server which tells everybody the same error. */
  refuseAll(error: FramewireError): void {
    const listener = this.network.listen(ADDRESS);
    const serve = async () => {
      for (;;) {
        const connection = await listener.accept();
        await connection.write(encodeMessage(errorToPeer(error, 0)));
        await connection.closeWrite();
      }
    };
    serve().catch(() => {});
    this.stop.signal.addEventListener("abort", () => listener.close());
  }

  async rejection(running: Promise<void>): Promise<FramewireError> {
    return await assertRejects(() => this.clock.runUntil(running, { msMax: 1e9 }), FramewireError);
  }
}

Deno.test("runUplink tries for ever, with growing pauses, until it is stopped", async () => {
  const fixture = new UplinkFixture();
  const running = fixture.run();
  running.catch(() => {});
  await fixture.clock.advance(3_600_000);
  const pauses = fixture.interruptions.map(({ retryInMs }) => retryInMs);
  assert(pauses.length > 100, `${pauses.length} attempts in an hour`);
  for (const ms of pauses) assertLessOrEqual(ms, 30_000);
  assert(Math.max(...pauses.slice(0, 3)) <= 2_000 && Math.max(...pauses) > 20_000);
  fixture.stop.abort();
  assertEquals((await fixture.rejection(running)).code, "SHUTTING_DOWN");
  assertEquals(fixture.clock.pendingTimers, 0);
});

Deno.test("runUplink gives up after --retry-for, and says why", async () => {
  const fixture = new UplinkFixture();
  const error = await fixture.rejection(fixture.run(60_000));
  assertEquals(error.code, "GAVE_UP");
  assert(error.message.startsWith("Gave up after 60 s: Cannot connect to server.test:1"), error.message);
  assert(fixture.clock.now() >= 60_000 - 30_000 && fixture.clock.now() <= 61_000, `after ${fixture.clock.now()} ms`);
});

Deno.test("runUplink ends an attempt which is never answered", async () => {
  const fixture = new UplinkFixture();
  fixture.network.connectFate = () => "hang";
  assertEquals((await fixture.rejection(fixture.run(25_000))).code, "GAVE_UP");
  assertEquals(fixture.interruptions[0]?.atMs, 10_000);
});

Deno.test("runUplink ends a connection on which no Welcome comes, and tries again", async () => {
  const fixture = new UplinkFixture();
  fixture.network.listen(ADDRESS);
  await fixture.rejection(fixture.run(60_000));
  assertEquals(fixture.interruptions[0]?.code, "HANDSHAKE_TIMEOUT");
  assert(fixture.interruptions.length > 1);
});

Deno.test("runUplink takes a final refusal for final", async () => {
  for (const code of ["UNAUTHENTICATED", "UNSUPPORTED_VERSION", "INVALID_DEVICE"] as const) {
    const fixture = new UplinkFixture();
    fixture.refuseAll(new FramewireError(code, "No"));
    assertEquals((await fixture.rejection(fixture.run())).code, code);
    assertEquals(fixture.interruptions, []);
    fixture.stop.abort();
  }
});

Deno.test("runUplink comes back when a busy server says so, and not before", async () => {
  const fixture = new UplinkFixture();
  fixture.refuseAll(new FramewireError("SERVER_BUSY", "Full", { retryAfterMs: 40_000 }));
  const running = fixture.run();
  running.catch(() => {});
  await fixture.clock.advance(199_000);
  assertEquals(fixture.interruptions.map(({ code }) => code), Array(5).fill("SERVER_BUSY"));
  for (const { retryInMs } of fixture.interruptions) assert(retryInMs >= 40_000);
  fixture.stop.abort();
  assertEquals((await fixture.rejection(running)).code, "SHUTTING_DOWN");
});

Deno.test("runUplink stops at once when it is told to, also before it has begun", async () => {
  const fixture = new UplinkFixture();
  fixture.stop.abort();
  assertEquals((await fixture.rejection(fixture.run())).code, "SHUTTING_DOWN");
  assertEquals(fixture.network.links.length, 0);
});
