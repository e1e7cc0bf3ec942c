import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertClips, eventsOf, filesBelow, randomFile, sha256OfFile, storedEvent } from "../helpers/clip_files.ts";
import { runSend, startServer } from "../helpers/programs.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Deno.test("a file arrives byte for byte, and the same command again sends nothing", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const file = await randomFile(folder.join("clip.bin"), 5_000_001, 1);
  const args = ["--server", server.listen, "--device", "box", "--file", file.path];

  const first = await runSend(args);
  const stored = storedEvent(first);
  assertEquals([stored["bytes"], stored["sha256"], stored["sentBytes"]], [file.bytes, file.sha256, file.bytes]);
  assertEquals([stored["name"], stored["storedName"], stored["alreadyThere"]], ["clip.bin", "clip.bin", false]);
  assert(String(stored["url"]).startsWith(`${server.http}/#`), String(stored["url"]));
  assertEquals(eventsOf(first, "connected").length, 1);
  const summary = eventsOf(first, "summary")[0]!;
  assertEquals([summary["stored"], summary["failed"], summary["bytes"]], [1, 0, file.bytes]);
  assertEquals(first.stderr, "");
  await assertClips(server.data, { "box/clip.bin": file.sha256 });

  const again = storedEvent(await runSend(args));
  assertEquals([again["alreadyThere"], again["sentBytes"], again["clipId"]], [true, 0, stored["clipId"]]);
  await assertClips(server.data, { "box/clip.bin": file.sha256 });
});

Deno.test("without --json a person reads the result, and the page's answer has the clip", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const file = await randomFile(folder.join("clip.bin"), 100_000, 2);
  const { code, stdout } = await runSend(["--server", server.listen, "--device", "box", "--file", file.path], {
    json: false,
  });
  assertEquals(code, 0);
  assertMatch(stdout[0]!, /^clip\.bin: stored, /);
  assertMatch(stdout.join("\n"), new RegExp(file.sha256));
  const content = await fetch(`${server.http}/api/clips`).then((answer) => answer.json());
  const [clip] = content.clips ?? content;
  const bytes = await fetch(`${server.http}/clips/${clip.id}/content`).then((answer) => answer.bytes());
  assertEquals(bytes, await Deno.readFile(file.path));
});

Deno.test("an empty file, and a sparse one of 300 MB, arrive", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const empty = await randomFile(folder.join("empty.bin"), 0, 1);
  const sparse = folder.join("sparse.bin");
  const bytes = 300_000_000;
  {
    using file = await Deno.open(sparse, { write: true, create: true });
    await file.truncate(bytes - 3);
    await file.seek(0, Deno.SeekMode.End);
    await file.write(new TextEncoder().encode("end"));
  }
  const args = ["--server", server.listen, "--device", "box"];
  const stored = storedEvent(await runSend([...args, "--file", empty.path]));
  assertEquals([stored["bytes"], stored["sha256"]], [0, EMPTY_SHA256]);
  const again = storedEvent(await runSend([...args, "--file", empty.path]));
  assertEquals(again["alreadyThere"], true);
  const result = await runSend([...args, "--file", sparse]);
  assertEquals(storedEvent(result)["bytes"], bytes);
  await assertClips(server.data, { "box/empty.bin": EMPTY_SHA256, "box/sparse.bin": await sha256OfFile(sparse) });
  assert(server.peakRssBytes() < 150_000_000, `server used ${server.peakRssBytes()} bytes`);
  assert(result.peakRssBytes < 150_000_000, `sender used ${result.peakRssBytes} bytes`);
});

Deno.test("several files and a folder in one command, with labels from the folder's name on", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  await Deno.mkdir(folder.join("day/cam 1"), { recursive: true });
  await Deno.mkdir(folder.join("day/.cache"));
  const files = await Promise.all(
    ["007", "day/b.bin", "day/cam 1/c.bin", "day/cam 1/d10.bin", "day/cam 1/d9.bin"]
      .map((name, index) => randomFile(folder.join(name), 1_000 + index, index)),
  );
  await randomFile(folder.join("day/.cache/hidden.bin"), 10, 9);
  await randomFile(folder.join("day/.hidden.bin"), 10, 9);
  const result = await runSend(
    ["--server", server.listen, "--device", "box", "--file", "007", "day"],
    { cwd: folder.path },
  );
  assertEquals(result.code, 0, result.stdout.join("\n"));
  const labels = eventsOf(result, "stored").map((event) => String(event["name"])).sort();
  assertEquals(labels, ["007", "day/b.bin", "day/cam 1/c.bin", "day/cam 1/d10.bin", "day/cam 1/d9.bin"]);
  const paths = await filesBelow(`${server.data}/clips`);
  assertEquals(paths.length, 5, paths.join("\n"));
  const hashes = await Promise.all(paths.map((path) => sha256OfFile(`${server.data}/clips/${path}`)));
  assertEquals(hashes.sort(), files.map((file) => file.sha256).sort());
});

Deno.test("other content under the same name is kept beside it", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const path = folder.join("clip.mp4");
  const args = ["--server", server.listen, "--device", "box", "--file", path];
  const versions = [];
  // The third has the size of the first: only the bytes tell them apart.
  for (const [index, bytes] of [50_000, 60_000, 50_000].entries()) {
    versions.push(await randomFile(path, bytes, index));
    const stored = storedEvent(await runSend(args));
    assertEquals(stored["storedName"], index === 0 ? "clip.mp4" : `clip (${index + 1}).mp4`);
  }
  await assertClips(server.data, {
    "box/clip.mp4": versions[0]!.sha256,
    "box/clip (2).mp4": versions[1]!.sha256,
    "box/clip (3).mp4": versions[2]!.sha256,
  });
  const again = storedEvent(await runSend(args));
  assertEquals([again["alreadyThere"], again["storedName"], again["sentBytes"]], [true, "clip (3).mp4", 0]);
});

Deno.test("two devices with the same clip name do not meet", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const a = await randomFile(folder.join("clip.bin"), 40_000, 1);
  await Deno.mkdir(folder.join("b"));
  const b = await randomFile(folder.join("b/clip.bin"), 40_000, 2);
  const [first, second] = await Promise.all([
    runSend(["--server", server.listen, "--device", "one", "--file", a.path]),
    runSend(["--server", server.listen, "--device", "two", "--file", b.path]),
  ]);
  storedEvent(first);
  storedEvent(second);
  await assertClips(server.data, { "one/clip.bin": a.sha256, "two/clip.bin": b.sha256 });
});
