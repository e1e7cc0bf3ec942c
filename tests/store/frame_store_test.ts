/** What the frame store promises, on SQLite and a real disk, and on their made-up twins. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { FramewireError } from "../../lib/errors.ts";
import { allFrames, fileContent, filesOf, frameContract, pictureOf, resultOf } from "../helpers/frame_store_fixture.ts";

const FAR = 9e12;

frameContract("keeps camera frames one after the other in a segment, and gives each back", async (fixture) => {
  const { store, clock } = fixture;
  const told = await fixture.open();
  const startMs = clock.wallMs();
  const pictures = [1, 2, 3, 4, 5].map((seed) => pictureOf(seed, 500 + 100 * seed));
  for (const [index, jpeg] of pictures.entries()) {
    await told.write(index + 1, jpeg, { capturedMs: startMs + index + 0.125, timeMs: startMs + index + 0.25 });
  }
  await told.writer.flush();
  assertEquals([told.through, told.writer.stored], [5, 5]);
  const rows = await allFrames(store);
  assertEquals(rows.map(({ sequence }) => sequence), [1, 2, 3, 4, 5]);
  assertEquals(rows.map(({ id }) => id), [1, 2, 3, 4, 5].map((sequence) => told.ids.get(sequence)!));
  assertEquals(rows.map(({ capturedMs, timeMs }) => [capturedMs - startMs, timeMs - startMs]).at(-1), [4.125, 4.25]);
  for (const [index, { id }] of rows.entries()) assertEquals(await store.jpeg(id), pictures[index]);
  assertEquals(new Set(rows.map(({ file }) => file)).size, 1);
  assert(/^20260115T120000Z-\d+\.mjpeg$/.test(rows[0]!.file), rows[0]!.file);
  const whole = await fileContent(fixture, `box/cam/${rows[0]!.file}`);
  assertEquals(whole, new Uint8Array(pictures.flatMap((jpeg) => [...jpeg])));
  const { frames, bytes, firstMs, lastMs, folder } = (await store.sources())[0]!;
  assertEquals([frames, bytes, firstMs, lastMs, folder], [5, whole.length, startMs + 0.25, startMs + 4.25, "box/cam"]);
  assertEquals(await store.jpeg(12345), undefined);
});

frameContract("takes each sequence number once, over connections and restarts", async (fixture) => {
  const first = await fixture.open();
  for (const sequence of [1, 2, 2, 1, 3]) await first.write(sequence, pictureOf(sequence));
  await first.writer.close("offline");
  const second = await fixture.open();
  assertEquals(second.writer.stored, 3);
  for (const sequence of [2, 3, 4]) await second.write(sequence, pictureOf(sequence));
  await second.writer.close("offline");
  await fixture.again();
  const third = await fixture.open();
  assertEquals(third.writer.stored, 4);
  for (const sequence of [4, 7]) await third.write(sequence, pictureOf(sequence));
  await third.writer.flush();
  assertEquals((await allFrames(fixture.store)).map(({ sequence }) => sequence), [1, 2, 3, 4, 7]);
  const other = await fixture.open({ run: "new" });
  assertEquals(other.writer.stored, 0);
  await other.write(1, pictureOf(1));
  await other.writer.flush();
  assertEquals((await allFrames(fixture.store)).map(({ run, sequence }) => `${run} ${sequence}`).slice(-2), [
    "run 7",
    "new 1",
  ]);
});

frameContract("lets a newer connection take a source over, and loses nothing of the older", async (fixture) => {
  const old = await fixture.open();
  const writes = [1, 2, 3].map((sequence) => old.write(sequence, pictureOf(sequence)));
  const young = await fixture.open();
  await Promise.all(writes);
  assertEquals(old.failures, ["SUPERSEDED"]);
  assertEquals([old.through, young.writer.stored], [3, 3]);
  await assertRejects(() => old.write(4, pictureOf(4)), FramewireError, "taken over");
  await young.write(4, pictureOf(4));
  await young.writer.flush();
  assertEquals((await allFrames(fixture.store)).length, 4);
});

frameContract("counts what is passed over as stored in its turn, and keeps nothing of it", async (fixture) => {
  const told = await fixture.open();
  told.writer.pass(1);
  await told.write(2, pictureOf(2));
  told.writer.pass(3);
  await told.writer.flush();
  assertEquals(told.through, 3);
  told.writer.pass(4);
  await told.writer.close("stopped");
  await fixture.again();
  assertEquals((await fixture.open()).writer.stored, 4);
  assertEquals((await allFrames(fixture.store)).map(({ sequence }) => sequence), [2]);
});

frameContract("keeps results which come before, after and long after their frames", async (fixture) => {
  const told = await fixture.open();
  told.writer.result(1, resultOf("defect", ["scratch"]));
  for (const sequence of [1, 2, 3, 4]) await told.write(sequence, pictureOf(sequence));
  await told.writer.flush();
  told.writer.result(2, resultOf("ok"));
  await told.writer.close("stopped");
  told.writer.result(3, resultOf("defect"));
  await told.writer.flush();
  await fixture.again();
  const rows = await allFrames(fixture.store);
  assertEquals(rows.map(({ verdict }) => verdict), ["defect", "ok", "defect", null]);
  assertEquals(JSON.parse(rows[0]!.result!), resultOf("defect", ["scratch"]));
  const query = { order: "descending", limit: 10 } as const;
  const { sourceId } = told.writer;
  assertEquals(
    (await fixture.store.frames({ ...query, sourceId, verdict: "defect" })).map(({ sequence }) => sequence),
    [3, 1],
  );
  assertEquals((await fixture.store.frames({ ...query, verdict: "ok" })).map(({ sequence }) => sequence), [2]);
  assertEquals((await fixture.store.spans(sourceId, 0, FAR))[0]?.defects, 2);
});

frameContract("finds frames by time and place in the order of arrival, in pages", async (fixture) => {
  const { store, clock } = fixture;
  const startMs = clock.wallMs();
  const [left, right] = [
    await fixture.open({ source: "left" }),
    await fixture.open({ source: "right", kind: "infrared" }),
  ];
  for (let sequence = 1; sequence <= 6; sequence++) {
    await left.write(sequence, pictureOf(sequence), { timeMs: startMs + 1000 * sequence });
    await left.writer.flush();
    // Its clock goes backwards: the order stays that of arrival.
    await right.write(sequence, pictureOf(sequence), { timeMs: startMs - 1000 * sequence });
    await right.writer.flush();
  }
  const of = async (query: Partial<Parameters<typeof store.frames>[0]>) =>
    (await store.frames({ order: "ascending", limit: 100, ...query })).map(({ sequence }) => sequence);
  const [leftId, rightId] = [left.writer.sourceId, right.writer.sourceId];
  assertEquals(await of({ sourceId: leftId }), [1, 2, 3, 4, 5, 6]);
  assertEquals(await of({ sourceId: rightId }), [1, 2, 3, 4, 5, 6]);
  assertEquals(await of({ sourceId: rightId, order: "descending" }), [6, 5, 4, 3, 2, 1]);
  assertEquals(await of({ sourceId: leftId, sinceMs: startMs + 2000, untilMs: startMs + 4000 }), [2, 3, 4]);
  assertEquals(await of({ sinceMs: startMs - 2000, untilMs: startMs + 2000 }), [1, 1, 2, 2]);
  const page = await store.frames({ sourceId: leftId, order: "descending", limit: 2 });
  assertEquals(await of({ sourceId: leftId, order: "descending", limit: 2, cursor: page[1]!.id }), [4, 3]);
  assertEquals(await of({ sourceId: leftId, cursor: page[1]!.id }), [6]);
  assertEquals((await store.nearest(leftId, startMs + 2400))?.sequence, 2);
  assertEquals((await store.nearest(leftId, startMs + 2600))?.sequence, 3);
  assertEquals((await store.nearest(rightId, 0))?.sequence, 6);
  assertEquals(await store.nearest(999, 0), undefined);
  assertEquals((await store.sources()).map(({ name, kind }) => `${name} ${kind}`), ["left visible", "right infrared"]);
});

frameContract("knows when there are frames, and why there are none", async (fixture) => {
  const { store, clock } = fixture;
  const startMs = clock.wallMs();
  const told = await fixture.open();
  const { sourceId } = told.writer;
  const at = (second: number) => startMs + 1000 * second;
  const write = (sequence: number, second: number) => told.write(sequence, pictureOf(sequence), { timeMs: at(second) });
  for (const second of [1, 2, 3]) await write(second, second);
  told.writer.gap({ fromMs: at(3), toMs: null, frames: 0, reason: "camera" });
  await told.writer.flush();
  const gaps = async () =>
    (await store.gaps(sourceId, 0, FAR)).map((
      gap,
    ) => [gap.reason, (gap.fromMs - startMs) / 1000, gap.toMs && (gap.toMs - startMs) / 1000, gap.frames]);
  assertEquals(await gaps(), [["camera", 3, null, 0]]);
  await write(4, 60);
  for (let drop = 0; drop < 50; drop++) {
    told.writer.gap({ fromMs: at(60 + drop / 2), toMs: at(60.1 + drop / 2), frames: 3, reason: "link" });
  }
  await write(5, 85);
  await told.writer.close("stopped");
  assertEquals(await gaps(), [["camera", 3, 60, 0], ["link", 60, 84.6, 150], ["stopped", 85, null, 0]]);
  await fixture.again();
  const later = await fixture.open();
  await later.write(6, pictureOf(6), { timeMs: at(100) });
  await later.writer.flush();
  const found = await fixture.store.gaps(sourceId, at(90), FAR);
  assertEquals(found.map(({ reason, toMs }) => [reason, toMs]), [["stopped", at(100)]]);
  const spans = await fixture.store.spans(sourceId, startMs, at(120));
  assertEquals(spans.map(({ fromMs, toMs, frames }) => [fromMs - startMs, toMs - startMs, frames]), [
    [1000, 3000, 3],
    [60_000, 60_000, 1],
    [85_000, 85_000, 1],
    [100_000, 100_000, 1],
  ]);
  assertEquals(
    (await fixture.store.spans(sourceId, startMs, startMs + 24 * 3_600_000)).length,
    1,
    "a day shows no seconds",
  );
  assertEquals(await fixture.store.spans(sourceId, at(10), at(20)), []);
});

frameContract("says after a crash that the box was offline since its last frame", async (fixture) => {
  const told = await fixture.open();
  await told.write(1, pictureOf(1), { timeMs: 5_000 });
  await told.writer.flush();
  await told.writer.end(new FramewireError("INTERNAL", "as in a crash"));
  await fixture.again();
  const { sourceId } = told.writer;
  assertEquals((await fixture.store.gaps(sourceId, 0, FAR)).map(({ fromMs, toMs, reason }) => [fromMs, toMs, reason]), [
    [5_000, null, "offline"],
  ]);
});

frameContract("begins a new segment after its time, and when it is full", async (fixture) => {
  const { clock, store } = fixture;
  const told = await fixture.open();
  await told.write(1, pictureOf(1));
  await clock.advance(10 * 60_000);
  await told.write(2, pictureOf(2));
  await told.write(3, pictureOf(3));
  await told.writer.flush();
  const files = (await allFrames(store)).map(({ file }) => file);
  assertEquals([files[0] === files[1], files[1] === files[2]], [false, true]);
  assert(files[1]!.startsWith("20260115T121000Z-"), files[1]);
});

frameContract("ends a segment at its largest size", async (fixture) => {
  const told = await fixture.open();
  for (let sequence = 1; sequence <= 10; sequence++) await told.write(sequence, pictureOf(sequence, 300_000));
  await told.writer.flush();
  const files = new Set((await allFrames(fixture.store)).map(({ file }) => file));
  assertEquals(files.size, (await filesOf(fixture, "box/cam")).length);
  const contents = await Promise.all([...files].map((name) => fileContent(fixture, `box/cam/${name}`)));
  assertEquals(contents.map(({ length }) => length), [900_000, 900_000, 900_000, 300_000]);
}, { retention: { keepMs: null, bytesMax: 16 * 2 ** 20 } });

frameContract("gives folders which no other source has, whatever the names", async (fixture) => {
  const names = ["a/b", "A_B", "..", ".", "CON", "ü\n".repeat(60), "x".repeat(128), ""];
  for (const device of ["box", "BOX", "../../etc"]) {
    for (const source of names) await (await fixture.open({ device, source })).writer.close("stopped");
  }
  const folders = (await fixture.store.sources()).map(({ folder }) => folder);
  assertEquals(new Set(folders.map((folder) => folder.toUpperCase())).size, 3 * names.length);
  for (const folder of folders) {
    const parts = folder.split("/");
    assertEquals(parts.length, 2);
    for (const part of parts) assert(part !== "" && !part.startsWith(".") && !part.includes("\n"), folder);
  }
});

frameContract("remembers no more sources of a device than there may be", async (fixture) => {
  const open = (source: string) =>
    fixture.catalog.openSource({ device: "box", name: source, kind: "other", run: "r", nowMs: 1, sourcesMax: 256 });
  await Promise.all(Array.from({ length: 256 }, (_, index) => open(`cam ${index}`)));
  const error = await assertRejects(() => fixture.open({ source: "one more" }), FramewireError);
  assertEquals(error.code, "STREAMS_EXHAUSTED");
  await (await fixture.open({ source: "cam 7" })).writer.close("stopped");
  await (await fixture.open({ device: "other", source: "one more" })).writer.close("stopped");
});

frameContract("shows no picture which is not what was stored", async (fixture) => {
  const told = await fixture.open();
  await told.write(1, pictureOf(1));
  await told.write(2, pictureOf(2));
  await told.writer.flush();
  const [first, second] = await allFrames(fixture.store);
  const path = `${fixture.folder}/frames/box/cam/${first!.file}`;
  const file = await fixture.disk.open(path, "update");
  await file.writeAt(new Uint8Array([1, 2, 3]), 10);
  file.close();
  assertEquals(await fixture.store.jpeg(first!.id), undefined);
  assertEquals(await fixture.store.jpeg(second!.id), pictureOf(2));
  await fixture.disk.remove(path);
  assertEquals(await fixture.store.jpeg(second!.id), undefined);
});
