// deno-lint-ignore-file no-console -- a tool talks to a person
/** `deno task ok`: the gate. One line for each step; the first which fails prints what it said and ends it. */
import { join } from "node:path";
import { BUF, deno, inRoot, type Ran, ROOT, run, withTempFolder } from "./run.ts";

/** What is type-checked, where it exists. */
// The peers of the benchmark bring packages of their own, which no gate should download: run `deno check --no-lock bench`.
const CHECKED = ["server.ts", "client.ts", "lib", "tests", "tools", "bench/main.ts", "bench/pieces.ts", "types"];

interface Step {
  readonly name: string;
  readonly run: () => Promise<Ran>;
}

const STEPS: readonly Step[] = [
  { name: "format", run: () => deno(["fmt", "--check"]) },
  { name: "lint", run: () => deno(["lint"]) },
  { name: "types", run: checkTypes },
  { name: "schema", run: () => deno([...BUF, "lint"]) },
  { name: "schema breaks nothing", run: checkBreaking },
  { name: "generated code", run: () => deno(["run", "-A", inRoot("tools/gen.ts"), "--check"]) },
  { name: "tests", run: showTests },
];

async function checkTypes(): Promise<Ran> {
  const present: string[] = [];
  for (const path of CHECKED) {
    if (await Deno.stat(join(ROOT, path)).then(() => true, () => false)) present.push(path);
  }
  return await deno(["check", ...present]);
}

/** Holds `proto/` against the last commit; nothing to hold it against is fine. */
async function checkBreaking(): Promise<Ran> {
  return await withTempFolder(async (folder) => {
    const archive = join(folder, "proto.tar");
    const packed = await run("git", ["archive", "--output", archive, "HEAD", "proto", "buf.yaml"]);
    if (packed.code !== 0) return { code: 0, stdout: "", output: packed.output };
    const unpacked = await run("tar", ["-xf", archive, "-C", folder]);
    if (unpacked.code !== 0) return unpacked;
    return await deno([...BUF, "breaking", "--against", folder]);
  });
}

/** Runs the tests, whose types are checked already, and shows what they say while they say it: minutes of silence look like a hang. */
async function showTests(): Promise<Ran> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", inRoot("tools/test.ts"), "--no-check"],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let stdout = "";
  const decoder = new TextDecoder();
  for await (const bytes of child.stdout) {
    stdout += decoder.decode(bytes, { stream: true });
    await Deno.stdout.write(bytes);
  }
  return { code: (await child.status).code, stdout, output: "" };
}

/** The last line of a step's output which says something, for the summary of the tests. */
function lastLine(output: string): string {
  return output.trimEnd().split("\n").at(-1) ?? "";
}

for (const step of STEPS) {
  const start = performance.now();
  const { code, output, stdout } = await step.run();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (code !== 0) {
    console.log(output.trimEnd());
    console.log(`FAILED  ${step.name} (${seconds} s)`);
    Deno.exit(1);
  }
  console.log(`ok      ${step.name}${step.name === "tests" ? `: ${lastLine(stdout)}` : ""} (${seconds} s)`);
}
