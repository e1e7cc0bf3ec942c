// deno-lint-ignore-file no-console -- a tool talks to a person
/**
 * `deno task test [paths and flags of deno test]`: runs the tests and prints `N passed, N failed` as its last line. All of
 * them run in several processes; with paths or flags it is one `deno test`. With `CI=true` an ignored test is a failure. The
 * whole run has a time limit.
 */
import { join } from "node:path";
import { countTests, verdict } from "./junit.ts";
import { missingTools } from "./outside_tools.ts";
import { deno, filesBelow, ROOT, withTempFolder } from "./run.ts";
import { type LanesResult, runPlan } from "./test_lanes.ts";
import { isTestFile, planTests } from "./test_plan.ts";

/** A hanging test would otherwise take the machine's limit, and no line would be printed. */
const LIMIT_MS = { ci: 17 * 60_000, here: 120 * 60_000 };

/** Processes at a time: most tests wait more than they compute. */
const LANES = Math.min(6, navigator.hardwareConcurrency + 1);

/** `deno task ok` has checked the types before. */
const NO_CHECK = "--no-check";

/** One `deno test` with these arguments; it shows what it says at once. */
async function runOne(args: readonly string[], folder: string, signal: AbortSignal): Promise<LanesResult> {
  const report = join(folder, "junit.xml");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", `--junit-path=${report}`, ...args],
    cwd: ROOT,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const stop = () => child.kill("SIGKILL");
  signal.addEventListener("abort", stop);
  const { code } = await child.status;
  signal.removeEventListener("abort", stop);
  const counts = countTests(await Deno.readTextFile(report).catch(() => ""));
  // The report does not tell what was filtered out from what was ignored.
  return { counts: args.some((arg) => arg.startsWith("--filter")) ? { ...counts, ignored: [] } : counts, code };
}

/** All tests, and their types. */
async function runAll(folder: string, signal: AbortSignal, check: boolean): Promise<LanesResult> {
  if (check) {
    const { code, output } = await deno(["check", "--quiet", "server.ts", "client.ts", "tests"]);
    if (code !== 0) {
      console.log(output.trimEnd());
      return { counts: { passed: 0, failures: ["types"], ignored: [] }, code };
    }
  }
  const files = (await filesBelow(join(ROOT, "tests"))).filter(isTestFile).map((path) => `tests/${path}`);
  return await runPlan(planTests(files), { root: ROOT, lanes: LANES, folder, signal, print });
}

/** At once, so that no other process's words come between. */
function print(text: Uint8Array): void {
  for (let left = text; left.length > 0;) left = left.subarray(Deno.stdout.writeSync(left));
}

/** Aborted at the time limit, or when somebody ends this program. */
function stopSignal(limitMs: number): AbortSignal {
  const stop = new AbortController();
  const timer = setTimeout(() => {
    console.error(`Cannot finish the tests as they must take <= ${limitMs / 60_000} minutes`);
    stop.abort();
  }, limitMs);
  Deno.unrefTimer(timer);
  Deno.addSignalListener("SIGINT", () => stop.abort());
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => stop.abort());
  return stop.signal;
}

/** Runs them and tells the result; resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const strict = Deno.env.get("CI") === "true";
  const missing = await missingTools();
  if (missing.length > 0) {
    const packages = missing.map((tool) => tool.package).join(" ");
    console.error(
      `Missing for some tests: ${missing.map((tool) => tool.name).join(", ")} (apt-get install ${packages})`,
    );
  }

  const signal = stopSignal(strict ? LIMIT_MS.ci : LIMIT_MS.here);
  const isAll = args.every((arg) => arg === NO_CHECK);
  const { counts, code } = await withTempFolder((folder) =>
    isAll ? runAll(folder, signal, args.length === 0) : runOne(args, folder, signal)
  );
  if (isAll) { for (const name of counts.failures) console.log(`failed: ${name}`); }
  for (const name of counts.ignored) {
    console.log(`${strict ? "ignored, which is a failure here" : "ignored"}: ${name}`);
  }
  const { line, code: exitCode } = verdict(counts, code, strict);
  console.log(line);
  return exitCode;
}

// `deno test` takes a file of this name for a test: without the condition it would start itself for ever.
if (import.meta.main) Deno.exit(await main(Deno.args));
