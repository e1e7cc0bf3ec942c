import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { assertClips, eventsOf, randomFile, storedEvent } from "../helpers/clip_files.ts";
import { faultProxy } from "../helpers/fault_proxy.ts";
import { runSend, startSend, startServer } from "../helpers/programs.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

/** A server, a random file, and what sends it through a proxy. */
async function scene(bytes: number) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const server = stack.use(await startServer());
  const proxy = stack.use(await faultProxy(server.listen, { seed: 7 }));
  const file = await randomFile(folder.join("clip.bin"), bytes, bytes);
  const args = ["--server", proxy.address, "--device", "box", "--file", file.path];
  return {
    server,
    proxy,
    file,
    args,
    assertWhole: () => assertClips(server.data, { "box/clip.bin": file.sha256 }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

Deno.test("a connection which is cut every second", async () => {
  await using s = await scene(40_000_000);
  s.proxy.up = { bytesPerSecond: 12_000_000 };
  const cutter = setInterval(() => s.proxy.cutAll(), 1_000);
  const result = await runSend(s.args).finally(() => clearInterval(cutter));
  assertEquals(storedEvent(result)["sha256"], s.file.sha256);
  const cuts = eventsOf(result, "interrupted").length;
  assert(cuts >= 2, `it was cut ${cuts} times`);
  assertLessOrEqual(Number(storedEvent(result)["sentBytes"]), s.file.bytes + cuts * LIMITS.windowBytes);
  await s.assertWhole();
});

Deno.test("a black hole: the dead peer is found within two heartbeats, and the new connection takes over", async () => {
  await using s = await scene(30_000_000);
  s.proxy.up = { bytesPerSecond: 15_000_000 };
  await using send = startSend(s.args);
  await waitFor(() => s.proxy.bytesUp > 10_000_000, { what: "10 MB to go up", deadlineMs: 30_000 });
  const start = performance.now();
  s.proxy.up = { silentAfterBytes: 0 };
  s.proxy.down = { silentAfterBytes: 0 };
  const event = await send.process.event((event) => event["event"] === "interrupted", {
    what: "the sender to notice",
    deadlineMs: 3 * LIMITS.pingIntervalMs,
  });
  assertEquals(event["code"], "PEER_SILENT");
  const noticedMs = performance.now() - start;
  assert(noticedMs > LIMITS.pingIntervalMs, `it gave up after ${noticedMs} ms`);
  s.proxy.up = { bytesPerSecond: 15_000_000 };
  s.proxy.down = {};
  assertEquals(storedEvent(await send.result)["sha256"], s.file.sha256);
  await s.assertWhole();
});

Deno.test("a sender that starts anew takes its clip over from a connection that only looks alive", async () => {
  await using s = await scene(20_000_000);
  s.proxy.up = { bytesPerSecond: 10_000_000 };
  await using send = startSend(s.args);
  await waitFor(() => s.proxy.bytesUp > 8_000_000, { what: "8 MB to go up", deadlineMs: 30_000 });
  s.proxy.up = { silentAfterBytes: 0 };
  s.proxy.down = { silentAfterBytes: 0 };
  await send.kill();
  // The server hears nothing of the kill. The new one comes past the proxy.
  const args = ["--server", s.server.listen, ...s.args.slice(2)];
  const start = performance.now();
  const stored = storedEvent(await runSend(args));
  assert(performance.now() - start < 2 * LIMITS.pingIntervalMs, "it waited until the old one was found dead");
  assert(Number(stored["sentBytes"]) < s.file.bytes, "nothing was resumed");
  await s.assertWhole();
});

Deno.test("one byte at a time, both ways", async () => {
  await using s = await scene(10_000);
  s.proxy.up = { pieceBytes: 1 };
  s.proxy.down = { pieceBytes: 1 };
  storedEvent(await runSend(s.args));
  await s.assertWhole();
});

Deno.test("odd pieces, latency and jitter", async () => {
  await using s = await scene(3_000_000);
  s.proxy.up = { pieceBytes: 1_789, latencyMs: 40, jitterMs: 30 };
  s.proxy.down = { pieceBytes: 7, latencyMs: 40, jitterMs: 30 };
  const result = await runSend(s.args);
  assertEquals(storedEvent(result)["sentBytes"], s.file.bytes);
  assertEquals(eventsOf(result, "interrupted"), []);
  await s.assertWhole();
});

Deno.test("bits that flip on the way up are asked for again, or end the connection, and never reach the disk", async () => {
  await using s = await scene(4_000_000);
  s.proxy.up = { flipBitEveryBytes: 300_000 };
  const result = await runSend(s.args);
  const stored = storedEvent(result);
  assertEquals(stored["sha256"], s.file.sha256);
  assert(Number(stored["sentBytes"]) > s.file.bytes, "nothing was sent again");
  await s.assertWhole();
});

Deno.test("the bytes end after a while, without a reset", async () => {
  await using s = await scene(5_000_000);
  s.proxy.up = { endAfterBytes: 2_000_000 };
  const result = await runSend(s.args);
  assertEquals(storedEvent(result)["sha256"], s.file.sha256);
  assert(eventsOf(result, "interrupted").length >= 2);
  await s.assertWhole();
});

Deno.test("the last ack is lost: the clip shows up once, and the sender says stored", async () => {
  // Small enough to go without waiting for an ack, which is under way for a while.
  await using s = await scene(40_000);
  s.proxy.down = { latencyMs: 1_000 };
  await using send = startSend(s.args);
  await waitFor(() => Deno.stat(`${s.server.data}/clips/box/clip.bin`), { what: "the clip to be published" });
  await waitFor(() => /Clip stored/.test(s.server.stderr()), { what: "the clip to be committed" });
  await s.proxy.cutAll();
  s.proxy.down = {};
  const result = await send.result;
  const stored = storedEvent(result);
  assertEquals([stored["sha256"], stored["sentBytes"]], [s.file.sha256, s.file.bytes]);
  assertEquals(eventsOf(result, "interrupted").length, 1, "the ack was not lost");
  await s.assertWhole();
  const { clips } = await fetch(`${s.server.http}/api/clips`).then((answer) => answer.json());
  assertEquals(clips.length, 1);
});
