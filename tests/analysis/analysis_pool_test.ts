import { assert, assertEquals, assertThrows } from "@std/assert";
import { DEFAULT_LIMITS } from "../../lib/analysis/analysis_limits.ts";
import { parseAnalysisLimits } from "../../lib/analysis/analysis_limits_parser.ts";
import { AnalysisPool, type AnalysisPoolOptions } from "../../lib/analysis/analysis_pool.ts";
import { FramewireError } from "../../lib/errors.ts";
import { silentLog } from "../../lib/log.ts";
import { systemClock } from "../../lib/platform/clock.ts";
import { systemProcesses } from "../../lib/platform/processes.ts";
import type { AnalysisResult } from "../../lib/protocol/frame.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { madeUpFrame, picture } from "./frames.ts";

const OPTIONS: AnalysisPoolOptions = {
  clock: systemClock,
  random: new SeededRandom(1),
  log: silentLog,
  processes: systemProcesses,
  workers: 1,
  limits: DEFAULT_LIMITS,
  analyzer: null,
};

async function withPool<T>(options: Partial<AnalysisPoolOptions>, use: (pool: AnalysisPool) => Promise<T>): Promise<T> {
  const pool = new AnalysisPool({ ...OPTIONS, ...options });
  await pool.start();
  try {
    return await use(pool);
  } finally {
    await pool.stop();
  }
}

/** A pool with made-up workers, whose pictures are words. */
function withMadeUpWorkers<T>(options: Partial<AnalysisPoolOptions>, use: (pool: AnalysisPool) => Promise<T>) {
  const makeWorker = () => new Worker(new URL("./made_up_worker.ts", import.meta.url), { type: "module" });
  return withPool({ makeWorker, ...options }, use);
}

function wordFrame(source: string, sequence: number, word = "x") {
  return madeUpFrame({ source, sequence, jpeg: new TextEncoder().encode(word) });
}

Deno.test("AnalysisPool: measures, motion and verdict of real pictures, in the order in which they came", async () => {
  const limits = parseAnalysisLimits('{"default": {"sharpness": {"min": 20}}}');
  await withPool({ workers: 2, limits }, async (pool) => {
    const names = ["box_left", "box_left", "box_right", "blurred", "black"];
    const jpegs = await Promise.all(names.map(picture));
    const results = await Promise.all(
      jpegs.map((jpeg, at) => pool.analyse(madeUpFrame({ sequence: at + 1, jpeg }), true)),
    );
    assertEquals(results.map(({ result }) => result), ["ok", "ok", "ok", "defect", "defect"]);
    assertEquals(results[3]!.reasons, [`Sharpness ${results[3]!.measures["sharpness"]} must be >= 20`]);
    assertEquals(results[4]!.reasons[0], "Picture is black");
    const [first, second, third] = results.map(({ measures }) => measures["motion"]);
    assertEquals([first, second], [undefined, 0]);
    assert(typeof third === "number" && third > 1);
    // From 64, 96 to 576, 384 of 640 × 480.
    const [box] = results[2]!.boxes;
    assertEquals([box?.x, box?.y, box?.width, box?.height, box?.label], [0.1, 0.2, 0.8, 0.6, "motion"]);
    assert(results.every(({ tookMs }) => tookMs > 0));
    const { ok, defect, skipped, failed, waitingFrames, restarts } = pool.stats();
    assertEquals([ok, defect, skipped, failed, waitingFrames, restarts], [3, 2, 0, 0, 0, 0]);
  });
});

Deno.test("AnalysisPool: motion is against the frame before of the same source, whatever worker is done first", async () => {
  await withMadeUpWorkers({ workers: 3 }, async (pool) => {
    const results: Promise<AnalysisResult>[] = [];
    for (let at = 1; at <= 60; at++) {
      // The brightness of a made-up picture is its length: source a grows by 1, b by 3.
      results.push(pool.analyse(wordFrame("a", at, "x".repeat(at)), true));
      results.push(pool.analyse(wordFrame("b", at, "x".repeat(3 * at)), true));
    }
    const motion = (await Promise.all(results)).map(({ measures }) => measures["motion"]);
    assertEquals(motion.slice(0, 2), [undefined, undefined]);
    assertEquals(motion.slice(2), Array(59).fill([1, 3]).flat());
  });
});

Deno.test("AnalysisPool: a broken picture is not analysed, and says why; the next is compared with the one before", async () => {
  await withPool({}, async (pool) => {
    const jpeg = await picture("sharp");
    const whole = await pool.analyse(madeUpFrame({ sequence: 1, jpeg }), true);
    const broken = await pool.analyse(madeUpFrame({ sequence: 2, jpeg: jpeg.slice(0, 4000) }), true);
    assertEquals(broken.result, "not analysed");
    assertEquals(broken.reasons, ["Cannot decode picture: Premature end of JPEG file"]);
    const next = await pool.analyse(madeUpFrame({ sequence: 3, jpeg }), true);
    assertEquals([whole.result, next.result, next.measures["motion"]], ["ok", "ok", 0]);
    assertEquals(pool.stats().failed, 1);
  });
});

Deno.test("AnalysisPool: a picture which stays the same is frozen", async () => {
  await withPool({}, async (pool) => {
    const jpeg = await picture("sharp");
    const results: AnalysisResult[] = [];
    for (let at = 0; at < 6; at++) {
      results.push(await pool.analyse(madeUpFrame({ jpeg, timeMs: 1_800_000_000_000 + at * 2000 }), false));
    }
    assertEquals(results.map(({ measures }) => measures["frozen"]), [false, false, false, false, false, true]);
    assertEquals(results[5]!.reasons, ["Picture is frozen: the same for 6 frames and 10 s"]);
  });
});

Deno.test("AnalysisPool: too slow, impatient sources skip to their newest frame, and patient ones lose none", async () => {
  await withMadeUpWorkers({}, async (pool) => {
    const cameras = ["a", "b", "c"];
    const impatient: Promise<AnalysisResult>[] = [];
    const patient: Promise<AnalysisResult>[] = [];
    for (let at = 1; at <= 20; at++) {
      for (const camera of cameras) impatient.push(pool.analyse(wordFrame(camera, at), false));
      patient.push(pool.analyse(wordFrame("folder", at), true));
    }
    const all = await Promise.all(impatient);
    const reasons = new Set(all.flatMap(({ reasons }) => reasons));
    assertEquals([...reasons], ["Skipped as the analysis is slower than the cameras"]);
    // Of each camera the newest is looked at (and the very first frame of all, as the worker was free).
    assertEquals(all.slice(-3).map(({ result }) => result), ["ok", "ok", "ok"]);
    assertEquals(all.filter(({ result }) => result === "ok").length, 4);
    assertEquals((await Promise.all(patient)).map(({ result }) => result), Array(20).fill("ok"));
    assertEquals([pool.stats().skipped, pool.stats().ok, pool.stats().failed], [56, 24, 0]);
  });
});

Deno.test("AnalysisPool: a worker which crashes costs its frame alone", async () => {
  await withMadeUpWorkers({ workers: 2 }, async (pool) => {
    const words = ["1", "crash", "1", "1", "crash", "1"];
    const results = await Promise.all(words.map((word, at) => pool.analyse(wordFrame("a", at + 1, word), true)));
    assertEquals(results.map(({ result }) => result === "ok"), words.map((word) => word === "1"));
    assert(results[1]!.reasons[0]!.startsWith("Analysis worker crashed: "));
    assertEquals([pool.stats().restarts, pool.stats().failed], [2, 2]);
  });
});

Deno.test("AnalysisPool: switched off, before its start and after its end, frames are answered at once", async () => {
  const frame = wordFrame("a", 1);
  await withPool({ workers: 0 }, async (pool) => {
    assertEquals(await pool.analyse(frame, true), {
      result: "not analysed",
      reasons: ["Analysis is switched off"],
      boxes: [],
      measures: {},
      tookMs: 0,
    });
  });
  const waiting: Promise<AnalysisResult>[] = [];
  const ended = await withMadeUpWorkers({}, (pool) => {
    for (const word of ["hang", "1", "1"]) waiting.push(pool.analyse(wordFrame("a", 1, word), true));
    return Promise.resolve(pool);
  });
  waiting.push(ended.analyse(frame, true));
  assertEquals((await Promise.all(waiting)).map(({ reasons }) => reasons), Array(4).fill(["Server is stopping"]));
});

Deno.test("AnalysisPool: a command which is none is wrong usage", () => {
  for (const analyzer of ["", '"unclosed']) {
    const error = assertThrows(() => new AnalysisPool({ ...OPTIONS, analyzer }), FramewireError);
    assertEquals(error.code, "USAGE");
  }
});
