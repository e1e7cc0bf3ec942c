import { assert, assertEquals, assertGreater, assertLess, assertLessOrEqual, assertRejects } from "@std/assert";
import { type Connection, systemNetwork } from "../../lib/platform/network.ts";
import { type FaultProxy, faultProxy, type FaultProxyOptions } from "./fault_proxy.ts";
import { SeededRandom } from "./seeded_random.ts";
import { waitFor } from "./wait_for.ts";

const BYTES = new SeededRandom(1).bytes(300_000);

interface Link extends AsyncDisposable {
  readonly proxy: FaultProxy;
  readonly client: Connection;
  readonly server: Connection;
}

/** A client and a server with the proxy between them. */
async function link(options: FaultProxyOptions = {}): Promise<Link> {
  const listener = systemNetwork.listen({ hostname: "127.0.0.1", port: 0 });
  const proxy = await faultProxy(listener, options);
  const client = await systemNetwork.connect(proxy);
  const server = await listener.accept();
  listener.close();
  return {
    proxy,
    client,
    server,
    async [Symbol.asyncDispose]() {
      client.close();
      server.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

async function writeAll(connection: Connection, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Everything until the end, an error, or `countMax` bytes. */
async function readAll(connection: Connection, countMax = Infinity): Promise<{ bytes: Uint8Array; error: unknown }> {
  const all = new Uint8Array(BYTES.length * 2);
  let total = 0;
  try {
    while (total < countMax) {
      const count = await connection.read(all.subarray(total));
      if (count === null) break;
      total += count;
    }
  } catch (error) {
    return { bytes: all.subarray(0, total), error };
  }
  return { bytes: all.subarray(0, total), error: null };
}

Deno.test("fault proxy without faults passes bytes and half-closes both ways, and counts", async () => {
  await using between = await link();
  const { client, server, proxy } = between;
  const [got] = await Promise.all([readAll(server), writeAll(client, BYTES).then(() => client.closeWrite())]);
  assertEquals(got, { bytes: BYTES, error: null });
  const [back] = await Promise.all([readAll(client), writeAll(server, BYTES).then(() => server.closeWrite())]);
  assertEquals(back, { bytes: BYTES, error: null });
  assertEquals([proxy.bytesUp, proxy.bytesDown], [BYTES.length, BYTES.length]);
  await waitFor(() => proxy.openConnections === 0, { what: "the proxy to forget the connection" });
});

Deno.test("fault proxy resets both sides after a number of bytes", async () => {
  for (const cut of [1, 1000, 200_000]) {
    await using between = await link({ up: { resetAfterBytes: cut } });
    const { client, server, proxy } = between;
    const writing = writeAll(client, BYTES).catch(() => {});
    const got = await readAll(server);
    await writing;
    assert(got.error instanceof Deno.errors.ConnectionReset, String(got.error));
    assertLessOrEqual(got.bytes.length, cut);
    assertEquals(got.bytes, BYTES.slice(0, got.bytes.length));
    assertEquals(proxy.bytesUp, cut);
    await assertRejects(() => client.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
  }
});

Deno.test("fault proxy ends a direction after exactly a number of bytes", async () => {
  await using between = await link({ down: { endAfterBytes: 1234 } });
  const { client, server } = between;
  const writing = writeAll(server, BYTES);
  assertEquals(await readAll(client), { bytes: BYTES.slice(0, 1234), error: null });
  await writing;
});

Deno.test("fault proxy passes the reset of one side on to the other", async () => {
  await using between = await link();
  const { client, server, proxy } = between;
  await writeAll(client, BYTES.subarray(0, 10));
  await readAll(server, 10);
  server.close();
  assertEquals(await client.read(new Uint8Array(10)), null);
  await waitFor(() => client.write(BYTES).then(() => false, () => true), { what: "a write to fail" });
  await waitFor(() => proxy.openConnections === 0, { what: "the proxy to forget the connection" });
});

Deno.test("fault proxy: a black hole tells nobody, and heals", async () => {
  await using between = await link({ up: { silentAfterBytes: 100 } });
  const { client, server, proxy } = between;
  await writeAll(client, BYTES);
  await client.closeWrite();
  assertEquals((await readAll(server, 100)).bytes, BYTES.slice(0, 100));
  const rest = readAll(server);
  await writeAll(server, new Uint8Array([7]));
  assertEquals(await client.read(new Uint8Array(9)), 1, "the other direction lives");
  assertEquals(proxy.bytesUp, 100);
  proxy.heal();
  assertEquals((await rest).bytes, BYTES.slice(100));
});

Deno.test("fault proxy flips one bit in every so many bytes", async () => {
  await using between = await link({ up: { flipBitEveryBytes: 50_000 } });
  const { client, server } = between;
  const [got] = await Promise.all([readAll(server), writeAll(client, BYTES).then(() => client.closeWrite())]);
  const wrong = [...got.bytes.keys()].filter((at) => got.bytes[at] !== BYTES[at]);
  assertEquals(got.bytes.length, BYTES.length);
  assertEquals(wrong.length, 6);
  for (const at of wrong) {
    const bits = (got.bytes[at] ?? 0) ^ (BYTES[at] ?? 0);
    assertEquals(bits & (bits - 1), 0);
  }
});

Deno.test("fault proxy drops what the server says", async () => {
  await using between = await link({ down: { drop: true } });
  const { client, server } = between;
  await writeAll(server, BYTES);
  await server.closeWrite();
  assertEquals((await readAll(client)).bytes.length, 0);
  await writeAll(client, BYTES.subarray(0, 5));
  assertEquals((await readAll(server, 5)).bytes.length, 5);
});

Deno.test("fault proxy cuts into pieces", async () => {
  await using between = await link({ up: { pieceBytes: 1 } });
  const { client, server } = between;
  const [got] = await Promise.all([
    readAll(server),
    writeAll(client, BYTES.subarray(0, 500)).then(() => client.closeWrite()),
  ]);
  assertEquals(got.bytes, BYTES.slice(0, 500));
});

Deno.test("fault proxy holds bytes back for the latency, without slowing the flow", async () => {
  await using between = await link({ up: { latencyMs: 300, jitterMs: 20 } });
  const { client, server } = between;
  const start = performance.now();
  const writing = writeAll(client, BYTES).then(() => client.closeWrite());
  await readAll(server, 1);
  assertGreater(performance.now() - start, 295);
  const got = await readAll(server);
  await writing;
  // At one chunk of 64 KiB a latency it would take five of them.
  assertLess(performance.now() - start, 5 * 300);
  assertEquals(got.error, null);
});

Deno.test("fault proxy limits the rate", async () => {
  await using between = await link({ up: { bytesPerSecond: 500_000 } });
  const { client, server } = between;
  const start = performance.now();
  const [got] = await Promise.all([readAll(server), writeAll(client, BYTES).then(() => client.closeWrite())]);
  assertEquals(got.bytes, BYTES);
  assertGreater(performance.now() - start, 500);
});

Deno.test("fault proxy holds a writer back while nobody reads", async () => {
  await using between = await link();
  const { client, proxy } = between;
  let sent = 0;
  const writing = (async () => {
    for (;;) sent += await client.write(BYTES);
  })().catch(() => {});
  let last = -1;
  await waitFor(async () => {
    if (sent > 0 && sent === last) return true;
    last = sent;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return false;
  }, { what: "the writer to be held back" });
  assertLess(sent, 40_000_000);
  await proxy.cutAll();
  await writing;
});

Deno.test("fault proxy cuts all connections, refuses new ones, and takes new ones again", async () => {
  await using between = await link();
  const { client, proxy } = between;
  const reading = client.read(new Uint8Array(1));
  reading.catch(() => {});
  await proxy.cutAll();
  await assertRejects(() => reading, Deno.errors.ConnectionReset);
  proxy.refuse = true;
  // The reset may come before `connect` is back, or behind it.
  await assertRejects(async () => {
    const refused = await systemNetwork.connect(proxy);
    await refused.read(new Uint8Array(1)).finally(() => refused.close());
  });
  proxy.refuse = false;
  assertEquals(proxy.openConnections, 0);
});

Deno.test("fault proxy in front of nothing resets", async () => {
  const listener = systemNetwork.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  await using proxy = await faultProxy(`127.0.0.1:${listener.port}`);
  await assertRejects(async () => {
    const client = await systemNetwork.connect(proxy);
    await client.read(new Uint8Array(1)).finally(() => client.close());
  });
});
