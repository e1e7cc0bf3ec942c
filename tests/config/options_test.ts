import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { SEND_SPEC } from "../../lib/client/send_options.ts";
import { type CommandSpec, helpOf, type Options, parseOptions, variableOf } from "../../lib/config/options.ts";
import { FramewireError } from "../../lib/errors.ts";
import { SERVE_SPEC } from "../../lib/server/serve_options.ts";

const SPEC: CommandSpec = {
  name: "test",
  summary: "A test.",
  options: [
    { name: "file", kind: "list", value: "PATH…", help: "Files" },
    { name: "retry-for", kind: "text", value: "TIME", help: "How long", default: "1m" },
    { name: "device", kind: "text", value: "NAME", help: "Who" },
    { name: "json", kind: "flag", help: "JSON" },
  ],
  examples: ["test --file a"],
};

interface Given {
  args?: readonly string[];
  env?: Record<string, string>;
  files?: Record<string, Record<string, unknown>>;
}

function parse({ args = [], env = {}, files = {} }: Given): Options {
  return parseOptions(SPEC, { args, env: (name) => env[name], file: (path) => files[path] ?? {} });
}

function usageOf(given: Given): string {
  const error = assertThrows(() => parse(given), FramewireError);
  assertEquals(error.code, "USAGE");
  return error.message;
}

Deno.test("parseOptions: a flag beats the variable, which beats the file, which beats the default", () => {
  const files = { "c.json": { "retry-for": "4m" } };
  const env = { FRAMEWIRE_RETRY_FOR: "3m" };
  const config = ["--config", "c.json"];
  assertEquals(parse({}).text("retry-for"), "1m");
  assertEquals(parse({ args: config, files }).text("retry-for"), "4m");
  assertEquals(parse({ args: config, files, env }).text("retry-for"), "3m");
  assertEquals(parse({ args: [...config, "--retry-for", "2m"], files, env }).text("retry-for"), "2m");
  assertEquals(parse({ env: { FRAMEWIRE_CONFIG: "c.json" }, files }).text("retry-for"), "4m");
});

Deno.test("parseOptions takes values in all the usual ways", () => {
  const cases: [string[], string | undefined][] = [
    [["--device", "a"], "a"],
    [["--device=a"], "a"],
    [["--device=a=b"], "a=b"],
    [["--device", "a", "--device", "b"], "b"],
    [["--device", "007"], "007"],
    [["--device=-x"], "-x"],
    [[], undefined],
  ];
  for (const [args, value] of cases) assertEquals(parse({ args }).text("device"), value, args.join(" "));
});

Deno.test("parseOptions gathers lists, also words behind them and the dash of standard input", () => {
  const cases: [string[], string[]][] = [
    [["--file", "a", "--file", "b"], ["a", "b"]],
    [["--file", "a.mp4", "b.mp4", "c d.mp4"], ["a.mp4", "b.mp4", "c d.mp4"]],
    [["--file", "-"], ["-"]],
    [["--file=-"], ["-"]],
    [["--file", "a", "-"], ["a", "-"]],
    [["--file", "a", "--json", "b"], ["a", "b"]],
    [["--file", "1", "02"], ["1", "02"]],
    [["--file", "a", "--", "--json"], ["a", "--json"]],
  ];
  for (const [args, value] of cases) assertEquals([...parse({ args }).list("file")], value, args.join(" "));
  assertEquals(parse({ env: { FRAMEWIRE_FILE: "a" } }).list("file"), ["a"]);
  const files = { c: { file: ["a", "b"] } };
  assertEquals(parse({ args: ["--config", "c"], files }).list("file"), ["a", "b"]);
});

Deno.test("parseOptions gives words without an option to the list that is named for them", () => {
  const words = (args: string[]) =>
    parseOptions({ ...SPEC, words: "file" }, { args, env: () => undefined, file: () => ({}) }).list("file");
  assertEquals([...words(["a.mp4", "007"])], ["a.mp4", "007"]);
  assertEquals([...words(["b.mp4", "--file", "a.mp4"])], ["a.mp4", "b.mp4"]);
  assertEquals([...words(["-"])], ["-"]);
  assertEquals(SEND_SPEC.words, "file");
  assertEquals(SERVE_SPEC.words, undefined);
});

Deno.test("parseOptions takes switches on and off", () => {
  assertEquals(parse({}).flag("json"), false);
  assertEquals(parse({ args: ["--json"] }).flag("json"), true);
  assertEquals(parse({ env: { FRAMEWIRE_JSON: "true" } }).flag("json"), true);
  assertEquals(parse({ args: ["--no-json"], env: { FRAMEWIRE_JSON: "true" } }).flag("json"), false);
  assertEquals(parse({ args: ["--config", "c"], files: { c: { json: true } } }).flag("json"), true);
  assertEquals(parse({ args: ["-h"] }).flag("help"), true);
});

Deno.test("parseOptions refuses what it does not know, and says what it was", () => {
  assert(usageOf({ args: ["--fiel", "a"] }).includes("--fiel"));
  assert(usageOf({ args: ["-x"] }).includes("-x"));
  assert(usageOf({ args: ["word"] }).includes("word"));
  assert(usageOf({ args: ["--config", "c"], files: { c: { nope: 1 } } }).includes('"nope"'));
});

Deno.test("parseOptions refuses missing and unfit values", () => {
  assert(usageOf({ args: ["--device"] }).includes("--device"));
  assert(usageOf({ args: ["--device="] }).includes("--device"));
  assert(usageOf({ env: { FRAMEWIRE_JSON: "yes" } }).includes("true or false"));
  assert(usageOf({ args: ["--config", "c"], files: { c: { device: ["a", "b"] } } }).includes("device"));
  assert(usageOf({ args: ["--config", "c"], files: { c: { device: { a: 1 } } } }).includes("device"));
});

Deno.test("Options.required and parsed give the option's name to the parser", () => {
  const options = parse({ args: ["--device", "a"] });
  assertEquals(options.parsed("device", (name, text) => `${name} ${text}`), "--device a");
  assertEquals(options.parsed("file", (name) => name), undefined);
  assertThrows(() => parse({}).required("device", (_, text) => text), FramewireError, "--device");
});

Deno.test("variableOf names the environment variable", () => {
  assertEquals(variableOf("retry-for"), "FRAMEWIRE_RETRY_FOR");
});

for (const spec of [SEND_SPEC, SERVE_SPEC]) {
  Deno.test(`--help of ${spec.name} fits a screen, names every option and has an example`, () => {
    const lines = helpOf(spec).split("\n");
    assertLessOrEqual(lines.length, 40);
    for (const line of lines) assertLessOrEqual(line.length, 100, line);
    for (const { name } of spec.options) assert(lines.some((line) => line.includes(`--${name} `)), name);
    assert(spec.examples.length > 0);
    for (const example of spec.examples) assert(lines.includes(`  ${example}`), example);
  });
}
