import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { assertClips, eventsOf, storedEvent } from "../helpers/clip_files.ts";
import { faultProxy } from "../helpers/fault_proxy.ts";
import { runSend, startServer } from "../helpers/programs.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { waitFor } from "../helpers/wait_for.ts";

/** A stream of `bytes` random bytes in pieces of random size, and its SHA-256 once it has been read. */
function randomPipe(bytes: number, seed: number) {
  const random = new SeededRandom(seed);
  const hash = createHash("sha256");
  let left = bytes;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left === 0) return controller.close();
      const piece = random.bytes(Math.min(left, 1 + random.int(100_000)));
      left -= piece.length;
      hash.update(piece);
      controller.enqueue(piece);
    },
  });
  return { stream, sha256: () => hash.digest("hex") };
}

Deno.test("standard input of unknown length arrives byte for byte", async () => {
  await using server = await startServer();
  const pipe = randomPipe(20_000_003, 1);
  const args = ["--server", server.listen, "--device", "box", "--name", "live.bin", "--file", "-"];
  const stored = storedEvent(await runSend(args, { stdin: pipe.stream }));
  const sha256 = pipe.sha256();
  assertEquals([stored["bytes"], stored["sha256"]], [20_000_003, sha256]);
  await assertClips(server.data, { "box/live.bin": sha256 });
});

Deno.test("standard input without a byte is an empty clip with a name of its own", async () => {
  await using server = await startServer();
  const stored = storedEvent(
    await runSend(["--server", server.listen, "--device", "box", "--file", "-"], { stdin: "" }),
  );
  assertEquals(stored["bytes"], 0);
  assert(/^stdin-\d{8}-\d{6}$/.test(String(stored["name"])), String(stored["name"]));
});

Deno.test("standard input goes on from memory when the connection is cut", async () => {
  await using server = await startServer();
  await using proxy = await faultProxy(server.listen, { up: { bytesPerSecond: 15_000_000 } });
  const pipe = randomPipe(30_000_000, 2);
  const sending = runSend(["--server", proxy.address, "--device", "box", "--name", "live.bin", "--file", "-"], {
    stdin: pipe.stream,
  });
  const cutter = setInterval(() => proxy.cutAll(), 600);
  const result = await sending.finally(() => clearInterval(cutter));
  const stored = storedEvent(result);
  const sha256 = pipe.sha256();
  assert(eventsOf(result, "interrupted").length > 0, "it was never cut");
  assertEquals([stored["bytes"], stored["sha256"]], [30_000_000, sha256]);
  await assertClips(server.data, { "box/live.bin": sha256 });
});

Deno.test("standard input goes on when the server is killed and comes back", async () => {
  await using server = await startServer();
  await using proxy = await faultProxy(server.listen, { up: { bytesPerSecond: 10_000_000 } });
  const pipe = randomPipe(20_000_000, 3);
  const sending = runSend(["--server", proxy.address, "--device", "box", "--name", "live.bin", "--file", "-"], {
    stdin: pipe.stream,
  });
  await waitFor(() => proxy.bytesUp >= 8_000_000, { what: "8 MB to be sent", deadlineMs: 30_000 });
  await server.restart();
  const stored = storedEvent(await sending);
  const sha256 = pipe.sha256();
  assertEquals(stored["sha256"], sha256);
  await assertClips(server.data, { "box/live.bin": sha256 });
});
