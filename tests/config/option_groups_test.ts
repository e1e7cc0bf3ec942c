import { assert, assertEquals, assertThrows } from "@std/assert";
import type { GroupSpec } from "../../lib/config/option_groups.ts";
import { type CommandSpec, type Options, parseOptions } from "../../lib/config/options.ts";
import { FramewireError } from "../../lib/errors.ts";

const GROUP: GroupSpec = { key: "sources", name: "source", origins: ["camera", "frames"], others: ["fps", "loop"] };

const SPEC: CommandSpec = {
  name: "test",
  summary: "A test.",
  options: [
    { name: "file", kind: "list", value: "PATH…", help: "Files" },
    { name: "device", kind: "text", value: "NAME", help: "Who" },
    { name: "json", kind: "flag", help: "JSON" },
    ...["source", "camera", "frames", "fps"].map((name) => ({ name, kind: "text", value: "X", help: "" } as const)),
    { name: "loop", kind: "flag", help: "" },
  ],
  words: "file",
  group: GROUP,
  examples: ["test --file a"],
};

function parse(args: string, env: Record<string, string> = {}, file: Record<string, unknown> = {}): Options {
  return parseOptions(SPEC, { args: args.split(" ").filter(Boolean), env: (name) => env[name], file: () => file });
}

/** Each group as text: `source=a camera=b`. */
function groupsOf(options: Options): string[] {
  return options.groups.map((group) =>
    ["source", "camera", "frames", "fps", "loop"]
      .flatMap((name) => group.text(name) === undefined ? [] : [`${name}=${group.text(name)}`]).join(" ")
  );
}

Deno.test("options of a group belong to the thing that they stand with, whichever of name and origin comes first", () => {
  const cases: [string, string[]][] = [
    ["", []],
    ["--camera a", ["camera=a"]],
    ["--frames a --source x --fps 5", ["source=x frames=a fps=5"]],
    ["--source x --fps 5 --camera a --source y --frames b", ["source=x camera=a fps=5", "source=y frames=b"]],
    ["--camera a --source x --fps 5 --frames b --source y", ["source=x camera=a fps=5", "source=y frames=b"]],
    ["--camera a --camera b --fps 5", ["camera=a", "camera=b fps=5"]],
    ["--source x --camera a --camera b", ["source=x camera=a", "camera=b"]],
    ["--camera a --source x --camera b", ["source=x camera=a", "camera=b"]],
    ["--fps 5 --camera a --camera b --fps 9", ["camera=a fps=5", "camera=b fps=9"]],
    ["--camera a --loop --camera b --no-loop", ["camera=a loop=true", "camera=b loop=false"]],
    ["--camera=a=b --fps=2", ["camera=a=b fps=2"]],
    ["--camera a --fps 1 --fps 2", ["camera=a fps=2"]],
  ];
  for (const [args, groups] of cases) assertEquals(groupsOf(parse(args)), groups, args);
});

Deno.test("options of no group are what they are without groups", () => {
  const options = parse("--camera a --device box --file c.mp4 d.mp4 --json --frames b e.mp4 - -- --camera");
  assertEquals([...options.list("file")], ["c.mp4", "d.mp4", "e.mp4", "-", "--camera"]);
  assertEquals([options.text("device"), options.flag("json")], ["box", true]);
  assertEquals(groupsOf(options), ["camera=a", "frames=b"]);
});

Deno.test("groups of a config file; those of the command line take their place, and shared values are shared", () => {
  const file = { fps: 5, sources: [{ source: "x", camera: "/dev/video0", fps: 2 }, { frames: "b", loop: true }] };
  assertEquals(groupsOf(parse("--config c", {}, file)), [
    "source=x camera=/dev/video0 fps=2",
    "frames=b fps=5 loop=true",
  ]);
  assertEquals(groupsOf(parse("--config c --camera a", {}, file)), ["camera=a fps=5"]);
  assertEquals(groupsOf(parse("--config c --fps 7", {}, file))[1], "frames=b fps=7 loop=true");
  assertEquals(groupsOf(parse("--config c", {}, { camera: "a", fps: 3 })), ["camera=a fps=3"]);
});

Deno.test("variables describe one source, or what all have in common", () => {
  const env = { FRAMEWIRE_CAMERA: "a", FRAMEWIRE_SOURCE: "x", FRAMEWIRE_FPS: "5" };
  assertEquals(groupsOf(parse("", env)), ["source=x camera=a fps=5"]);
  assertEquals(groupsOf(parse("--fps 6", env)), ["source=x camera=a fps=6"]);
  assertEquals(groupsOf(parse("--frames b", env)), ["frames=b fps=5"]);
});

Deno.test("groups are refused when a value is missing, a key is unknown, or a thing has two names", () => {
  const cases: [string, Record<string, unknown>, string][] = [
    ["--camera", {}, "--camera"],
    ["--camera --loop", {}, "--camera"],
    ["--source= --camera a", {}, "--source"],
    ["--camera a --source x --source y", {}, "--source y"],
    ["--config c", { sources: { camera: "a" } }, "a list of objects"],
    ["--config c", { sources: ["a"] }, "a list of objects"],
    ["--config c", { sources: [{ cam: "a" }] }, '"cam"'],
    ["--config c", { sources: [{ camera: ["a"] }] }, "a text or number for camera"],
    ["--config c", { sources: [{ loop: "yes" }] }, "true or false for loop"],
    ["--camra a", {}, "--camra"],
    ["--camera a --source b --source c --camera d", {}, "must be behind its --camera or --frames"],
  ];
  for (const [args, file, part] of cases) {
    const error = assertThrows(() => parse(args, {}, file), FramewireError);
    assert(error.code === "USAGE" && error.message.includes(part), error.message);
  }
});
