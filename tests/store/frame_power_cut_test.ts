/** The power goes at every call of disk and catalog while frames are written, and again during the recovery. */
import { assert, assertEquals } from "@std/assert";
import { cutAt } from "../helpers/cut_power.ts";
import {
  allFrames,
  fileContent,
  MemoryFrameFixture,
  pictureOf,
  type ToldWriter,
} from "../helpers/frame_store_fixture.ts";
import type { CrashKeeps } from "../helpers/memory_inode.ts";

const KEEPS: readonly CrashKeeps[] = ["nothing", "random", "everything"];
const FRAMES = 12;

/** What was told as stored, by source. */
type Promises = Map<string, { named: boolean; told: ToldWriter }[]>;

const bytesOf = (source: string, sequence: number) =>
  pictureOf(sequence + 1000 * source.length, 900 + 700 * (sequence % 7));

/** Two sources at the same time, each over two connections. */
async function record(fixture: MemoryFrameFixture, promises: Promises): Promise<void> {
  const { store } = fixture;
  await store.start();
  await Promise.all([["cam", false], ["folder", true]].map(async ([name, isNamed]) => {
    const [source, named] = [name as string, isNamed as boolean];
    const writers: { named: boolean; told: ToldWriter }[] = [];
    promises.set(source, writers);
    for (const until of [FRAMES / 2, FRAMES]) {
      // The power went for the other source: nobody goes on with what is found afterwards.
      if (fixture.store !== store) return;
      const told = await fixture.open({ source, named });
      writers.push({ named, told });
      // A box sends again what was not acked.
      for (let sequence = told.writer.stored + 1; sequence <= until; sequence++) {
        await told.write(sequence, bytesOf(source, sequence), named ? { name: `${sequence}.jpg` } : {});
        if (sequence % 3 === 0) await told.writer.flush();
      }
      await told.writer.close("offline");
    }
  }));
}

async function check(fixture: MemoryFrameFixture, promises: Promises): Promise<void> {
  const rows = await allFrames(fixture.store);
  const sources = await fixture.store.sources();
  for (const [source, writers] of promises) {
    const of = sources.find(({ name }) => name === source);
    const own = rows.filter(({ sourceId }) => sourceId === of?.id);
    const stored = Math.max(0, ...writers.map(({ told }) => told.through));
    assertEquals(own.map(({ sequence }) => sequence), own.map((_, index) => index + 1), "in order, and each once");
    assert(own.length >= stored, `${stored} were told as stored, ${own.length} are there`);
    for (const { told } of writers) {
      for (const [sequence, id] of told.ids) assertEquals(own[sequence - 1]?.id, id);
    }
  }
  for (const { id, sourceId, sequence, name, file } of rows) {
    const source = sources.find((one) => one.id === sourceId)!.name;
    assertEquals(await fixture.store.jpeg(id), bytesOf(source, sequence));
    if (name !== null) assertEquals(file, name);
  }
  await checkVisible(fixture);
}

/** What a person finds in the folders is whole. */
async function checkVisible(fixture: MemoryFrameFixture): Promise<void> {
  const wholes = Array.from({ length: FRAMES }, (_, index) => bytesOf("folder", index + 1));
  const rows = await allFrames(fixture.store);
  for (const path of fixture.disk.paths().filter((path) => path.includes("/frames/"))) {
    const content = fixture.disk.contentOf(path);
    if (path.endsWith(".jpg")) {
      assert(
        wholes.some((whole) => whole.length === content.length && whole.every((byte, i) => byte === content[i])),
        path,
      );
      continue;
    }
    const own = rows.filter(({ file }) => path.endsWith(`/${file}`));
    assertEquals(
      content.length,
      own.reduce((sum, { bytes }) => sum + bytes, 0),
      `${path} has something behind its frames`,
    );
    assert(own.length > 0, `${path} is nobody's`);
  }
}

async function interrupted(
  at: number,
  keeps: CrashKeeps,
  direct = true,
): Promise<[MemoryFrameFixture, Promises] | undefined> {
  const fixture = new MemoryFrameFixture({ seed: at, direct });
  const promises: Promises = new Map();
  const gone = await cutAt(fixture, at, keeps, () => record(fixture, promises));
  return gone ? [fixture, promises] : undefined;
}

/** The boxes come back, and all is there in the end. */
async function goOn(fixture: MemoryFrameFixture, promises: Promises): Promise<void> {
  const later: Promises = new Map();
  await record(fixture, later);
  for (const [source, writers] of promises) later.get(source)!.unshift(...writers);
  await check(fixture, later);
  assertEquals((await allFrames(fixture.store)).length, 2 * FRAMES);
  assertEquals(fixture.disk.paths().filter((path) => path.includes("/incoming/")), []);
}

const WAYS = KEEPS.flatMap((keeps) => [true, false].map((direct) => [keeps, direct] as const));

for (const [keeps, direct] of WAYS) {
  const how = direct ? ", direct writes" : "";
  Deno.test(`FrameStore keeps its promises whenever the power goes (${keeps} of what was not synced survives${how})`, async () => {
    let calls = 0;
    for (let at = 1;; at++) {
      const state = await interrupted(at, keeps, direct);
      if (state === undefined) break;
      calls++;
      const [fixture, promises] = state;
      try {
        await fixture.store.start();
        await check(fixture, promises);
        await goOn(fixture, promises);
      } catch (cause) {
        throw new Error(`The power went at call ${at}`, { cause });
      }
    }
    assert(calls > 100, `only ${calls} calls were made`);
  });
}

Deno.test("FrameStore keeps its promises when the power goes again during the recovery", async () => {
  let cuts = 0;
  for (let at = 1; at < 1000; at += 7) {
    for (let again = 1;; again++) {
      const state = await interrupted(at, "random");
      if (state === undefined) return assert(cuts > 200, `only ${cuts} cuts were made`);
      const [fixture, promises] = state;
      const gone = await cutAt(fixture, again, "random", () => fixture.store.start());
      if (!gone) break;
      cuts++;
      try {
        await fixture.store.start();
        await check(fixture, promises);
        await goOn(fixture, promises);
      } catch (cause) {
        throw new Error(`The power went at call ${at}, and at call ${again} of the recovery`, { cause });
      }
    }
  }
});

Deno.test("FrameStore cuts a segment behind its last committed frame when it starts", async () => {
  const fixture = new MemoryFrameFixture();
  await fixture.store.start();
  const told = await fixture.open();
  await told.write(1, pictureOf(1));
  await told.writer.flush();
  fixture.catalog.onCall = (method) => method === "commitFrames" ? new Promise<void>(() => {}) : undefined;
  await told.write(2, pictureOf(2));
  fixture.crash("everything");
  await fixture.store.start();
  const [row] = await allFrames(fixture.store);
  assertEquals(await fileContent(fixture, `box/cam/${row!.file}`), pictureOf(1));
});
