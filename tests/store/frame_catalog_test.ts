/** The tables of frames: what the store does not show by itself. */
import { DatabaseSync } from "node:sqlite";
import { assertEquals, assertRejects } from "@std/assert";
import { FramewireError } from "../../lib/errors.ts";
import { DirectProgress } from "../../lib/platform/direct_progress.ts";
import type { DirectWrite } from "../../lib/platform/direct_writes.ts";
import type { FrameBatch, FrameCatalog, FrameQuery, NewFrame } from "../../lib/store/frame_catalog.ts";
import { FrameQueries } from "../../lib/store/frame_queries.ts";
import { SqliteCatalog } from "../../lib/store/sqlite_catalog.ts";
import { Statements } from "../../lib/store/statements.ts";
import { MemoryFrameCatalog } from "../helpers/memory_frame_catalog.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

/** Direct writes which end when they are told to. */
class HeldWrites {
  readonly progress = new DirectProgress();
  #ticket = 0;

  begin(): { readonly write: DirectWrite; end(isDurable: boolean): void } {
    const ticket = ++this.#ticket;
    const { promise: done, resolve, reject } = Promise.withResolvers<void>();
    done.catch(() => {});
    return {
      write: { ticket, done },
      end: (isDurable) => {
        this.progress.ended(ticket, isDurable);
        isDurable ? resolve() : reject(new Error("It is lost"));
      },
    };
  }
}

function contract(what: string, body: (catalog: FrameCatalog, writes: HeldWrites) => Promise<void>): void {
  Deno.test(`MemoryFrameCatalog ${what}`, () => body(new MemoryFrameCatalog(), new HeldWrites()));
  Deno.test(`SqliteFrameCatalog ${what}`, async () => {
    await using folder = await tempFolder();
    const writes = new HeldWrites();
    const catalog = await SqliteCatalog.open(folder.join("framewire.db"), writes.progress.memory);
    try {
      await body(catalog.frames, writes);
    } finally {
      await catalog.close();
    }
  });
}

async function opened(catalog: FrameCatalog, run = "run", name = "cam") {
  const opening = { device: "box", name, kind: "visible", run, nowMs: 1, sourcesMax: 9 } as const;
  const { source, runId } = (await catalog.openSource(opening))!;
  const { id: segmentId } = await catalog.addSegment(source.id, "start");
  const batch = (sequences: readonly number[], fields: Partial<NewFrame> = {}): FrameBatch => ({
    sourceId: source.id,
    runId,
    behind: 0,
    stored: sequences.at(-1) ?? 0,
    frames: sequences.map((sequence) => ({
      ...{ segmentId, sequence, capturedMs: 1.5, timeMs: 2.5, receivedMs: 3.5, name: null, file: null },
      ...{ position: 0, bytes: 10, crc32: 2 ** 32 - 1, verdict: null, result: null },
      ...fields,
    })),
    results: [],
    gaps: [],
  });
  return { source, runId, segmentId, batch };
}

const query = { order: "ascending", limit: 100 } as const;

contract("commits a batch as a whole or not at all, and no frame twice", async (catalog) => {
  const { batch } = await opened(catalog);
  const firstId = await catalog.commitFrames(batch([1, 2, 5]));
  assertEquals((await catalog.frames(query)).map(({ id }) => id - firstId), [0, 1, 2]);
  for (const bad of [batch([6, 5]), batch([5]), batch([6, 7], { segmentId: 999 }), { ...batch([6]), runId: 999 }]) {
    await assertRejects(() => catalog.commitFrames(bad), FramewireError, "Cannot commit frame");
  }
  assertEquals((await catalog.frames(query)).map(({ sequence }) => sequence), [1, 2, 5]);
  assertEquals((await opened(catalog)).runId, (await opened(catalog)).runId);
  const results = [{ id: firstId, verdict: "defect", json: "{}" }, { id: 12345, verdict: "ok", json: "{}" }] as const;
  assertEquals(await catalog.commitFrames({ ...batch([]), stored: 5, results }), 0);
  assertEquals((await catalog.frame(firstId))?.verdict, "defect");
});

contract(
  "commits frames when they are written, two batches on their way, and none behind one that is lost",
  async (catalog, writes) => {
    const { batch } = await opened(catalog);
    const [first, second, third] = [writes.begin(), writes.begin(), writes.begin()];
    let done = "";
    const note = (name: string) => () => done += name;
    const commits = [
      catalog.commitFrames(batch([1, 2]), [first.write]).finally(note("a")),
      catalog.commitFrames({ ...batch([3]), behind: 2 }, [second.write]).finally(note("b")),
      catalog.commitFrames({ ...batch([4]), behind: 3 }, [third.write]).finally(note("c")),
      // Without pictures under way it waits for its turn all the same.
      catalog.commitFrames({ ...batch([5]), behind: 4 }).finally(note("d")),
    ];
    const ended = Promise.allSettled(commits);
    first.end(true);
    await commits[0];
    assertEquals(done, "a", "what the others wait for is not there");
    second.end(false);
    third.end(true);
    assertEquals((await ended).map(({ status }) => status), ["fulfilled", "rejected", "rejected", "rejected"]);
    assertEquals(done, "abcd");
    assertEquals((await catalog.frames(query)).map(({ sequence }) => sequence), [1, 2]);
    assertEquals((await opened(catalog)).batch([]).runId, batch([]).runId);
    const fourth = writes.begin();
    fourth.end(true);
    await catalog.commitFrames({ ...batch([3]), behind: 2 }, [fourth.write]);
    assertEquals((await catalog.frames(query)).map(({ sequence }) => sequence), [1, 2, 3]);
  },
);

contract("lets others commit beside a batch which is lost", async (catalog, writes) => {
  const [cam, other] = [await opened(catalog), await opened(catalog, "run", "other")];
  const [lost, good] = [writes.begin(), writes.begin()];
  const commits = Promise.allSettled([
    catalog.sealSegments([cam.segmentId]),
    catalog.commitFrames(cam.batch([1]), [lost.write]),
    catalog.commitFrames(other.batch([1]), [good.write]),
    catalog.addSegment(other.source.id, "more"),
  ]);
  lost.end(false);
  good.end(true);
  assertEquals((await commits).map(({ status }) => status), ["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  assertEquals((await catalog.frames(query)).map(({ sourceId }) => sourceId), [other.source.id]);
});

contract("gives a row as it was put in", async (catalog) => {
  const { batch, source, segmentId } = await opened(catalog, "ü'");
  const name = "a/ü\n.jpg";
  const fields = { capturedMs: -1.25, timeMs: 1_700_000_000_000.125, name, verdict: "ok", result: "{}" } as const;
  const id = await catalog.commitFrames(batch([2 ** 50], { ...fields, position: 2 ** 45 }));
  const file = `start-${segmentId}.mjpeg`;
  assertEquals(await catalog.frame(id), {
    ...{ id, sourceId: source.id, run: "ü'", sequence: 2 ** 50, receivedMs: 3.5, bytes: 10, crc32: 2 ** 32 - 1 },
    ...{ ...fields, file, position: 2 ** 45 },
  });
  const place = { folder: "box/cam", file, position: 2 ** 45, bytes: 10, crc32: 2 ** 32 - 1, segmentId };
  assertEquals(await catalog.place(id), place);
  assertEquals([await catalog.frame(id + 1), await catalog.place(id + 1)], [undefined, undefined]);
});

contract("drops a segment in steps, and with its last frame itself", async (catalog) => {
  const { batch, source, segmentId } = await opened(catalog);
  await catalog.commitFrames(batch([1, 2, 3, 4, 5]));
  assertEquals(await catalog.dropFrames(segmentId, 3), { isGone: false, trash: [] });
  assertEquals((await catalog.frames(query)).map(({ sequence }) => sequence), [4, 5]);
  assertEquals((await catalog.sources()).map(({ frames, bytes }) => [frames, bytes]), [[2, 20]]);
  const { isGone, trash } = await catalog.dropFrames(segmentId, 3);
  assertEquals([isGone, trash.map(({ folder, file }) => `${folder}/${file}`)], [true, [
    `box/cam/start-${segmentId}.mjpeg`,
  ]]);
  assertEquals(await catalog.trash(9), trash);
  await catalog.forgetTrash(trash.map(({ id }) => id));
  assertEquals(await catalog.trash(9), []);
  assertEquals(await catalog.dropFrames(segmentId, 3), { isGone: true, trash: [] });
  assertEquals((await catalog.sources()).map(({ frames, firstMs }) => [frames, firstMs]), [[0, null]]);
  assertEquals(await catalog.spans(source.id, 0, 9e12, 1), []);
});

Deno.test("SqliteCatalog takes over a database from before there were frames", async () => {
  await using folder = await tempFolder();
  const path = folder.join("framewire.db");
  await (await SqliteCatalog.open(path)).close();
  const database = new DatabaseSync(path);
  const later = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('clip', 'sqlite_sequence')";
  for (const { name } of database.prepare(later).all()) database.exec(`DROP TABLE ${name}`);
  database.exec("PRAGMA user_version = 1");
  database.close();
  const catalog = await SqliteCatalog.open(path);
  try {
    const { batch } = await opened(catalog.frames);
    await catalog.frames.commitFrames(batch([1]));
    assertEquals((await catalog.frames.frames(query)).length, 1);
  } finally {
    await catalog.close();
  }
});

Deno.test("SqliteFrameCatalog finds frames by their indices, and reads no whole table", async () => {
  await using folder = await tempFolder();
  await (await SqliteCatalog.open(folder.join("framewire.db"))).close();
  const database = new DatabaseSync(folder.join("framewire.db"));
  const { prepare } = database;
  const asked: string[] = [];
  database.prepare = function (sql) {
    asked.push(sql);
    return prepare.call(this, sql);
  };
  try {
    const queries = new FrameQueries(new Statements(database));
    const within = { sinceMs: 1, untilMs: 2 };
    for (const order of ["ascending", "descending"] as const) {
      for (const verdict of ["ok", "defect", "not analysed", undefined] as const) {
        queries.frames({ order, limit: 9, ...(verdict && { verdict }) });
        queries.frames({ order, limit: 9, ...within, ...(verdict && { verdict }) });
        const ofSource = { order, limit: 9, ...within, sourceId: 1, cursor: 5, ...(verdict && { verdict }) };
        queries.frames(ofSource);
        if (verdict === undefined) continue;
        queries.looks(ofSource);
        queries.looks({ order, limit: 9, verdict });
        queries.frames(ofSource, verdict === "ok" ? { segments: [1, 2] } : { ids: [1, 2] });
        queries.frames({ order, limit: 9, ...within, verdict }, { ids: [1, 2] });
      }
    }
    queries.nearest(1, 5);
    queries.place(1);
    queries.samePictures(1, [{ name: "a", bytes: 1, crc32: 1 }]);
    queries.takenFiles(1, ["a"]);
    queries.spans(1, 0, 5, 1);
    queries.gaps(1, 0, 5, 9);
    for (const sql of asked) {
      const named = [...sql.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number));
      const count = named.length > 0 ? Math.max(...named) : sql.split("?").length - 1;
      const plan = prepare.call(database, `EXPLAIN QUERY PLAN ${sql}`).all(
        ...Array(count).fill(1),
      );
      const steps = plan.map(({ detail }) => String(detail));
      const sorts = steps.filter((step) => step.includes("TEMP B-TREE"));
      assertEquals(sorts, [], sql);
      // All frames in their order, up to the limit, is no search.
      const scans = steps.filter((step) => /^SCAN (frame|span|gap)$/.test(step));
      assertEquals(scans.filter(() => !sql.includes("ORDER BY frame.id") || sql.includes("source_id =")), [], sql);
    }
  } finally {
    database.close();
  }
});

Deno.test("SqliteFrameCatalog finds frames by verdict, however many others lie between them, and commits go on", async () => {
  await using folder = await tempFolder();
  const whole = await SqliteCatalog.open(folder.join("framewire.db"));
  try {
    await checkSearch(whole.frames);
  } finally {
    await whole.close();
  }
});

async function checkSearch(catalog: FrameCatalog): Promise<void> {
  const { source, batch } = await opened(catalog);
  const { source: other, runId, segmentId: otherSegment } = await opened(catalog, "run", "other");
  const wanted: Record<string, number[]> = { ok: [], defect: [], "not analysed": [] };
  for (let first = 1; first <= 32_001; first += 4_000) {
    const verdictOf = (sequence: number) =>
      sequence % 15_999 === 1
        ? "ok"
        : sequence % 9_000 === 5
        ? "defect"
        : sequence % 9_000 === 6
        ? "not analysed"
        : null;
    const { id: segmentId } = await catalog.addSegment(source.id, "start");
    const sequences = Array.from({ length: 4_000 }, (_, index) => first + index);
    const whole = batch(sequences);
    const frames = whole.frames.map((frame) => ({
      ...{ ...frame, segmentId, timeMs: frame.sequence },
      verdict: verdictOf(frame.sequence),
    } as const));
    for (const { sequence, verdict } of frames) if (verdict !== null) wanted[verdict]!.push(sequence);
    await catalog.commitFrames({ ...whole, frames });
    const [frame] = batch([first]).frames;
    const alien = [{ ...frame!, segmentId: otherSegment, timeMs: first, verdict: "ok" as const }];
    await catalog.commitFrames({ ...whole, sourceId: other.id, runId, frames: alien, stored: first });
  }
  for (const verdict of ["ok", "defect", "not analysed"] as const) {
    const of = { sourceId: source.id, verdict, limit: 100 };
    const find = async (query: Partial<FrameQuery>) =>
      (await catalog.frames({ ...of, order: "ascending", ...query })).map(({ sequence }) => sequence);
    assertEquals(await find({}), wanted[verdict]);
    assertEquals(await find({ order: "descending" }), wanted[verdict]!.toReversed());
    assertEquals(await find({ limit: 2 }), wanted[verdict]!.slice(0, 2));
    const within = { sinceMs: 9_000, untilMs: 27_000 };
    assertEquals(await find(within), wanted[verdict]!.filter((sequence) => sequence >= 9_000 && sequence <= 27_000));
    for (const order of ["ascending", "descending"] as const) {
      const all = await catalog.frames({ ...of, order });
      const rest = await catalog.frames({ ...of, order, cursor: all[0]!.id });
      assertEquals(rest, all.slice(1));
    }
  }
  const everywhere = await catalog.frames({ verdict: "ok", order: "ascending", limit: 100 });
  assertEquals(everywhere.length, wanted["ok"]!.length + 9);
  assertEquals(everywhere, everywhere.toSorted((a, b) => a.id - b.id));
  let isFound = false;
  const search = catalog.frames({ verdict: "ok", order: "descending", limit: 100 }).then(() => isFound = true);
  await catalog.commitFrames(batch([50_000]));
  assertEquals(isFound, false, "a commit does not wait for a search");
  await search;
}
