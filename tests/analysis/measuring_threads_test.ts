import { assert, assertEquals } from "@std/assert";
import { makeMeasuringWorker } from "../../lib/analysis/measuring_thread.ts";
import { MeasuringThreads } from "../../lib/analysis/measuring_threads.ts";
import { LIMITS } from "../../lib/config/limits.ts";
import { systemClock } from "../../lib/platform/clock.ts";
import { MadeUpClock } from "../helpers/made_up_clock.ts";
import { SeededRandom } from "../helpers/seeded_random.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { picture } from "./frames.ts";

const encoder = new TextEncoder();

/** Threads with made-up workers. */
function started(count: number, options: { clock?: MadeUpClock; script?: string } = {}) {
  const reasons: string[] = [];
  const { script = "./made_up_worker.ts" } = options;
  let made = 0;
  const threads = new MeasuringThreads(count, {
    clock: options.clock ?? systemClock,
    random: new SeededRandom(1),
    makeWorker: () => {
      made++;
      return new Worker(new URL(script, import.meta.url), { type: "module" });
    },
    onReplaced: (reason) => void reasons.push(reason),
  });
  threads.start();
  return {
    threads,
    reasons,
    made: () => made,
    measure: (word: string) => threads.measure(encoder.encode(word)),
    [Symbol.dispose]: () => threads.stop(),
  };
}

function brightnessOf(answer: Awaited<ReturnType<MeasuringThreads["measure"]>>): number | string {
  return "plane" in answer ? answer.picture.brightness : answer.reason;
}

Deno.test("MeasuringThreads: real ones measure real pictures, whose bytes stay the caller's", async () => {
  const threads = new MeasuringThreads(2, {
    clock: systemClock,
    random: new SeededRandom(1),
    makeWorker: makeMeasuringWorker,
    onReplaced: (reason) => assertEquals(reason, ""),
  });
  threads.start();
  try {
    const names = ["sharp", "black", "box_left", "blurred"];
    const pictures = await Promise.all(names.map(picture));
    const copies = pictures.map((jpeg) => jpeg.slice());
    const broken = threads.measure(pictures[0]!.slice(0, 3000));
    const answers = await Promise.all(pictures.map((jpeg) => threads.measure(jpeg)));
    assertEquals(answers.map((answer) => "plane" in answer && answer.picture.black), [false, true, false, false]);
    assertEquals(answers.map((answer) => "plane" in answer && answer.plane.width), [160, 160, 160, 160]);
    assertEquals(await broken, { reason: "Cannot decode picture: Premature end of JPEG file" });
    assertEquals(pictures, copies);
  } finally {
    threads.stop();
  }
});

Deno.test("MeasuringThreads: one which crashes is replaced; its picture is answered, all others are measured", async () => {
  using pool = started(1);
  const answers = await Promise.all(["12345", "crash", "1", "22"].map(pool.measure));
  const said = answers.map(brightnessOf);
  assertEquals([said[0], said[2], said[3]], [5, 1, 2]);
  assert(String(said[1]).startsWith("Analysis worker crashed: ") && String(said[1]).includes("asked to crash"));
  assertEquals([pool.made(), pool.reasons.length], [2, 1]);
});

Deno.test("MeasuringThreads: one which is stuck is ended at its limit, while the others go on", async () => {
  const clock = new MadeUpClock();
  using pool = started(2, { clock });
  const stuck = pool.measure("hang");
  // The other worker serves all of these meanwhile.
  for (let length = 1; length <= 5; length++) {
    assertEquals(brightnessOf(await pool.measure("x".repeat(length))), length);
  }
  await clock.advance(LIMITS.analysisTimeoutMs - 1);
  assertEquals(pool.reasons, []);
  await clock.advance(1);
  assertEquals(brightnessOf(await stuck), "Analysis worker was stuck: a picture must take <= 10 s");
  assertEquals([pool.made(), pool.reasons.length], [3, 1]);
  assertEquals((await Promise.all(["1", "22"].map(pool.measure))).map(brightnessOf), [1, 2]);
});

Deno.test("MeasuringThreads: those which never begin are tried again with pauses, and nobody waits for them", async () => {
  const clock = new MadeUpClock();
  using pool = started(1, { clock, script: "./no_such_worker.ts" });
  const said = String(brightnessOf(await pool.measure("1")));
  assert(said.startsWith("Analysis worker crashed: "), said);
  await waitFor(() => pool.made() === 2 && pool.reasons.length === 2, { what: "the first retry, at once" });
  assertEquals(String(brightnessOf(await pool.measure("1"))), said);
  await clock.advance(600);
  await waitFor(() => pool.reasons.length >= 3, { what: "the retry after a pause" });
});

Deno.test("MeasuringThreads: at the end all are answered", async () => {
  const pool = started(1);
  const answers = ["hang", "1", "22"].map(pool.measure);
  pool.threads.stop();
  assertEquals((await Promise.all(answers)).map(brightnessOf), Array(3).fill("Server is stopping"));
});
