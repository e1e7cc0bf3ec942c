import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { assertClips, randomFile, storedEvent } from "../helpers/clip_files.ts";
import { runSend, startServer } from "../helpers/programs.ts";
import { RawBox } from "../helpers/raw_box.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

const BOXES = 100;

Deno.test("a hundred boxes at once all finish, beside a real sender, in bounded memory", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const file = await randomFile(folder.join("clip.bin"), 30_000_000, 1);
  const expected: Record<string, string> = { "real/clip.bin": file.sha256 };
  const send = runSend(["--server", server.listen, "--device", "real", "--file", file.path]);
  const boxes = Array.from({ length: BOXES }, async (_, index) => {
    const random = new SeededRandom(index);
    const content = random.bytes(200_000 + random.int(800_000));
    const device = `box ${index}`;
    await using box = await RawBox.connect(server.listen);
    await box.hello(device);
    const { storedName } = await box.upload("clip.bin", content);
    expected[`${device}/${storedName}`] = createHash("sha256").update(content).digest("hex");
    await box.send({ kind: "goodbye", reason: "" });
    assertEquals(await box.endedWith(), undefined);
  });
  const results = await Promise.allSettled(boxes);
  assertEquals(results.filter((result) => result.status === "rejected"), []);
  assertEquals(storedEvent(await send)["sentBytes"], file.bytes);
  await assertClips(server.data, expected);
  assert(server.peakRssBytes() < 180_000_000, `server used ${server.peakRssBytes()} bytes`);
  assertEquals((await server.kill("SIGTERM")).code, 0);
});

Deno.test("ten real senders of one device, with clips of the same name, get a name each", async () => {
  await using folder = await tempFolder();
  await using server = await startServer();
  const files = await Promise.all(Array.from({ length: 10 }, async (_, index) => {
    await Deno.mkdir(folder.join(`${index}`));
    return await randomFile(folder.join(`${index}/clip.bin`), 500_000 + index, index);
  }));
  const results = await Promise.all(
    files.map((file) => runSend(["--server", server.listen, "--device", "box", "--file", file.path])),
  );
  const stored = results.map(storedEvent);
  assertEquals(new Set(stored.map((event) => event["storedName"])).size, files.length);
  await assertClips(
    server.data,
    Object.fromEntries(stored.map((event, index) => [`box/${event["storedName"]}`, files[index]!.sha256])),
  );
});
