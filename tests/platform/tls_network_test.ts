/** What a TLS network does when it is told to give up; `tests/e2e/tls_test.ts` has the rest. */
import { assertEquals, assertRejects } from "@std/assert";
import { tlsClientNetwork } from "../../lib/platform/tls_network.ts";

Deno.test("tlsClientNetwork gives up a handshake that does not come forward", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const network = tlsClientNetwork({ caCert: null });
  const deadline = new AbortController();
  const connecting = network.connect({ hostname: "127.0.0.1", port: listener.addr.port }, { signal: deadline.signal });
  const server = await listener.accept();
  // The first bytes of the handshake are here; nobody answers them.
  await server.read(new Uint8Array(64 * 1024));
  deadline.abort();
  await assertRejects(() => connecting);
  server.close();
  listener.close();
});

Deno.test("tlsClientNetwork closes the connection to a host that cannot have a certificate", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const network = tlsClientNetwork({ caCert: null });
  const { port } = listener.addr;
  // It resolves, but is no name in the sense of TLS.
  const connecting = network.connect({ hostname: "127.1", port });
  connecting.catch(() => {});
  const server = await listener.accept();
  await assertRejects(() => connecting);
  assertEquals(await server.read(new Uint8Array(1)), null);
  server.close();
  listener.close();
});
