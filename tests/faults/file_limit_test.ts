/** A server that runs out of files: what is connected goes on, and everything is as before when files are free again. */
import { assertEquals } from "@std/assert";
import { assertClips, randomFile, storedEvent } from "../helpers/clip_files.ts";
import { faultProxy } from "../helpers/fault_proxy.ts";
import { runSend, startSend, startServer } from "../helpers/programs.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

const FILES_MAX = 96;
const STRANGERS = 150;

Deno.test("a server without a free file: an upload under way ends well, boxes and page come back afterwards", async () => {
  await using folder = await tempFolder();
  const prefix = ["sh", "-c", `ulimit -n ${FILES_MAX}; exec "$@"`, "sh"];
  await using server = await startServer({ prefix });
  const [hostname, port] = server.listen.split(":") as [string, string];
  const large = await randomFile(folder.join("large.bin"), 12_000_000, 1);
  await using proxy = await faultProxy(server.listen, { up: { bytesPerSecond: 6_000_000 } });
  await using send = startSend(["--file", large.path, "--device", "box", "--server", proxy.address]);
  await waitFor(() => proxy.bytesUp > 2_000_000, { what: "the upload to be under way", deadlineMs: 20_000 });

  const strangers: Deno.TcpConn[] = [];
  for (let n = 0; n < STRANGERS; n++) strangers.push(await Deno.connect({ hostname, port: Number(port) }));
  await waitFor(() => server.stderr().includes("Cannot accept a connection"), { what: "the files to run out" });
  storedEvent(await send.result);
  for (const stranger of strangers) stranger.close();

  const next = await randomFile(folder.join("next.bin"), 1_000_000, 2);
  storedEvent(await runSend(["--file", next.path, "--device", "box", "--server", server.listen]));
  const answer = await waitFor(() => fetch(`${server.http}/healthz`), {
    what: "the page to answer",
    deadlineMs: 15_000,
  });
  assertEquals(await answer.text(), "ok\n");
  await assertClips(server.data, { "box/large.bin": large.sha256, "box/next.bin": next.sha256 });
});
