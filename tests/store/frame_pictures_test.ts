/** Pictures which came with names are files with these names, each once. */
import { crc32 } from "node:zlib";
import { assert, assertEquals, assertLess } from "@std/assert";
import {
  allFrames,
  fileContent,
  filesOf,
  frameContract,
  MemoryFrameFixture,
  pictureOf,
  resultOf,
} from "../helpers/frame_store_fixture.ts";

const NAMED = { source: "dir", named: true };

frameContract("keeps pictures under their names", async (fixture) => {
  const told = await fixture.open(NAMED);
  assert(told.writer.holdsNamed);
  for (let sequence = 1; sequence <= 600; sequence++) {
    await told.write(sequence, pictureOf(sequence, 50), { name: `${sequence}.jpg` });
  }
  await told.writer.flush();
  assertEquals(told.through, 600);
  const rows = await allFrames(fixture.store);
  assertEquals(rows.map(({ name, file }) => name === file), rows.map(() => true));
  assertEquals(rows.map(({ sequence }) => sequence), Array.from({ length: 600 }, (_, index) => index + 1));
  assertEquals((await filesOf(fixture, "box/dir")).length, 600);
  for (const sequence of [1, 2, 299, 600]) {
    assertEquals(await fileContent(fixture, `box/dir/${sequence}.jpg`), pictureOf(sequence, 50));
    assertEquals(await fixture.store.jpeg(told.ids.get(sequence)!), pictureOf(sequence, 50));
  }
  assertEquals(await fixture.disk.list(`${fixture.folder}/incoming`), []);
});

frameContract("stores the same picture once, and gives the id of the first", async (fixture) => {
  const told = await fixture.open(NAMED);
  await told.write(1, pictureOf(1), { name: "a.jpg" });
  await told.write(2, pictureOf(1), { name: "a.jpg" });
  await told.write(3, pictureOf(1), { name: "b.jpg" });
  await told.writer.flush();
  await told.write(4, pictureOf(1), { name: "a.jpg" });
  told.writer.result(4, resultOf("defect"));
  await told.writer.flush();
  assertEquals(told.through, 4);
  assertEquals([2, 4].map((sequence) => told.ids.get(sequence)), [told.ids.get(1), told.ids.get(1)]);
  const rows = await allFrames(fixture.store);
  assertEquals(rows.map(({ file, verdict }) => `${file} ${verdict}`), ["a.jpg defect", "b.jpg null"]);
});

frameContract("keeps another picture of the same name beside the first, in any case of letters", async (fixture) => {
  const told = await fixture.open(NAMED);
  const names = ["a.jpg", "a.jpg", "A.JPG", "a (2).jpg"];
  for (const [index, name] of names.entries()) await told.write(index + 1, pictureOf(index), { name });
  await told.writer.flush();
  await told.write(5, pictureOf(99), { name: "a.jpg" });
  await told.writer.flush();
  const rows = await allFrames(fixture.store);
  const files = rows.map(({ file }) => file);
  assertEquals(files, ["a.jpg", "a (2).jpg", "A (3).JPG", "a (2) (2).jpg", "a (4).jpg"]);
  assertEquals(rows.map(({ name }) => name), [...names, "a.jpg"]);
  for (const [index, { id }] of rows.slice(0, 4).entries()) {
    assertEquals(await fixture.store.jpeg(id), pictureOf(index));
  }
});

frameContract("gives harmless names to pictures, whatever they are called", async (fixture) => {
  const told = await fixture.open(NAMED);
  const names = [
    "../../evil.jpg",
    "..",
    "CON",
    "con.jpg",
    "ü\n😀.jpg",
    "x".repeat(300) + ".jpg",
    "1.mjpeg",
    "/etc/passwd",
    "",
  ];
  for (const [index, name] of names.entries()) await told.write(index + 1, pictureOf(index), { name });
  await told.writer.flush();
  const rows = await allFrames(fixture.store);
  assertEquals(rows.map(({ name }) => name), names);
  assertEquals((await filesOf(fixture, "box/dir")).length, names.length);
  for (const [index, { id, file }] of rows.entries()) {
    assert(!/[/\n]/.test(file) && !file.startsWith(".") && !file.endsWith(".mjpeg"), file);
    assertEquals(await fixture.store.jpeg(id), pictureOf(index));
  }
});

frameContract(
  "tells which pictures of an offer it holds: same name, same bytes, and the file is there",
  async (fixture) => {
    const told = await fixture.open(NAMED);
    for (const n of [1, 2, 3]) await told.write(n, pictureOf(n), { name: `${n}.jpg` });
    const offer = (sequence: number, name: string, picture: Uint8Array) => ({
      sequence,
      name,
      bytes: picture.length,
      crc32: crc32(picture),
    });
    const offers = [
      offer(11, "1.jpg", pictureOf(1)),
      offer(12, "2.jpg", pictureOf(1)),
      offer(13, "3.jpg", pictureOf(3)),
      offer(14, "4.jpg", pictureOf(4)),
      { ...offer(15, "1.jpg", pictureOf(1)), bytes: 1 },
    ];
    assertEquals(await told.writer.held(offers), [11, 13]);
    await fixture.disk.remove(`${fixture.folder}/frames/box/dir/3.jpg`);
    assertEquals(await told.writer.held(offers), [11]);
    await told.write(13, pictureOf(3), { name: "3.jpg" });
    await told.writer.flush();
    assertEquals(told.ids.get(13), told.ids.get(3), "it is the frame that was there");
    assertEquals(await fixture.store.jpeg(told.ids.get(3)!), pictureOf(3));
  },
);

frameContract(
  "writes over no file which somebody put there, and takes its own from a run that was killed",
  async (fixture) => {
    const first = await fixture.open(NAMED);
    await first.write(1, pictureOf(1), { name: "1.jpg" });
    await first.writer.flush();
    const put = async (name: string, content: Uint8Array) => {
      const file = await fixture.disk.open(`${fixture.folder}/frames/box/dir/${name}`, "create-new");
      await file.writeAt(content, 0);
      file.close();
    };
    await put("2.jpg", new TextEncoder().encode("of a person"));
    await put("3.jpg", pictureOf(3));
    await first.write(2, pictureOf(2), { name: "2.jpg" });
    await first.write(3, pictureOf(3), { name: "3.jpg" });
    await first.writer.flush();
    assertEquals((await allFrames(fixture.store)).map(({ file }) => file), ["1.jpg", "2 (2).jpg", "3.jpg"]);
    assertEquals(await fileContent(fixture, "box/dir/2.jpg"), new TextEncoder().encode("of a person"));
  },
);

frameContract("keeps frames without a name of such a source in a segment", async (fixture) => {
  const told = await fixture.open(NAMED);
  await told.write(1, pictureOf(1), { name: "1.jpg" });
  await told.write(2, pictureOf(2));
  await told.write(3, pictureOf(3), { name: "3.jpg" });
  await told.writer.flush();
  const rows = await allFrames(fixture.store);
  assertEquals(rows.map(({ file }) => file.endsWith(".mjpeg")), [false, true, false]);
  for (const { id, sequence } of rows) assertEquals(await fixture.store.jpeg(id), pictureOf(sequence));
});

Deno.test("FramePictures finds a file name in a few questions, however many pictures have the same name", async () => {
  const fixture = new MemoryFrameFixture();
  await fixture.store.start();
  const told = await fixture.open(NAMED);
  const write = async (from: number, to: number) => {
    for (let sequence = from; sequence <= to; sequence++) {
      await told.write(sequence, pictureOf(sequence, 50), { name: "latest.jpg" });
    }
    await told.writer.flush();
  };
  await write(1, 500);
  let [questions, rows] = [0, 0];
  const { takenFiles, samePictures } = fixture.catalog;
  fixture.catalog.takenFiles = function (...args) {
    questions++;
    return takenFiles.apply(this, args);
  };
  fixture.catalog.samePictures = async function (...args) {
    const found = await samePictures.apply(this, args);
    rows += found.length;
    return found;
  };
  await write(501, 510);
  assertLess(questions, 10 * 25);
  assertEquals(rows, 0, "those with other bytes are not looked at");
  const files = (await allFrames(fixture.store)).map(({ file }) => file);
  assertEquals(new Set(files).size, 510);
  assertEquals(files.at(-1), "latest (510).jpg");
  for (const sequence of [1, 255, 256, 510]) {
    assertEquals(await fixture.store.jpeg(told.ids.get(sequence)!), pictureOf(sequence, 50));
  }
  await fixture.store.stop();
});
