// deno-lint-ignore-file no-console -- a tool talks to a person
/**
 * `deno task test [paths and flags of deno test]`: runs the tests and prints `N passed, N failed` as its last line. With
 * `CI=true` an ignored test is a failure. The whole run has a time limit.
 */
import { join } from "node:path";
import { countTests, verdict } from "./junit.ts";
import { missingTools } from "./outside_tools.ts";
import { ROOT, withTempFolder } from "./run.ts";

/** A hanging test would otherwise take the machine's limit, and no line would be printed. */
const LIMIT_MS = { ci: 17 * 60_000, here: 120 * 60_000 };

async function runTests(args: readonly string[], report: string, limitMs: number): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", `--junit-path=${report}`, ...args],
    cwd: ROOT,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const timer = setTimeout(() => {
    console.error(`Cannot finish the tests as they must take <= ${limitMs / 60_000} minutes`);
    child.kill("SIGKILL");
  }, limitMs);
  const { code } = await child.status;
  clearTimeout(timer);
  return code;
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

  const { line, code, ignored } = await withTempFolder(async (folder) => {
    const report = join(folder, "junit.xml");
    const exitCode = await runTests(args, report, strict ? LIMIT_MS.ci : LIMIT_MS.here);
    const xml = await Deno.readTextFile(report).catch(() => "");
    const counts = countTests(xml);
    // The report does not tell what was filtered out from what was ignored.
    if (args.some((arg) => arg.startsWith("--filter"))) {
      return { ...verdict({ ...counts, ignored: [] }, exitCode, strict), ignored: [] };
    }
    return { ...verdict(counts, exitCode, strict), ignored: counts.ignored };
  });
  for (const name of ignored) console.log(`${strict ? "ignored, which is a failure here" : "ignored"}: ${name}`);
  console.log(line);
  return code;
}

// `deno test` takes a file of this name for a test: without the condition it would start itself for ever.
if (import.meta.main) Deno.exit(await main(Deno.args));
