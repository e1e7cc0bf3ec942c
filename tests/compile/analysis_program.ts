// deno-lint-ignore-file no-console -- a program of its own
/** Analyses the picture in a file with the pool of the server, and prints the result: what is tried in an executable. */
import { DEFAULT_LIMITS } from "../../lib/analysis/analysis_limits.ts";
import { AnalysisPool } from "../../lib/analysis/analysis_pool.ts";
import { silentLog } from "../../lib/log.ts";
import { systemClock } from "../../lib/platform/clock.ts";
import { systemProcesses } from "../../lib/platform/processes.ts";
import { systemRandom } from "../../lib/platform/random.ts";
import { madeUpFrame } from "../analysis/frames.ts";

const [path = "--help"] = Deno.args;
if (path === "--help") console.log("framewire");
else {
  const outside = { clock: systemClock, random: systemRandom, log: silentLog, processes: systemProcesses };
  const pool = new AnalysisPool({ ...outside, workers: 1, limits: DEFAULT_LIMITS, analyzer: null });
  await pool.start();
  console.log(JSON.stringify(await pool.analyse(madeUpFrame({ jpeg: await Deno.readFile(path) }), true)));
  await pool.stop();
}
