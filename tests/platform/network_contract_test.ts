/** What `Network` promises, asked of the machine's network and of the made-up one: what the tests run on is like life. */
import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { type Connection, type Network, systemNetwork } from "../../lib/platform/network.ts";
import { FramewireError } from "../../lib/errors.ts";
import { MemoryNetwork } from "../helpers/memory_network.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { waitFor } from "../helpers/wait_for.ts";

const BYTES = new SeededRandom(1).bytes(300_000);
const ANY_PORT = { hostname: "127.0.0.1", port: 0 };

/** Runs `job` with both networks. */
function contract(name: string, job: (network: Network) => Promise<void>): void {
  Deno.test(`network contract, machine: ${name}`, () => job(systemNetwork));
  Deno.test(`network contract, made up: ${name}`, () => job(new MemoryNetwork()));
}

/** The two sides of a connection; both are closed at the end. */
async function connected(network: Network, job: (client: Connection, server: Connection) => Promise<void>) {
  const listener = network.listen(ANY_PORT);
  const client = await network.connect(listener);
  const server = await listener.accept();
  listener.close();
  try {
    await job(client, server);
  } finally {
    client.close();
    server.close();
  }
}

async function writeAll(connection: Connection, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

async function readAll(connection: Connection): Promise<Uint8Array> {
  const all = new Uint8Array(BYTES.length + 1);
  let total = 0;
  for (let count; (count = await connection.read(all.subarray(total))) !== null;) total += count;
  return all.subarray(0, total);
}

contract(
  "bytes go both ways, and a half-close ends one of them",
  (network) =>
    connected(network, async (client, server) => {
      const [up] = await Promise.all([readAll(server), writeAll(client, BYTES).then(() => client.closeWrite())]);
      assertEquals(up.length, BYTES.length);
      assert(up.every((byte, at) => byte === BYTES[at]));
      const [down] = await Promise.all([readAll(client), writeAll(server, BYTES).then(() => server.closeWrite())]);
      assert(down.length === BYTES.length && down.every((byte, at) => byte === BYTES[at]));
      assertEquals(await server.read(new Uint8Array(1)), null, "the end stays the end");
      await assertRejects(() => client.write(BYTES), Deno.errors.BrokenPipe);
    }),
);

contract("reads and writes of no bytes give 0", (network) =>
  connected(network, async (client) => {
    assertEquals(await client.write(new Uint8Array(0)), 0);
    assertEquals(await client.read(new Uint8Array(0)), 0);
  }));

contract("remote is the address of the peer", (network) =>
  connected(network, (client, server) => {
    assert(/^127\.0\.0\.1:\d+$/.test(client.remote), client.remote);
    assert(/^\d+\.\d+\.\d+\.\d+:\d+$/.test(server.remote), server.remote);
    return Promise.resolve();
  }));

contract(
  "close interrupts a read and a write which wait, and later calls have no resource",
  (network) =>
    connected(network, async (client) => {
      let last = 0;
      const writing = (async () => {
        for (;;) last = await client.write(BYTES);
      })();
      const reading = client.read(new Uint8Array(1));
      for (const waiting of [writing, reading]) waiting.catch(() => {});
      await waitFor(() => last > 0, { what: "a write" });
      client.close();
      client.close();
      await assertRejects(() => reading, Deno.errors.Interrupted);
      // It was waiting, or it was about to write again.
      await assertRejects(() => writing, Error);
      await assertRejects(() => client.read(new Uint8Array(1)), Deno.errors.BadResource);
      await assertRejects(() => client.write(BYTES), Deno.errors.BadResource);
      await assertRejects(() => client.closeWrite(), Deno.errors.BadResource);
    }),
);

contract(
  "the peer of a closed side reads what was sent and the end, and its writes fail soon",
  (network) =>
    connected(network, async (client, server) => {
      await writeAll(client, BYTES.subarray(0, 100));
      client.close();
      assertEquals((await readAll(server)).length, 100);
      await waitFor(() => server.write(BYTES).then(() => false, (error: unknown) => error), {
        what: "a write to fail",
      });
    }),
);

contract("a connect to a port where nobody listens is CONNECTION_LOST, and so is an aborted one", async (network) => {
  const listener = network.listen(ANY_PORT);
  const abort = new AbortController();
  abort.abort();
  const aborted = await assertRejects(() => network.connect(listener, { signal: abort.signal }), FramewireError);
  assertEquals(aborted.code, "CONNECTION_LOST");
  listener.close();
  const lost = await assertRejects(() => network.connect(listener), FramewireError);
  assertEquals(lost.code, "CONNECTION_LOST");
});

contract("a listener has a port of its own, and its close ends an accept which waits", async (network) => {
  const listener = network.listen(ANY_PORT);
  assertGreater(listener.port, 0);
  const accepting = listener.accept();
  accepting.catch(() => {});
  listener.close();
  listener.close();
  await assertRejects(() => accepting, Deno.errors.BadResource);
  await assertRejects(() => listener.accept(), Deno.errors.BadResource);
  const again = network.listen(listener);
  assertEquals(again.port, listener.port);
  again.close();
});
