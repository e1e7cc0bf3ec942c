import { assert, assertEquals } from "@std/assert";
import { filesBelow, randomFile, sha256OfFile, storedEvent } from "../helpers/clip_files.ts";
import { runSend, startServer } from "../helpers/programs.ts";
import { RawBox } from "../helpers/raw_box.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

/** Names of real files. */
const FILE_NAMES = [
  "größe – 測試 🎬.mp4",
  "n".repeat(251) + ".mp4",
  "two\nlines.mp4",
  "CON",
  "-rf",
  "a\\b.mp4",
  " .mp4",
];
/** Labels of strangers. */
const LABELS = [
  "../../../etc/passwd",
  "/etc/passwd",
  "..",
  ".",
  "../clips",
  "C:\\Windows\\x.mp4",
  "incoming/../../framewire.db",
  "a\u0001b",
  "\u202egpj.exe",
  "x".repeat(1024),
  "NUL.txt",
  "\\\\host\\share",
  "%2e%2e%2fup",
];

Deno.test("files with odd names arrive under a safe name, the original in the catalog", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const files = [];
  for (const [index, name] of FILE_NAMES.entries()) {
    files.push({ name, ...await randomFile(folder.join(name), 2_000 + index, index) });
  }
  const paths = files.map((file) => `--file=${file.path}`);
  const result = await runSend(["--server", server.listen, "--device", "../box", ...paths]);
  assertEquals(result.code, 0, result.stdout.join("\n"));
  for (const { name, sha256 } of files) {
    const event = result.events.find((event) => event["event"] === "stored" && event["name"] === name);
    assert(event !== undefined, `${JSON.stringify(name)} is not among ${result.stdout.join("\n")}`);
    assertEquals(event["sha256"], sha256);
  }
  const stored = await filesBelow(`${server.data}/clips`);
  assertEquals(stored.length, files.length);
  assertEquals(new Set(stored.map((path) => path.split("/")[0])).size, 1);
  const hashes = await Promise.all(stored.map((path) => sha256OfFile(`${server.data}/clips/${path}`)));
  assertEquals(hashes.sort(), files.map((file) => file.sha256).sort());
});

Deno.test("no label writes outside of the data folder, and all of them arrive", async () => {
  await using folder = await tempFolder();
  await Deno.mkdir(folder.join("deep/er/data"), { recursive: true });
  await Deno.writeTextFile(folder.join("deep/precious"), "untouched");
  await using server = await startServer({ data: folder.join("deep/er/data") });
  const content = (label: string) => new TextEncoder().encode(`content of ${label}`);
  await using box = await RawBox.connect(server.listen);
  await box.hello("..");
  for (const [index, label] of LABELS.entries()) await box.upload(label, content(label), index + 1);

  const files = await filesBelow(`${server.data}/clips`);
  assertEquals(files.length, LABELS.length, files.join("\n"));
  const texts = await Promise.all(files.map((path) => Deno.readTextFile(`${server.data}/clips/${path}`)));
  assertEquals(texts.sort(), LABELS.map((label) => `content of ${label}`).sort());
  const outside = (await filesBelow(folder.path)).filter((path) => !path.startsWith("deep/er/data/"));
  assertEquals(outside, ["deep/precious"]);
  assertEquals(await Deno.readTextFile(folder.join("deep/precious")), "untouched");
  const top = new Set((await filesBelow(server.data)).map((path) => path.split("/")[0]!.replace(/-(wal|shm)$/, "")));
  assertEquals([...top].sort(), ["clips", "framewire.db", "framewire.lock"]);
});

Deno.test("--name is the label of a file", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const file = await randomFile(folder.join("x.bin"), 1_000, 1);
  const name = "../../../up.mp4";
  const result = await runSend(["--server", server.listen, "--device", "box", "--name", name, "--file", file.path]);
  const stored = storedEvent(result);
  assertEquals(stored["name"], name);
  assertEquals(await filesBelow(`${server.data}/clips`), [`box/${stored["storedName"]}`]);
  assert(!String(stored["storedName"]).includes("/"));
});
