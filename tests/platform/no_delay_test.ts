/**
 * Small messages in a row are not held back by Nagle's algorithm: each plain connection has it off. Timing would not show
 * it reliably, so the calls are counted.
 */
import { assertEquals } from "@std/assert";
import { systemNetwork } from "../../lib/platform/network.ts";
import { tlsClientNetwork } from "../../lib/platform/tls_network.ts";

const ANY_PORT = { hostname: "127.0.0.1", port: 0 };

/** The values which `setNoDelay` of TCP connections is called with during `job`. */
async function noDelaysDuring(job: (called: readonly (boolean | undefined)[]) => Promise<void>): Promise<void> {
  using listener = Deno.listen(ANY_PORT);
  using conn = await Deno.connect({ hostname: listener.addr.hostname, port: listener.addr.port });
  (await listener.accept()).close();
  const prototype = Object.getPrototypeOf(conn) as Pick<Deno.TcpConn, "setNoDelay">;
  const original = prototype.setNoDelay;
  const called: (boolean | undefined)[] = [];
  prototype.setNoDelay = function (noDelay) {
    called.push(noDelay);
    original.call(this, noDelay);
  };
  try {
    await job(called);
  } finally {
    prototype.setNoDelay = original;
  }
}

Deno.test("network: TCP_NODELAY is set where a connection is made, and where it is accepted", () =>
  noDelaysDuring(async (called) => {
    const listener = systemNetwork.listen(ANY_PORT);
    const client = await systemNetwork.connect(listener);
    assertEquals(called, [true], "the one that was made");
    const server = await listener.accept();
    assertEquals(called, [true, true], "and the one that was accepted");
    for (const each of [client, server, listener]) each.close();
  }));

Deno.test("network: TCP_NODELAY is set on the TCP connection under the box's TLS", () =>
  noDelaysDuring(async (called) => {
    using listener = Deno.listen(ANY_PORT);
    const { hostname, port } = listener.addr;
    // Nobody greets: what counts is done before.
    const connecting = tlsClientNetwork({ caCert: null }).connect({ hostname, port });
    (await listener.accept()).close();
    await connecting.catch(() => {});
    assertEquals(called, [true]);
  }));
