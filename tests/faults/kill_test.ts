import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { LIMITS } from "../../lib/config/limits.ts";
import { assertClips, eventsOf, randomFile, storedEvent, watchClips } from "../helpers/clip_files.ts";
import { type FaultProxy, faultProxy } from "../helpers/fault_proxy.ts";
import { type SendResult, startSend, startServer } from "../helpers/programs.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

const MEMORY_BYTES_MAX = 150_000_000;
/** What framing, opening and asking cost beside the payload, bytes. */
const TALK_BYTES = 1_000_000;

/** Resolves when this many more bytes have gone up, or the sender is through. */
async function passed(proxy: FaultProxy, bytes: number, sending: Promise<SendResult>): Promise<boolean> {
  const end = proxy.bytesUp + bytes;
  let done = false;
  sending.then(() => done = true);
  await waitFor(() => done || proxy.bytesUp >= end, { what: `${bytes} bytes to go up`, deadlineMs: 60_000 });
  return !done;
}

Deno.test("kill -9 of sender and server in turn: whole, one window a kill, nothing partial, bounded memory", async () => {
  const random = new SeededRandom(20_261_120);
  await using folder = await tempFolder();
  await using server = await startServer();
  const before = await randomFile(folder.join("before.bin"), 3_000_000, 1);
  const file = await randomFile(folder.join("large.bin"), 150_000_000, 2);
  await using _watch = watchClips(server.data, [before, file]);
  await using proxy = await faultProxy(server.listen, { up: { bytesPerSecond: 60_000_000 } });
  const args = (path: string) => ["--server", proxy.address, "--device", "box", "--file", path];
  await using first = startSend(args(before.path));
  storedEvent(await first.result);

  const bytesBefore = proxy.bytesUp;
  let kills = 0;
  let sentBytes = 0;
  let serverPeak = 0;
  await using senders = new AsyncDisposableStack();
  let send = senders.use(startSend(args(file.path)));
  for (; kills < 6; kills++) {
    if (!await passed(proxy, 5_000_000 + random.int(20_000_000), send.result)) break;
    if (kills % 2 === 0) {
      await send.kill();
      send = senders.use(startSend(args(file.path)));
    } else {
      serverPeak = Math.max(serverPeak, server.peakRssBytes());
      await server.restart();
    }
  }
  const result = await send.result;
  const stored = storedEvent(result);
  assertEquals(stored["sha256"], file.sha256);
  assert(kills >= 4, `only ${kills} kills`);
  sentBytes = proxy.bytesUp - bytesBefore;
  assertLessOrEqual(sentBytes, file.bytes + kills * LIMITS.windowBytes + TALK_BYTES);
  assertLessOrEqual(result.peakRssBytes, MEMORY_BYTES_MAX);
  assertLessOrEqual(Math.max(serverPeak, server.peakRssBytes()), MEMORY_BYTES_MAX);
  await assertClips(server.data, { "box/before.bin": before.sha256, "box/large.bin": file.sha256 });
});

Deno.test("kill -9 of the server among many small files: what was told stored is there, the rest comes once", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  await Deno.mkdir(folder.join("many"));
  const files = [];
  for (let index = 0; index < 150; index++) {
    files.push(await randomFile(folder.join(`many/${String(index).padStart(3, "0")}.bin`), 20_000 + index, index));
  }
  await using _watch = watchClips(server.data, files);
  await using send = startSend(["--server", server.listen, "--device", "box", "--file", folder.join("many")]);
  const stored = () => send.process.events().filter((event) => event["event"] === "stored");
  for (const count of [20, 60, 100]) {
    await waitFor(() => stored().length >= count, { what: `${count} clips stored`, deadlineMs: 30_000 });
    await server.kill();
    const told = stored();
    for (const event of told) {
      const info = await Deno.stat(`${server.data}/clips/box/${event["storedName"]}`);
      assertEquals(info.size, event["bytes"]);
    }
    await server.restart();
  }
  const result = await send.result;
  assertEquals(result.code, 0, result.stdout.slice(-5).join("\n"));
  assertEquals(eventsOf(result, "stored").length, files.length);
  const expected = eventsOf(result, "stored").map((event) => [`box/${event["storedName"]}`, String(event["sha256"])]);
  assertEquals(expected.map(([, sha256]) => sha256).sort(), files.map((file) => file.sha256).sort());
  await assertClips(server.data, Object.fromEntries(expected));
});

Deno.test("SIGTERM of the server during an upload: it ends soon, the sender waits and finishes after the restart", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  await using proxy = await faultProxy(server.listen, { up: { bytesPerSecond: 20_000_000 } });
  const file = await randomFile(folder.join("large.bin"), 40_000_000, 3);
  await using send = startSend(["--server", proxy.address, "--device", "box", "--file", file.path]);
  await passed(proxy, 10_000_000, send.result);
  const start = performance.now();
  const { code } = await server.kill("SIGTERM");
  assertEquals(code, 0, server.stderr());
  assert(performance.now() - start < 10_000, "it took 10 s to stop");
  await server.restart();
  const result = await send.result;
  assertEquals(storedEvent(result)["sha256"], file.sha256);
  assertEquals(eventsOf(result, "interrupted")[0]?.["code"], "SHUTTING_DOWN");
  // A polite stop makes all durable that has arrived: only what was on its way goes twice.
  assertLessOrEqual(Number(storedEvent(result)["sentBytes"]), file.bytes + LIMITS.windowBytes / 2);
  await assertClips(server.data, { "box/large.bin": file.sha256 });
});
