import { assertEquals } from "@std/assert";
import { addCounts, countTests, verdict } from "../../tools/junit.ts";

/** As `deno test --junit-path` of Deno 2.9.6 wrote it, shortened. */
const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="10" failures="3" errors="2" time="0.120">
    <testsuite name="./a_test.ts" tests="8" disabled="2" errors="0" failures="3">
        <testcase name="good" classname="./a_test.ts" time="0.000" line="1" col="6">
        </testcase>
        <testcase name="left &lt;out&gt; &#39;x&#39;" classname="./a_test.ts" time="0.000" line="2" col="11">
            <skipped/>
        </testcase>
        <testcase name="bad" classname="./a_test.ts" time="0.000" line="3" col="6">
            <failure message="Uncaught Error: x">Error: &lt;skipped/&gt; &lt;/testcase&gt;</failure>
        </testcase>
        <testcase name="a &gt; b" classname="./a_test.ts" time="0.000" line="4" col="6">
        </testcase>
        <testcase name="bad &gt; step" classname="./a_test.ts" time="0.000" line="4" col="43">
        </testcase>
        <testcase name="bad &gt; step &gt; inner" classname="./a_test.ts" time="0.000" line="4" col="73">
            <skipped/>
        </testcase>
    </testsuite>
    <testsuite name="./c_test.ts" tests="2" disabled="0" errors="2" failures="0">
        <testcase name="x" classname="./c_test.ts" time="0.000" line="1" col="6">
            <error message="Cancelled"/>
        </testcase>
    </testsuite>
</testsuites>`;

Deno.test("countTests: counts tests, not steps, and names what was ignored", () => {
  assertEquals(countTests(REPORT), {
    passed: 2,
    failures: ["./a_test.ts: bad", "./c_test.ts: x"],
    ignored: ["./a_test.ts: left <out> 'x'", "./a_test.ts: bad > step > inner"],
  });
});

Deno.test("addCounts: the counts of several runs as those of one", () => {
  const counts = [{ passed: 2, failures: ["a"], ignored: [] }, { passed: 3, failures: ["b"], ignored: ["c"] }];
  assertEquals(addCounts(counts), { passed: 5, failures: ["a", "b"], ignored: ["c"] });
});

Deno.test("verdict: a run without failures passes", () => {
  assertEquals(verdict({ passed: 3, failures: [], ignored: [] }, 0, true), { line: "3 passed, 0 failed", code: 0 });
});

Deno.test("verdict: an ignored test fails only where it is strict", () => {
  const counts = { passed: 3, failures: [], ignored: ["x"] };
  assertEquals(verdict(counts, 0, false), { line: "3 passed, 0 failed, 1 skipped", code: 0 });
  assertEquals(verdict(counts, 0, true), { line: "3 passed, 1 failed, 1 skipped", code: 1 });
});

Deno.test("verdict: no test at all, or a bad exit without a failed test, is a failure", () => {
  assertEquals(verdict(countTests(""), 0, false), { line: "0 passed, 1 failed", code: 1 });
  assertEquals(verdict({ passed: 3, failures: [], ignored: [] }, 137, false), {
    line: "3 passed, 1 failed",
    code: 137,
  });
});
