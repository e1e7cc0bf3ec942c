/** Runs and gaps which nobody needs any more are forgotten; what keeps a frame from being stored twice is not. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { LIMITS } from "../../lib/config/limits.ts";
import { SqliteCatalog } from "../../lib/store/sqlite_catalog.ts";
import { tempFolder } from "../helpers/temp_folder.ts";

const RUNS_MAX = LIMITS.runsPerSourceMax;

function opening(run: string) {
  return { device: "box", name: "cam", kind: "visible", run, nowMs: 0, sourcesMax: 8 } as const;
}

const FRAME = {
  ...{ capturedMs: 0, timeMs: 1, receivedMs: 1, name: null, file: null, position: 0, bytes: 10, crc32: 0 },
  ...{ verdict: null, result: null },
};

Deno.test("runs are forgotten in the order in which they were opened last, unless there are frames of them", async () => {
  await using folder = await tempFolder();
  const { frames, ...catalog } = await open(folder.join("framewire.db"));
  const first = (await frames.openSource(opening("recorded")))!;
  const { id: segmentId } = await frames.addSegment(first.source.id, "x");
  const batch = { sourceId: first.source.id, behind: 0, results: [], gaps: [] };
  await frames.commitFrames({
    ...batch,
    runId: first.runId,
    stored: 9,
    frames: [{ ...FRAME, segmentId, sequence: 9 }],
  });
  const empty = (await frames.openSource(opening("empty")))!;
  await frames.commitFrames({ ...batch, runId: empty.runId, stored: 7, frames: [] });
  const names = Array.from({ length: RUNS_MAX - 1 }, (_, index) => `run-${index}`);
  await Promise.all(names.map((run) => frames.openSource(opening(run))));
  assertEquals((await frames.openSource(opening("empty")))?.stored, 7, "the last that may be kept");
  await Promise.all(names.slice(0, RUNS_MAX / 2).map((run) => frames.openSource(opening(`other-${run}`))));
  assertEquals((await frames.openSource(opening("empty")))?.stored, 7, "it was opened lately");
  await Promise.all(names.map((run) => frames.openSource(opening(`more-${run}`))));
  assertEquals((await frames.openSource(opening("recorded")))?.stored, 9, "its frame is there");
  assertEquals((await frames.openSource(opening("empty")))?.stored, 7);
  await Promise.all(names.map((run) => frames.openSource(opening(`most-${run}`))));
  await frames.openSource(opening("one more"));
  assertEquals((await frames.openSource(opening("empty")))?.stored, 0, "forgotten");
  assertEquals(await catalog.count("SELECT count(*) AS count FROM run"), RUNS_MAX + 1);

  await frames.dropFrames(segmentId, 10);
  await Promise.all(names.map((run) => frames.openSource(opening(`last-${run}`))));
  await frames.openSource(opening("two more"));
  assertEquals((await frames.openSource(opening("recorded")))?.stored, 0, "with its last frame it is as the others");
  await catalog.close();
});

Deno.test("of many gaps the newest are remembered", async () => {
  await using folder = await tempFolder();
  const { frames, ...catalog } = await open(folder.join("framewire.db"));
  const { source, runId } = (await frames.openSource(opening("run")))!;
  const gaps = gapsFrom(0, LIMITS.gapsPerSourceMax + 500);
  await frames.commitFrames({ sourceId: source.id, runId, behind: 0, stored: 0, frames: [], results: [], gaps });
  const count = await catalog.count("SELECT count(*) AS count FROM gap");
  assertEquals(count >= LIMITS.gapsPerSourceMax && count < LIMITS.gapsPerSourceMax + 64, true, `${count}`);
  const last = gaps.at(-1)!;
  assertEquals((await frames.gaps(source.id, last.fromMs, last.toMs, 9)).length, 1);
  const shown = await frames.gaps(source.id, 0, Infinity, 1_000);
  assert(shown.length <= 1_000, `${shown.length} are shown`);
  assertEquals([shown.at(-1)?.toMs, shown.reduce((sum, gap) => sum + gap.count, 0)], [last.toMs, count]);
  await catalog.close();
});

Deno.test("of many gaps the newest of each source are remembered, whatever the others note", async () => {
  await using folder = await tempFolder();
  const { frames, ...catalog } = await open(folder.join("framewire.db"));
  const cam = (await frames.openSource(opening("run")))!;
  const other = (await frames.openSource({ ...opening("run"), name: "other" }))!;
  const note = ({ source, runId }: typeof cam, from: number, count: number) => {
    const gaps = gapsFrom(from, count);
    return frames.commitFrames({ sourceId: source.id, runId, behind: 0, stored: 0, frames: [], results: [], gaps });
  };
  const before = Math.ceil(LIMITS.gapsPerSourceMax / 64) * 64;
  addGaps(folder.join("framewire.db"), cam.source.id, before);
  // Of each 64 gaps the last is one of the other source.
  for (let round = 0; round < 3; round++) {
    await note(cam, before + 1 + round * 63, 63);
    await note(other, round * 10, 1);
  }
  const count = await catalog.count(`SELECT count(*) AS count FROM gap WHERE source_id = ${cam.source.id}`);
  assertEquals(count >= LIMITS.gapsPerSourceMax && count < LIMITS.gapsPerSourceMax + 64, true, `${count}`);
  await catalog.close();
});

Deno.test("a gap is noted almost as fast when there are many", async () => {
  await using folder = await tempFolder();
  const { frames, ...catalog } = await open(folder.join("framewire.db"));
  const few = (await frames.openSource(opening("run")))!;
  const many = (await frames.openSource({ ...opening("run"), name: "many" }))!;
  addGaps(folder.join("framewire.db"), many.source.id, LIMITS.gapsPerSourceMax);
  let [fewMs, manyMs] = [Infinity, Infinity];
  for (let round = 0; round < 3; round++) {
    for (const [name, { source, runId }] of Object.entries({ few, many })) {
      const gaps = gapsFrom(LIMITS.gapsPerSourceMax + 1 + round * 200, 200);
      const startMs = performance.now();
      await frames.commitFrames({ sourceId: source.id, runId, behind: 0, stored: 0, frames: [], results: [], gaps });
      const tookMs = performance.now() - startMs;
      if (name === "many") manyMs = Math.min(manyMs, tookMs);
      else fewMs = Math.min(fewMs, tookMs);
    }
  }
  // Now and then they are counted: that takes a few times as long. To sort them for each gap took fifty times as long.
  assertLess(manyMs, 20 * fewMs);
  await catalog.close();
});

Deno.test("a gap goes on with the last one of its source, however many the others have noted since", async () => {
  await using folder = await tempFolder();
  const { frames, ...catalog } = await open(folder.join("framewire.db"));
  const cam = (await frames.openSource(opening("run")))!;
  const other = (await frames.openSource({ ...opening("run"), name: "other" }))!;
  const note = (fromMs: number) => {
    const gaps = [{ fromMs, toMs: fromMs + 1, frames: 1, reason: "link" as const }];
    const batch = { sourceId: cam.source.id, runId: cam.runId, behind: 0, stored: 0, frames: [], results: [] };
    return frames.commitFrames({ ...batch, gaps });
  };
  for (const fromMs of [10_000, 90_000]) await note(fromMs);
  for (const [count, fromMs] of [[100, 90_100], [2_000, 90_200]] as const) {
    addGaps(folder.join("framewire.db"), other.source.id, count);
    await note(fromMs);
  }
  const gaps = await frames.gaps(cam.source.id, 0, Infinity, 9);
  assertEquals(gaps.map(({ fromMs, toMs, frames }) => [fromMs, toMs, frames]), [
    [10_000, 10_001, 1],
    [90_000, 90_201, 3],
  ]);
  await catalog.close();
});

/** So many gaps of the source, which are too far from each other to be one. */
function gapsFrom(first: number, count: number) {
  return Array.from({ length: count }, (_, index) => ({
    ...{ fromMs: (first + index) * 10_000, toMs: (first + index) * 10_000 + 1, frames: 1, reason: "link" as const },
  }));
}

/** Writes as many, from the first on, into the catalog itself. */
function addGaps(path: string, sourceId: number, count: number): void {
  const database = new DatabaseSync(path);
  database.exec(
    `WITH number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${count})
     INSERT INTO gap (source_id, from_ms, to_ms, frames, reason)
       SELECT ${sourceId}, n * 10000, n * 10000 + 1, 1, 'link' FROM number`,
  );
  database.close();
}

async function open(path: string) {
  const catalog = await SqliteCatalog.open(path);
  return {
    frames: catalog.frames,
    close: () => catalog.close(),
    count(sql: string): Promise<number> {
      const database = new DatabaseSync(path, { readOnly: true });
      const { count } = database.prepare(sql).get() as { count: number };
      database.close();
      return Promise.resolve(count);
    },
  };
}
