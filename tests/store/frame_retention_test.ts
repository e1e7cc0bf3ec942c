/** What is old, or too much, is removed; and nothing else. */
import { assert, assertEquals } from "@std/assert";
import type { FrameRow } from "../../lib/store/frame_catalog.ts";
import {
  allFrames,
  filesOf,
  frameContract,
  type FrameFixture,
  MemoryFrameFixture,
  pictureOf,
  type ToldWriter,
} from "../helpers/frame_store_fixture.ts";

const HOUR_MS = 3_600_000;
const FAR = 9e12;
const BY_AGE = { retention: { keepMs: HOUR_MS, bytesMax: null } };
const BY_SIZE = { retention: { keepMs: null, bytesMax: 4 * 2 ** 20 } };
const PICTURE_BYTES = 300_000;

/** Frames of 300 kB, 3 of which fill a segment of 1 MiB. */
async function fill(told: ToldWriter, from: number, to: number, fields: Parameters<ToldWriter["write"]>[2] = {}) {
  for (let sequence = from; sequence <= to; sequence++) {
    await told.write(sequence, pictureOf(sequence % 5, PICTURE_BYTES), fields);
  }
  await told.writer.flush();
}

/** Files and rows say the same. */
async function checkWhole(fixture: FrameFixture): Promise<FrameRow[]> {
  const rows = await allFrames(fixture.store);
  const sources = await fixture.store.sources();
  for (const { id, folder, frames, bytes } of sources) {
    const own = rows.filter(({ sourceId }) => sourceId === id);
    assertEquals([frames, bytes], [own.length, own.reduce((sum, row) => sum + row.bytes, 0)]);
    assertEquals(await filesOf(fixture, folder), [...new Set(own.map(({ file }) => file))].sort());
  }
  for (const { id, sequence, bytes } of rows) {
    assertEquals(await fixture.store.jpeg(id), pictureOf(sequence % 5, bytes));
  }
  return rows;
}

const sequences = (rows: readonly FrameRow[]) => rows.map(({ sequence }) => sequence);

frameContract("removes the oldest segments when all are too much, and never the one being written", async (fixture) => {
  const [left, right] = [await fixture.open({ source: "left" }), await fixture.open({ source: "right" })];
  await fill(left, 1, 10);
  await fill(right, 1, 10);
  await fixture.store.expire();
  const rows = await checkWhole(fixture);
  const of = (told: ToldWriter) => sequences(rows.filter(({ sourceId }) => sourceId === told.writer.sourceId));
  assertEquals(of(left), [10], "the open segment stays, and is all that stays of the older source");
  assertEquals(of(right), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  await fixture.store.expire();
  assertEquals((await allFrames(fixture.store)).length, rows.length);
  assertEquals(
    await fixture.store.gaps(left.writer.sourceId, 0, FAR),
    [],
    "all before it is gone, which explains itself",
  );
}, BY_SIZE);

frameContract("removes the oldest of a source which has too much, and lets the others be", async (fixture) => {
  const [left, right] = [await fixture.open({ source: "left" }), await fixture.open({ source: "right" })];
  await fill(left, 1, 2);
  await fill(right, 1, 20);
  await fixture.store.expire();
  const rows = await checkWhole(fixture);
  const of = (told: ToldWriter) => sequences(rows.filter(({ sourceId }) => sourceId === told.writer.sourceId));
  assertEquals(of(left), [1, 2]);
  assertEquals(of(right), [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
}, { retention: { keepMs: null, bytesMax: null, sourceBytesMax: 12 * PICTURE_BYTES } });

frameContract("removes what is too old, pictures with names too, by the clock of the server", async (fixture) => {
  const { clock } = fixture;
  const [cam, dir] = [await fixture.open(), await fixture.open({ source: "dir", named: true })];
  for (const n of [1, 2, 3]) {
    // The time of the box is nonsense, and nothing depends on it.
    await cam.write(n, pictureOf(n, 1000), { timeMs: 0 });
    await dir.write(n, pictureOf(n, 1000), { name: `${n}.jpg` });
    await clock.advance(HOUR_MS / 2);
  }
  await cam.writer.flush();
  await dir.writer.flush();
  await fixture.store.expire();
  assertEquals(sequences(await allFrames(fixture.store)).sort(), [2, 2, 3, 3]);
  await fixture.store.expire();
  await checkWhole(fixture);
  await clock.advance(2 * HOUR_MS);
  // The first time it ends segments which nobody fills any more, as their sources are silent.
  await fixture.store.expire();
  await cam.writer.flush();
  await dir.writer.flush();
  await clock.advance(2 * HOUR_MS);
  await fixture.store.expire();
  assertEquals(await allFrames(fixture.store), []);
  await checkWhole(fixture);
}, BY_AGE);

frameContract("keeps what was recorded a moment ago when the clock of the server jumps", async (fixture) => {
  const told = await fixture.open();
  fixture.clock.setWall(0);
  await told.write(1, pictureOf(1));
  await told.writer.close("stopped");
  fixture.clock.setWall(Date.UTC(2026, 5));
  await fixture.store.expire();
  assertEquals((await allFrames(fixture.store)).length, 1);
}, BY_AGE);

frameContract(
  "keeps what was there before a start with a wrong clock, until that has been steady for an hour",
  async (fixture) => {
    const { clock } = fixture;
    const told = await fixture.open();
    await told.write(1, pictureOf(1));
    await told.writer.close("stopped");
    const rightMs = clock.wallMs();
    clock.setWall(Date.UTC(2099, 0));
    await fixture.again();
    await fixture.store.expire();
    await clock.advance(HOUR_MS / 2);
    await fixture.store.expire();
    clock.setWall(rightMs + HOUR_MS / 2);
    await fixture.store.expire();
    assertEquals(
      (await allFrames(fixture.store)).length,
      1,
      "kept while the clock was wrong, and young when it was right",
    );
    await clock.advance(HOUR_MS);
    await fixture.store.expire();
    assertEquals(await allFrames(fixture.store), []);
  },
  BY_AGE,
);

frameContract(
  "does not remove what is read at the moment, and says that there is a hole behind it",
  async (fixture) => {
    const told = await fixture.open();
    const startMs = fixture.clock.wallMs();
    for (let n = 1; n <= 30; n++) {
      await told.write(n, pictureOf(n % 5, PICTURE_BYTES), { timeMs: startMs + n * 1000 });
    }
    await told.writer.flush();
    const [first] = await allFrames(fixture.store);
    const { open } = fixture.disk;
    const [opened, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    fixture.disk.open = async (path, mode) => {
      const file = await open.call(fixture.disk, path, mode);
      opened.resolve();
      await goOn.promise;
      return file;
    };
    try {
      const jpeg = fixture.store.jpeg(first!.id);
      await opened.promise;
      await fixture.store.expire();
      fixture.disk.open = open;
      goOn.resolve();
      assertEquals(await jpeg, pictureOf(1, PICTURE_BYTES));
    } finally {
      fixture.disk.open = open;
    }
    const rows = await checkWhole(fixture);
    assertEquals(sequences(rows).slice(0, 4), [1, 2, 3, 22]);
    const gaps = await fixture.store.gaps(told.writer.sourceId, 0, FAR);
    const inSeconds = (ms: number | null) => (ms! - startMs) / 1000;
    assertEquals(gaps.map(({ reason, fromMs, toMs, frames }) => [reason, inSeconds(fromMs), inSeconds(toMs), frames]), [
      ["retention", 4, 21, 18],
    ]);
    await fill(told, 31, 36, { timeMs: startMs + 40_000 });
    await fixture.store.expire();
    assertEquals(sequences(await checkWhole(fixture))[0], 25);
    assertEquals(await fixture.store.gaps(told.writer.sourceId, 0, FAR), []);
  },
  BY_SIZE,
);

frameContract("gives the name of a removed picture to the next one", async (fixture) => {
  const told = await fixture.open({ named: true });
  await told.write(1, pictureOf(1), { name: "a.jpg" });
  await told.writer.flush();
  await fixture.clock.advance(2 * HOUR_MS);
  told.writer.endIfOld();
  await told.writer.flush();
  await fixture.clock.advance(2 * HOUR_MS);
  // It comes while the old file is being removed.
  const { remove } = fixture.disk;
  let written: Promise<void> | undefined;
  fixture.disk.remove = async (path) => {
    fixture.disk.remove = remove;
    written = told.write(2, pictureOf(2), { name: "a.jpg" }).then(() => told.writer.flush());
    await fixture.clock.advance(0);
    await remove.call(fixture.disk, path);
  };
  try {
    await fixture.store.expire();
  } finally {
    fixture.disk.remove = remove;
  }
  await written;
  const rows = await checkWhole(fixture);
  assertEquals(rows.map(({ file, sequence }) => `${file} ${sequence}`), ["a.jpg 2"]);
}, BY_AGE);

Deno.test("FrameStore removes rows and file of a frame, or neither, whenever the power goes", async () => {
  let calls = 0;
  for (let at = 1;; at += 5) {
    const fixture = new MemoryFrameFixture({ ...BY_SIZE, seed: at });
    await fixture.store.start();
    const told = await fixture.open();
    await fill(told, 1, 10);
    const dir = await fixture.open({ source: "dir", named: true });
    await fill(dir, 1, 5, { name: "a.jpg" });
    await told.writer.close("stopped");
    await dir.writer.close("stopped");
    await fill(await fixture.open({ source: "last" }), 1, 14);
    let gone = false;
    fixture.onEachCall((number) => {
      if (number < at || gone) return;
      gone = true;
      fixture.crash("random");
    });
    await fixture.store.expire().catch(() => {});
    if (!gone) break;
    calls++;
    await fixture.store.start();
    try {
      assert((await checkWhole(fixture)).length >= 11);
    } catch (cause) {
      throw new Error(`The power went at call ${at}`, { cause });
    }
  }
  assert(calls > 10, `only ${calls} cuts were made`);
});

Deno.test("FrameStore starts though some files cannot be removed, and these keep no others", async () => {
  const fixture = new MemoryFrameFixture();
  await fixture.store.start();
  const told = await fixture.open({ named: true });
  for (let sequence = 1; sequence <= 600; sequence++) {
    await told.write(sequence, pictureOf(sequence, 10), { name: `${sequence}.jpg` });
  }
  await told.writer.close("stopped");
  for (const { id } of await fixture.catalog.segments({ sealed: true, limit: 10 })) {
    await fixture.catalog.dropFrames(id, 1_000);
  }
  fixture.crash("everything");
  const { disk } = fixture;
  const { remove } = disk;
  let refusals = 0;
  disk.remove = function (path) {
    // Nothing could interrupt a loop that asks for these ever again: it gets them.
    if (!/\/(7|300)\.jpg$/.test(path) || ++refusals > 100) return remove.call(this, path);
    return Promise.reject(new Deno.errors.PermissionDenied("read-only"));
  };
  await fixture.store.start();
  assertEquals(await filesOf(fixture, "box/cam"), ["300.jpg", "7.jpg"]);
  assertEquals((await fixture.catalog.trash(10)).map(({ file }) => file), ["7.jpg", "300.jpg"]);
  disk.remove = remove;
  await fixture.again();
  assertEquals([await filesOf(fixture, "box/cam"), await fixture.catalog.trash(10)], [[], []]);
});

Deno.test("FrameStore tries again later to remove what it cannot remove now", async () => {
  const fixture = new MemoryFrameFixture(BY_SIZE);
  await fixture.store.start();
  await fill(await fixture.open(), 1, 20);
  fixture.disk.failCall("remove", 1);
  await fixture.store.expire();
  assertEquals((await fixture.catalog.trash(10)).length, 1);
  await fixture.store.expire();
  assertEquals(await fixture.catalog.trash(10), []);
  await checkWhole(fixture);
});
