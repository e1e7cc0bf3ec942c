import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { runPlan } from "../../tools/test_lanes.ts";
import { type TempFolder, tempFolder } from "../helpers/temp_folder.ts";
import { waitFor } from "../helpers/wait_for.ts";

const unit = (...files: string[]) => ({ files, seconds: 0 });

/** What a plan of these files comes to; each is a unit, and the last of them wants quiet. */
async function run(folder: TempFolder, files: Readonly<Record<string, string>>, signal = new AbortController().signal) {
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(folder.join(name), text);
  const units = Object.keys(files).map((name) => unit(name));
  const plan = { first: units.slice(0, -1), quiet: units.slice(-1) };
  const said: string[] = [];
  const print = (text: Uint8Array) => said.push(new TextDecoder().decode(text));
  const { counts, code } = await runPlan(plan, { root: folder.path, lanes: 2, folder: folder.path, signal, print });
  return { passed: counts.passed, failures: [...counts.failures].sort(), ignored: counts.ignored, code, said };
}

Deno.test("runPlan: adds up what its processes tell, and one which dies without a word is a failure", async () => {
  await using folder = await tempFolder();
  const { said, code, ...counts } = await run(folder, {
    "good_test.ts": `Deno.test("good", () => {}); Deno.test.ignore("left out", () => {});`,
    "bad_test.ts": `Deno.test("bad", () => { throw new Error("no"); });`,
    "broken_test.ts": `import "./nothing.ts";`,
    "empty_test.ts": "",
    "killed_test.ts": `Deno.test("x", () => {}); Deno.test("y", () => Deno.kill(Deno.pid, "SIGKILL"));`,
    "quiet_test.ts": `Deno.test("quiet", () => {});`,
  });
  assertEquals(counts, {
    passed: 2,
    failures: [
      "./bad_test.ts: bad",
      ...["broken_test.ts: ended with code 1", "empty_test.ts: told of no test", "killed_test.ts: ended with code 137"],
    ],
    ignored: ["./good_test.ts: left out"],
  });
  assertNotEquals(code, 0);
  // In one piece each, the one which wants quiet behind all others.
  assertEquals(said.length, 6);
  assertMatch(said.find((text) => text.includes("bad ... "))!, /^.*running 1 test from [^]*Error: no[^]*0 passed/);
  assertMatch(said.at(-1)!, /quiet \.\.\. /);
});

Deno.test("runPlan: when it is stopped, what runs ends with all it has started, and the rest is a failure", async () => {
  await using folder = await tempFolder();
  const stop = new AbortController();
  const child = folder.join("child");
  const running = run(folder, {
    "hanging_test.ts": `
      Deno.test("hangs", async () => {
        const child = new Deno.Command("sleep", { args: ["1000"] }).spawn();
        Deno.writeTextFileSync("${child}", String(child.pid) + "\\n");
        await child.status;
      });`,
    "later_test.ts": `Deno.test("later", () => {});`,
  }, stop.signal);
  const pid = await waitFor(
    async () => /^(\d+)\n/.exec(await Deno.readTextFile(child).catch(() => ""))?.[1],
    { what: "the test to start", deadlineMs: 30_000 },
  );
  stop.abort();
  const result = await running;
  assertEquals([result.passed, result.failures], [
    0,
    ["hanging_test.ts: ended with code 137", "later_test.ts: was not run"],
  ]);
  // Gone, or waiting for its new parent to notice.
  const state = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => ") Z");
  assertMatch(state, /\) [ZX]/);
});
