import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { assertClips, eventsOf, filesBelow, randomFile, storedEvent } from "../helpers/clip_files.ts";
import { PROJECT_ROOT, runSend, startSend, startServer } from "../helpers/programs.ts";
import { Subprocess } from "../helpers/subprocess.ts";
import { tempFolder } from "../helpers/temp_folder.ts";
import { CAN_MOUNT, tmpfs } from "../helpers/tmpfs.ts";
import { waitFor } from "../helpers/wait_for.ts";

const MB = 1_000_000;

Deno.test({
  name: "a clip that does not fit is refused with a time to retry, and comes by itself when there is space again",
  ignore: !CAN_MOUNT,
  fn: async () => {
    await using folder = await tempFolder();
    await using disk = await tmpfs(40 * MB);
    await using server = await startServer({ data: disk.path, args: ["--reserve", "2MB"] });
    const small = await randomFile(folder.join("small.bin"), 3 * MB, 1);
    const large = await randomFile(folder.join("large.bin"), 30 * MB, 2);
    const args = (path: string) => ["--server", server.listen, "--device", "box", "--file", path];
    storedEvent(await runSend(args(small.path)));
    await randomFile(`${disk.path}/junk`, 10 * MB, 3);

    const refused = await runSend([...args(large.path), "--retry-for", "5s"]);
    assertEquals([refused.code, eventsOf(refused, "failed")[0]?.["code"]], [3, "NO_SPACE"]);
    // An empty place is not taken by who did not fit: another clip still does.
    const other = await randomFile(folder.join("other.bin"), 1 * MB, 4);
    storedEvent(await runSend(args(other.path)));

    await using send = startSend(args(large.path));
    const note = await send.process.event((event) => event["event"] === "note", { what: "the refusal" });
    assertMatch(String(note["text"]), /trying again in 3[01]\.\d s/);
    await Deno.remove(`${disk.path}/junk`);
    const result = await send.result;
    assertEquals(storedEvent(result)["sentBytes"], large.bytes);
    await assertClips(server.data, {
      "box/small.bin": small.sha256,
      "box/other.bin": other.sha256,
      "box/large.bin": large.sha256,
    });
  },
});

Deno.test({
  name: "a disk that fills up midway ends the clip that fills it, nothing that was acked, and no clip that fits",
  ignore: !CAN_MOUNT,
  fn: async () => {
    await using folder = await tempFolder();
    await using disk = await tmpfs(60 * MB);
    await using server = await startServer({ data: disk.path, args: ["--reserve", "20MB"] });
    const small = await randomFile(folder.join("small.bin"), 3 * MB, 1);
    const args = ["--server", server.listen, "--device", "box", "--retry-for", "3s"];
    storedEvent(await runSend([...args, "--file", small.path]));
    // Of unknown size, so that nothing can be reserved for it.
    const piece = new Uint8Array(MB).fill(7);
    const flood = ReadableStream.from(Array.from({ length: 80 }, () => piece));
    const result = await runSend([...args, "--name", "flood.bin", "--file", "-"], { stdin: flood });
    assertEquals([result.code, eventsOf(result, "failed")[0]?.["code"]], [3, "NO_SPACE"]);
    await assertClips(server.data, { "box/small.bin": small.sha256 });

    assertEquals((await server.kill("SIGTERM")).code, 0, server.stderr());
    await server.restart();
    const again = storedEvent(await runSend([...args, "--file", small.path]));
    assertEquals(again["alreadyThere"], true);
    const { clips } = await fetch(`${server.http}/api/clips`).then((answer) => answer.json());
    assert(clips.length >= 1);
  },
});

Deno.test("the second server on a data folder refuses to start, and the first does not notice", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const command = [Deno.execPath(), "run", "-A", `${PROJECT_ROOT}server.ts`, "--data", server.data];
  await using second = Subprocess.start({ command: [...command, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"] });
  assertEquals((await second.stopped).code, 1);
  assertStringIncludes(second.stderr(), "[DATA_LOCKED]");
  assertEquals(second.stdoutLines, []);
  const file = await randomFile(folder.join("clip.bin"), 1 * MB, 1);
  storedEvent(await runSend(["--server", server.listen, "--device", "box", "--file", file.path]));
  await assertClips(server.data, { "box/clip.bin": file.sha256 });
});

Deno.test("an unfinished clip expires, and its space with it", async () => {
  await using folder = await tempFolder();
  await using server = await startServer({ args: ["--keep-unfinished", "1s"] });
  const pipe = new TransformStream<Uint8Array, Uint8Array>();
  const writer = pipe.writable.getWriter();
  await using send = startSend(["--server", server.listen, "--device", "box", "--name", "x", "--file", "-"], {
    stdin: pipe.readable,
  });
  await writer.write(new Uint8Array(MB));
  await waitFor(async () => (await filesBelow(`${server.data}/incoming`)).length === 1, { what: "the clip to begin" });
  // As long as a box is at it, it does not expire, however slow it is.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  assertEquals((await filesBelow(`${server.data}/incoming`)).length, 1);
  const killed = send.kill();
  await writer.close();
  await killed;
  await waitFor(async () => (await filesBelow(`${server.data}/incoming`)).length === 0, { what: "it to expire" });
  const file = await randomFile(folder.join("x"), 1_000, 1);
  storedEvent(await runSend(["--server", server.listen, "--device", "box", "--file", file.path]));
  await assertClips(server.data, { "box/x": file.sha256 });
});
