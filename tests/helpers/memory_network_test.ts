import { assert, assertEquals, assertGreater, assertLess, assertRejects, assertThrows } from "@std/assert";
import type { Connection } from "../../lib/platform/network.ts";
import { FramewireError } from "../../lib/errors.ts";
import { MemoryNetwork, type MemoryNetworkOptions } from "./memory_network.ts";
import { osError } from "./os_errors.ts";
import { SeededRandom } from "./seeded_random.ts";

async function pair(options: MemoryNetworkOptions = {}, network = new MemoryNetwork(options)) {
  const listener = network.listen({ hostname: "server", port: 0 });
  const client = await network.connect(listener);
  const server = await listener.accept();
  listener.close();
  return { network, client, server, link: network.lastLink };
}

async function writeAll(connection: Connection, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Everything until the end or an error. */
async function readAll(
  connection: Connection,
  pieceBytes = 1000,
): Promise<{ bytes: Uint8Array; error: unknown; reads: number }> {
  const got: number[] = [];
  const into = new Uint8Array(pieceBytes);
  for (let reads = 0;; reads++) {
    try {
      const count = await connection.read(into);
      if (count === null) return { bytes: new Uint8Array(got), error: null, reads };
      got.push(...into.subarray(0, count));
    } catch (error) {
      return { bytes: new Uint8Array(got), error, reads };
    }
  }
}

/** Whether `promise` is still pending after everything that can happen by itself has happened. */
async function pending(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(() => settled = true, () => settled = true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  return !settled;
}

const BYTES = new SeededRandom(1).bytes(5000);

const nothing = () => Promise.resolve();

Deno.test("memory network carries bytes through a smaller buffer, however they are cut", async () => {
  for (const reads of ["whole", "one-byte", "random"] as const) {
    for (const writes of ["whole", "one-byte", "random"] as const) {
      const { client, server } = await pair({ seed: 3, bufferBytes: 77, reads, writes });
      const sent = writeAll(client, BYTES).then(() => client.closeWrite());
      const got = await readAll(server);
      await sent;
      assertEquals(got.bytes, BYTES);
      assertEquals(got.error, null);
      if (reads === "one-byte") assertEquals(got.reads, BYTES.length);
      await writeAll(server, BYTES.subarray(0, 50));
      server.close();
      assertEquals((await readAll(client)).bytes, BYTES.slice(0, 50));
      client.close();
    }
  }
});

Deno.test("memory network holds a writer back while nobody reads", async () => {
  const { client, server } = await pair({ bufferBytes: 100 });
  assertEquals(await client.write(BYTES), 100);
  const blocked = client.write(BYTES);
  assert(await pending(blocked));
  assertEquals(await server.read(new Uint8Array(30)), 30);
  assertEquals(await blocked, 30);
});

Deno.test("memory network copies what is written, so that the writer may use its buffer again", async () => {
  const { client, server } = await pair();
  const buffer = new Uint8Array([1, 2, 3]);
  await client.write(buffer);
  buffer.fill(9);
  const into = new Uint8Array(3);
  await server.read(into);
  assertEquals(into, new Uint8Array([1, 2, 3]));
});

Deno.test("resetAfter gives exactly that many bytes and then a reset, both ways", async () => {
  for (const cut of [0, 1, 99, 100, 101, 4999]) {
    const network = new MemoryNetwork({ bufferBytes: 100, reads: "random" });
    network.onLink = (link) => link.up.resetAfter(cut);
    const { client, server } = await pair({}, network);
    const sent = assertRejects(() => writeAll(client, BYTES), Deno.errors.ConnectionReset);
    const got = await readAll(server);
    await sent;
    assertEquals(got.bytes, BYTES.slice(0, cut));
    assert(got.error instanceof Deno.errors.ConnectionReset);
    await assertRejects(() => client.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
    await assertRejects(() => server.write(BYTES), Deno.errors.ConnectionReset);
  }
});

Deno.test("endAfter gives exactly that many bytes and then the end, and the writer is not told", async () => {
  const network = new MemoryNetwork({ bufferBytes: 100 });
  network.onLink = (link) => link.up.endAfter(250);
  const { client, server } = await pair({}, network);
  const [got] = await Promise.all([readAll(server), writeAll(client, BYTES)]);
  assertEquals(got.bytes, BYTES.slice(0, 250));
  assertEquals(got.error, null);
  assertEquals(network.lastLink.up.bytesWritten, BYTES.length);
});

Deno.test("a black hole swallows what follows, its end too, and heals", async () => {
  const { client, server, link } = await pair({ bufferBytes: 10_000 });
  link.up.silentAfter(1000);
  await writeAll(client, BYTES);
  client.close();
  const into = new Uint8Array(10_000);
  assertEquals(await server.read(into), 1000);
  const more = server.read(into);
  assert(await pending(more));
  link.heal();
  assertEquals(await more, 4000);
  assertEquals(await server.read(into), null);
});

Deno.test("a black hole swallows the end also behind bytes which were all read", async () => {
  const { client, server, link } = await pair();
  await client.write(BYTES);
  await server.read(new Uint8Array(5000));
  link.blackHole();
  client.close();
  const end = server.read(new Uint8Array(1));
  assert(await pending(end));
  link.heal();
  assertEquals(await end, null);
});

Deno.test("a reset loses what is under way, and leaves what has arrived", async () => {
  let now = 0;
  const clock = { now: () => now, wallMs: () => 0, timer: () => () => {}, turn: nothing, answers: nothing };
  const { client, server, link } = await pair({ clock });
  link.up.setLatency(100);
  await client.write(BYTES.subarray(0, 10));
  now = 50;
  await client.write(BYTES.subarray(0, 20));
  now = 120;
  link.reset();
  now = 500;
  const got = await readAll(server);
  assertEquals(got.bytes.length, 10);
  assert(got.error instanceof Deno.errors.ConnectionReset);
});

Deno.test("flipBit changes one bit of one byte", async () => {
  const { client, server, link } = await pair();
  link.up.flipBit(4000, 3);
  await writeAll(client, BYTES);
  client.close();
  const { bytes } = await readAll(server);
  const wrong = [...bytes.keys()].filter((at) => bytes[at] !== BYTES[at]);
  assertEquals(wrong, [4000]);
  assertEquals((bytes[4000] ?? 0) ^ (BYTES[4000] ?? 0), 8);
  assertThrows(() => link.up.flipBit(4000), RangeError);
});

Deno.test("latency holds bytes and the end back by the clock", async () => {
  let now = 0;
  const timers = new Set<{ at: number; fn: () => void }>();
  const clock = {
    now: () => now,
    wallMs: () => now,
    timer(ms: number, fn: () => void) {
      const timer = { at: now + ms, fn };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    turn: nothing,
    answers: nothing,
  };
  const go = (ms: number) => {
    now += ms;
    for (const timer of [...timers]) if (timer.at <= now && timers.delete(timer)) timer.fn();
  };
  const { client, server, link } = await pair({ clock });
  link.up.setLatency(100);
  await client.write(BYTES.subarray(0, 10));
  go(50);
  client.close();
  const first = server.read(new Uint8Array(99));
  go(49);
  assert(await pending(first));
  go(1);
  assertEquals(await first, 10);
  const end = server.read(new Uint8Array(99));
  assert(await pending(end));
  go(50);
  assertEquals(await end, null);
  assertEquals(timers.size, 0);
});

Deno.test("closing interrupts a pending call; later calls have no resource", async () => {
  const { client, server } = await pair({ bufferBytes: 10 });
  await client.write(BYTES);
  const calls = [client.read(new Uint8Array(1)), client.write(BYTES)];
  for (const call of calls) call.catch(() => {});
  client.close();
  client.close();
  for (const call of calls) await assertRejects(() => call, Deno.errors.Interrupted);
  await assertRejects(() => client.read(new Uint8Array(1)), Deno.errors.BadResource);
  await assertRejects(() => client.write(BYTES), Deno.errors.BadResource);
  await assertRejects(() => client.closeWrite(), Deno.errors.BadResource);
  assertEquals((await readAll(server)).bytes, BYTES.slice(0, 10));
  assertEquals(await server.write(BYTES), BYTES.length, "one write is lost, as in life");
  await assertRejects(() => server.write(BYTES), Deno.errors.BrokenPipe);
});

Deno.test("nobody listens, refused and hanging connects give CONNECTION_LOST", async () => {
  const network = new MemoryNetwork();
  const lost = async (signal?: AbortSignal) => {
    const error = await assertRejects(
      () => network.connect({ hostname: "server", port: 49_152 }, signal ? { signal } : {}),
      FramewireError,
    );
    assertEquals(error.code, "CONNECTION_LOST");
  };
  await lost();
  const listener = network.listen({ hostname: "server", port: 0 });
  network.connectFate = () => "refuse";
  await lost();
  network.connectFate = () => "hang";
  const abort = new AbortController();
  const hanging = lost(abort.signal);
  assert(await pending(hanging));
  abort.abort();
  await hanging;
  listener.close();
  network.connectFate = () => "connect";
  await lost();
});

Deno.test("accept rejects once per made-up error, and for good after close", async () => {
  const network = new MemoryNetwork();
  const listener = network.listen({ hostname: "server", port: 0 });
  assertThrows(() => network.listen(listener), Deno.errors.AddrInUse);
  network.acceptErrors.push(osError("EMFILE"));
  const error = await assertRejects(() => listener.accept(), Error, "Too many open files");
  assertEquals((error as { code?: string }).code, "EMFILE");
  const unaccepted = await network.connect(listener);
  const accepted = await listener.accept();
  assertGreater(accepted.remote.length, 0);
  const later = await network.connect(listener);
  listener.close();
  await assertRejects(() => listener.accept(), Deno.errors.BadResource);
  await assertRejects(() => later.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
  assert(await pending(unaccepted.read(new Uint8Array(1))), "an accepted connection outlives its listener");
  const pendingAccept = network.listen(listener);
  const accept = pendingAccept.accept();
  accept.catch(() => {});
  pendingAccept.close();
  await assertRejects(() => accept, Deno.errors.BadResource);
  assertLess(network.links.length, 3);
});
