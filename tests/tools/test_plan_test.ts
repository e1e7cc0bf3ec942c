import { assert, assertEquals } from "@std/assert";
import { filesBelow, inRoot } from "../../tools/run.ts";
import { isTestFile, LONG_SECONDS, planTests, QUIET } from "../../tools/test_plan.ts";

Deno.test("isTestFile: what `deno test` takes for one", () => {
  const those = ["a_test.ts", "b/a_test.ts", "a.test.ts", "a_test.mjs", "a_test.tsx", "b/test.ts"];
  assertEquals(those.filter(isTestFile), those);
  const others = ["a.ts", "contest.ts", "a_test.json", "test_data.ts", "a_test.ts.md"];
  assertEquals(others.filter(isTestFile), []);
});

Deno.test("planTests: each file is there once, the longest first, the short ones together with others of their folder", async () => {
  const files = (await filesBelow(inRoot("tests"))).filter(isTestFile).map((path) => `tests/${path}`);
  assert(files.length > 200);
  const { first, quiet } = planTests(files);
  assertEquals([...first, ...quiet].flatMap((unit) => unit.files).sort(), files.sort());
  for (const units of [first, quiet]) {
    const seconds = units.map((unit) => unit.seconds);
    assertEquals(seconds, [...seconds].sort((a, b) => b - a));
  }
  for (const unit of first) {
    assert(unit.files.length <= 8);
    assert(unit.seconds === 0 || unit.files.length === 1);
    assertEquals(new Set(unit.files.map((path) => path.replace(/[^/]*$/, ""))).size, 1, unit.files.join());
  }
});

Deno.test("the tables of long files and of those which want a quiet machine name no file which is gone", async () => {
  const files = new Set((await filesBelow(inRoot("tests"))).filter(isTestFile).map((path) => `tests/${path}`));
  const named = [...Object.keys(LONG_SECONDS), ...QUIET];
  assertEquals(named.filter((path) => !files.has(path)), []);
});

Deno.test("planTests: what watches a slow link waits until the others are through", () => {
  const readings = "tests/faults/reading_latency_test.ts";
  assertEquals(planTests([readings, "tests/a_test.ts"]), {
    first: [{ files: ["tests/a_test.ts"], seconds: 0 }],
    quiet: [{ files: [readings], seconds: 0 }],
  });
});
