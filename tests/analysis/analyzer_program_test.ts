import { assert, assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "../../lib/analysis/analysis_limits.ts";
import { AnalysisPool, type AnalysisPoolOptions } from "../../lib/analysis/analysis_pool.ts";
import { LIMITS } from "../../lib/config/limits.ts";
import type { Log } from "../../lib/log.ts";
import { systemProcesses } from "../../lib/platform/processes.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { madeUpFrame, picture } from "./frames.ts";

const SCRIPT = new URL("./made_up_analyzer.ts", import.meta.url).pathname;
const COMMAND = `"${Deno.execPath()}" run -A --no-check "${SCRIPT}"`;

/** A pool with nothing but the made-up analyser, in made-up time. */
async function started(options: Partial<AnalysisPoolOptions> = {}) {
  const clock = new MadeUpClock();
  const logged: unknown[] = [];
  const log: Log = (_, text, fields) => void (text === "Analyser failed" && logged.push(fields!["reason"]));
  const pids: number[] = [];
  const processes = {
    spawn(command: Parameters<typeof systemProcesses.spawn>[0]) {
      const child = systemProcesses.spawn(command);
      pids.push(child.pid);
      return child;
    },
  };
  const pool = new AnalysisPool({
    clock,
    random: new SeededRandom(1),
    log,
    processes,
    workers: 0,
    limits: DEFAULT_LIMITS,
    analyzer: COMMAND,
    ...options,
  });
  await pool.start();
  let sequence = 0;
  const ask = (text: string | Uint8Array<ArrayBuffer>, patient = true) => {
    const jpeg = typeof text === "string" ? new TextEncoder().encode(text) : text;
    return pool.analyse(madeUpFrame({ sequence: ++sequence, name: "1.jpg", jpeg }), patient);
  };
  return {
    pool,
    clock,
    logged,
    pids,
    ask,
    /** The longest pause after a few failures, so that it runs again. */
    async afterPause() {
      const before = pids.length;
      await clock.advance(4000);
      await waitFor(() => pids.length > before, { what: "the next start" });
    },
    [Symbol.asyncDispose]: () => pool.stop(),
  };
}

Deno.test("--analyzer: it is asked with all that is known of a frame, and what else it says is a measure", async () => {
  await using its = await started();
  const { tookMs: _, ...result } = await its.ask("anything");
  assertEquals(result, {
    result: "ok",
    reasons: [],
    boxes: [],
    measures: { device: "box", source: "cam", kind: "visible", name: "1.jpg" },
  });
  const hole = { x: 0.1, y: 0.2, width: 0.3, height: 0.4, label: "hole", score: 0.9 };
  const all = { x: 0, y: 0, width: 1, height: 1 };
  const reasons = ["Label is missing"];
  const said = { result: "defect", reasons, boxes: [hole, all], measures: { holes: 1 }, model: "v3" };
  const defect = await its.ask(JSON.stringify(said));
  assertEquals([defect.result, defect.reasons, defect.measures], ["defect", reasons, { holes: 1, model: "v3" }]);
  assertEquals(defect.boxes, [hole, { ...all, label: "", score: null }]);
  assertEquals(its.pids.length, 1);
});

Deno.test("--analyzer: what it says and what is built in are one result, and its verdict is the last word", async () => {
  await using its = await started({ workers: 1 });
  const result = await its.ask(await picture("black"));
  assertEquals([result.result, result.reasons, result.boxes], ["ok", [], []]);
  assertEquals([result.measures["black"], result.measures["brightness"], result.measures["kind"]], [
    true,
    0,
    "visible",
  ]);
});

Deno.test("--analyzer: an answer which is wrong costs its frame alone", async () => {
  await using its = await started();
  const wrong = [
    ['{"result": "good"}', 'result must be "ok" or "defect": received "good"'],
    [
      '{"result": "ok", "boxes": [{"x": 0.5, "y": 0, "width": 0.6, "height": 1}]}',
      "boxes[0].width must be a number from 0 to 0.5: received 0.6",
    ],
    ['{"result": "ok", "boxes": {}}', "boxes must be a list: received {}"],
    ['{"result": "ok", "reasons": [1]}', "reasons[0] must be a text: received 1"],
    ['{"result": "ok", "holes": [1]}', "holes must be a number, text, true or false: received [1]"],
    ['{"result"', 'its answer must be JSON: received "{\\"result\\""'],
  ] as const;
  for (const [json, words] of wrong) {
    const { result, reasons } = await its.ask(json);
    assertEquals([result, reasons], ["not analysed", [`Cannot take the analyser's answer as ${words}`]]);
  }
  assertEquals((await its.ask("fine")).result, "ok");
  assertEquals([its.pids.length, its.pool.stats().failed, its.logged], [1, wrong.length, []]);
});

Deno.test("--analyzer: crashed, its frames say why in its last words, at once, until it runs again", async () => {
  await using its = await started();
  assertEquals((await its.ask("fine")).result, "ok");
  const crashed = await its.ask("crash");
  const reason = "Analyser ended with code 3: Traceback: no such model at frame 2";
  assertEquals([crashed.result, crashed.reasons], ["not analysed", [reason]]);
  assertEquals((await its.ask("fine")).reasons, [reason]);
  assertEquals([its.pids.length, its.logged, its.pool.stats().restarts], [1, [reason], 1]);
  await its.afterPause();
  assertEquals((await its.ask("fine")).result, "ok");
  assertEquals(its.pids.length, 2);
});

Deno.test("--analyzer: what prints anything but answers is ended, and started again", async () => {
  await using its = await started();
  for (const word of ["rubbish", "wrong id"]) {
    const { reasons: [reason = ""] } = await its.ask(word);
    assert(reason.startsWith("Analyser printed what is no answer: Cannot "), reason);
    await its.afterPause();
  }
  assertEquals((await its.ask("fine")).result, "ok");
  assertEquals(its.pids.length, 3);
});

Deno.test("--analyzer: stuck, it is ended at its limit, later if it has yet to answer for the first time", async () => {
  await using its = await started();
  for (
    const [word, limitMs] of [["hang", LIMITS.analysisStartTimeoutMs], ["fine", LIMITS.analysisTimeoutMs]] as const
  ) {
    if (word === "fine") await its.ask("fine");
    const stuck = its.ask("hang");
    await its.clock.advance(limitMs - 1);
    assertEquals(its.pool.stats().restarts, word === "hang" ? 0 : 1);
    await its.clock.advance(1);
    assertEquals((await stuck).reasons, [`Analyser was stuck: no answer for ${limitMs / 1000} s`]);
    await its.afterPause();
  }
  assertEquals((await its.ask("fine")).result, "ok");
});

Deno.test("--analyzer: slow, it has two frames before it, and a camera skips to its newest", async () => {
  await using its = await started();
  const hung = [its.ask("hang", false), its.ask("fine", false)];
  const camera = [1, 2, 3, 4].map(() => its.ask("fine", false));
  const skipped = await Promise.all(camera.slice(0, 3));
  assertEquals(
    skipped.map(({ reasons }) => reasons),
    Array(3).fill(["Skipped as the analysis is slower than the cameras"]),
  );
  assertEquals([its.pool.stats().skipped, its.pool.stats().waitingFrames], [3, 1]);
  await its.clock.advance(LIMITS.analysisStartTimeoutMs);
  // Both that it had are answered alike; the one which waited finds it ended.
  const reasons = (await Promise.all([...hung, camera[3]!])).map((result) => result.reasons);
  assertEquals(reasons, Array(3).fill(["Analyser was stuck: no answer for 60 s"]));
});

Deno.test("--analyzer: several of them share the work", async () => {
  await using its = await started({ analyzerProcesses: 2 });
  const hung = its.ask("hang");
  for (let round = 0; round < 4; round++) assertEquals((await its.ask("fine")).result, "ok");
  assertEquals(its.pids.length, 2);
  await its.clock.advance(LIMITS.analysisStartTimeoutMs);
  assertEquals((await hung).result, "not analysed");
});

Deno.test("--analyzer: a program which is not there is told, and looked for again", async () => {
  await using its = await started({ analyzer: "framewire-no-such-analyser --fast" });
  const reason = "Cannot start analyser framewire-no-such-analyser: there is no such program";
  assertEquals((await its.ask("fine")).reasons, [reason]);
  await its.clock.advance(500);
  assertEquals(its.logged, [reason, reason]);
});

Deno.test("--analyzer: at the end it is left to end by itself, and then is gone", async () => {
  const its = await started();
  assertEquals((await its.ask("fine")).result, "ok");
  const hung = its.ask("hang");
  const stopped = its.pool.stop();
  assertEquals((await hung).reasons, ["Server is stopping"]);
  // It sleeps, and does not see that its input has ended.
  await its.clock.advance(1999);
  assert(isRunning(its.pids[0]!));
  await its.clock.advance(1);
  await stopped;
  assert(!isRunning(its.pids[0]!));
});

function isRunning(pid: number): boolean {
  try {
    // "Z": dead, and not buried yet.
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}
