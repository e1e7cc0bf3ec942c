import { assertEquals, assertThrows } from "@std/assert";
import { DEFAULT_LIMITS } from "../../lib/analysis/analysis_limits.ts";
import { programInputs } from "../../lib/config/inputs.ts";
import { parseOptions } from "../../lib/config/options.ts";
import { FramewireError } from "../../lib/errors.ts";
import { SERVE_SPEC, type ServeOptions, toServeOptions } from "../../lib/server/serve_options.ts";
import { MadeUpProgram } from "../helpers/made_up_program.ts";

function optionsOf(args: readonly string[], texts: Readonly<Record<string, string>> = {}): ServeOptions {
  const program = new MadeUpProgram();
  Object.assign(program.texts, texts);
  return toServeOptions(parseOptions(SERVE_SPEC, programInputs(program, args)), program);
}

Deno.test("toServeOptions records all frames and keeps them for ever, unless it is told otherwise", () => {
  const { record, keepMs, diskBytesMax, sourceBytesMax, analysis } = optionsOf([]);
  assertEquals({ record, keepMs, diskBytesMax, sourceBytesMax }, {
    ...{ record: { kind: "all" }, keepMs: null, diskBytesMax: null, sourceBytesMax: null },
  });
  const workers = Math.min(64, Math.max(1, navigator.hardwareConcurrency - 1));
  assertEquals(analysis, { workers, limits: DEFAULT_LIMITS, analyzer: null });
});

Deno.test("toServeOptions takes what is recorded, and for how long", () => {
  const args = ["--record", "every:10", "--keep", "7d", "--max-disk", "50GB", "--max-disk-source", "1GiB"];
  const { record, keepMs, diskBytesMax, sourceBytesMax } = optionsOf(args);
  assertEquals(record, { kind: "every", count: 10 });
  assertEquals([keepMs, diskBytesMax, sourceBytesMax], [7 * 86_400_000, 50e9, 2 ** 30]);
});

Deno.test("toServeOptions takes an analyser and limits", () => {
  const args = ["--analyzer", "python3 detect.py", "--analysis-limits", "limits.json", "--analysis-workers", "0"];
  const { analysis } = optionsOf(args, { "limits.json": `{ "default": { "brightness": { "min": 20 } } }` });
  assertEquals([analysis.workers, analysis.analyzer], [0, "python3 detect.py"]);
  assertEquals(analysis.limits.default.measures.brightness, { min: 20 });
});

Deno.test("toServeOptions takes rules, and what becomes of events", () => {
  const { rules, keepEventsMs, print } = optionsOf([]);
  assertEquals([rules.rules, keepEventsMs, print], [[], null, false]);
  const args = ["--rules", "rules.json", "--keep-events", "90d", "--print"];
  const given = optionsOf(args, { "rules.json": `{ "rules": [{ "name": "hot", "when": "temp_cel > 60" }] }` });
  assertEquals(given.rules.rules.map(({ name, when }) => [name, when.text]), [["hot", "temp_cel > 60"]]);
  assertEquals([given.keepEventsMs, given.print], [90 * 86_400_000, true]);
});

Deno.test("toServeOptions names the option that is wrong, and what it must be", () => {
  const cases: readonly (readonly [args: string[], text: string])[] = [
    [["--record", "some"], "--record as it must be all, none, every:N"],
    [["--keep", "0s"], "--keep as it must be more than 0"],
    [["--keep", "7"], "--keep as it must be a number and a unit"],
    [["--max-disk", "0"], "--max-disk as it must be more than 0"],
    [["--max-disk-source", "much"], "--max-disk-source"],
    [["--analysis-workers", "1.5"], "--analysis-workers as it must be a number from 0 to 64"],
    [["--analysis-workers", "65"], "--analysis-workers"],
    [["--analysis-limits", "nowhere"], "--analysis-limits nowhere"],
    [["--rules", "nowhere"], "--rules nowhere"],
    [["--keep-events", "0d"], "--keep-events as it must be more than 0"],
    [["--token-file", "nowhere"], "--token-file nowhere"],
  ];
  for (const [args, text] of cases) {
    assertEquals(assertThrows(() => optionsOf(args), FramewireError, text).code, "USAGE");
  }
});
