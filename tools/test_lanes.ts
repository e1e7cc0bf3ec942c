/** Runs test files in several processes of `deno test` at a time; what each says is told when it is through. */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { addCounts, countTests, type TestCounts } from "./junit.ts";
import type { TestPlan, TestUnit } from "./test_plan.ts";

/** How to run a plan. */
export interface LanesOptions {
  /** What the paths of the files begin at. */
  readonly root: string;
  /** Processes at a time; one less of those which want a quiet machine. */
  readonly lanes: number;
  /** Where the reports are put. */
  readonly folder: string;
  /** Kills what runs, and starts nothing more. What did not finish is a failure. */
  readonly signal: AbortSignal;
  /** Gets all that a process has said, when it is through. */
  readonly print: (text: Uint8Array) => void;
}

/** What the units came to. */
export interface LanesResult {
  readonly counts: TestCounts;
  /** The first exit code which is not 0, or 0. */
  readonly code: number;
}

/** Runs the units of a plan, then those of it which want a quiet machine. */
export async function runPlan({ first, quiet }: TestPlan, options: LanesOptions): Promise<LanesResult> {
  const results: LanesResult[] = [];
  for (const [units, lanes] of [[first, options.lanes], [quiet, Math.max(1, options.lanes - 1)]] as const) {
    const queue = [...units];
    const lane = async () => {
      for (let unit = queue.shift(); unit !== undefined; unit = queue.shift()) {
        const { files } = unit;
        results.push(await runUnit(unit, options).catch((error) => withoutTests(files, `cannot be run: ${error}`, 1)));
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }
  return {
    counts: addCounts(results.map(({ counts }) => counts)),
    code: results.find(({ code }) => code !== 0)?.code ?? 0,
  };
}

async function runUnit({ files }: TestUnit, { root, folder, signal, print }: LanesOptions): Promise<LanesResult> {
  const report = join(folder, `${files[0]?.replaceAll("/", "-")}.xml`);
  if (signal.aborted) return withoutTests(files, "was not run", 1);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", `--junit-path=${report}`, ...files],
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    // A group of its own: what a test left behind ends with it.
    detached: true,
  }).spawn();
  const stop = () => killGroup(child.pid);
  signal.addEventListener("abort", stop);
  const said: Uint8Array[] = [];
  const read = async (stream: ReadableStream<Uint8Array>) => {
    for await (const bytes of stream) said.push(bytes);
  };
  const ended = child.status.finally(stop);
  const [{ code }] = await Promise.all([ended, read(child.stdout), read(child.stderr)]);
  signal.removeEventListener("abort", stop);
  print(Buffer.concat(said));
  const counts = countTests(await Deno.readTextFile(report).catch(() => ""));
  const { passed, failures, ignored } = counts;
  // It was killed, a file did not load, or something is amiss which nobody has thought of.
  if (failures.length === 0 && code !== 0) return withoutTests(files, `ended with code ${code}`, code, counts);
  if (passed + failures.length + ignored.length === 0) return withoutTests(files, "told of no test", 1);
  return { counts, code };
}

function withoutTests(files: readonly string[], what: string, code: number, counts = countTests("")): LanesResult {
  return { counts: { ...counts, failures: [`${files.join(" ")}: ${what}`] }, code };
}

function killGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}
