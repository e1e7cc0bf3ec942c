import { assertEquals } from "@std/assert";

Deno.test("read gives null at the peer's end of writing, and writing to it still works", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  using box = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  using server = await accepted;
  await box.write(new Uint8Array([1]));
  await box.closeWrite();

  const into = new Uint8Array(16);
  assertEquals([await server.read(into), await server.read(into)], [1, null]);
  assertEquals(await server.write(new Uint8Array([7, 8])), 2);
  assertEquals([await box.read(into), into[0], into[1]], [2, 7, 8]);
});

Deno.test("closing a connection ends a read that waits, with Interrupted", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  using _box = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  const server = await accepted;
  const read = server.read(new Uint8Array(1)).then(() => "data", (error: Error) => error.name);
  server.close();
  assertEquals(await read, "Interrupted");
});
