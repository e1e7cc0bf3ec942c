import { assert, assertEquals, assertThrows } from "@std/assert";
import { SEND_SPEC, toSendOptions } from "../../lib/client/send_options.ts";
import { type SourceOptions, toSourceOptions } from "../../lib/client/source_options.ts";
import { parseOptions } from "../../lib/config/options.ts";
import { FramewireError } from "../../lib/errors.ts";
import { MadeUpProgram } from "../helpers/made_up_program.ts";

function sourcesOf(line: string): SourceOptions[] {
  const inputs = { args: line.split(" ").filter(Boolean), env: () => undefined, file: () => ({}) };
  return toSourceOptions(parseOptions(SEND_SPEC, inputs).groups, "linux");
}

/** `left infrared latest named`, and where from. */
function wordsOf({ settings, from }: SourceOptions): string {
  const { name, kind, policy, named } = settings;
  return [name, kind, policy, ...(named ? ["named"] : []), "camera" in from ? from.camera.label : from.folder.path]
    .join(" ");
}

Deno.test("sources get the names, kinds and policies that fit them, unless they are told", () => {
  const cases: [string, string[]][] = [
    ["--camera test", ["camera0 visible latest test"]],
    ["--camera test --frames a/left/ --camera /dev/video0", [
      "camera0 visible latest test",
      "left visible all named a/left/",
      "camera1 visible latest /dev/video0",
    ]],
    ["--frames a --loop", ["a visible latest a"]],
    ["--frames a --follow", ["a visible all named a"]],
    ["--source left --kind visible --camera test --source right --kind infrared --frames b --policy latest", [
      "left visible latest test",
      "right infrared latest named b",
    ]],
    ["--camera a.mp4 --policy all --source v --kind other", ["v other all a.mp4"]],
    ["--camera rtsp://me:secret@cam/1", ["camera0 visible latest rtsp://cam/1"]],
  ];
  for (const [line, words] of cases) assertEquals(sourcesOf(line).map(wordsOf), words, line);
});

Deno.test("sources take the figures of their pictures", () => {
  const cameraOf = (line: string) => {
    const [{ from }] = sourcesOf(line) as [SourceOptions];
    return "camera" in from ? from.camera : from.folder;
  };
  const { type, input, label, ...plain } = cameraOf("--camera test") as ReturnType<typeof cameraOf> & {
    type: string;
    input: string;
    label: string;
  };
  assertEquals([type, input, label], ["test", "test", "test"]);
  assertEquals(plain as unknown, { size: null, quality: 80, fps: null, loop: false });
  const set = cameraOf("--camera a.mp4 --width 640 --quality 50 --fps 5 --loop") as unknown as Record<string, unknown>;
  assertEquals([set["size"], set["quality"], set["fps"], set["loop"]], [{ width: 640 }, 50, 5, true]);
  assertEquals(cameraOf("--frames a --fps 3") as unknown, { path: "a", fps: 3, loop: false, follow: false });
  assertEquals(cameraOf("--frames a") as unknown, { path: "a", fps: null, loop: false, follow: false });
  // A loop without a pace would fill the server's disk as fast as it can.
  assertEquals(cameraOf("--frames a --loop") as unknown, { path: "a", fps: 10, loop: true, follow: false });
});

Deno.test("sources are refused with the reason when they cannot be", () => {
  const cases: [string, string][] = [
    ["--source left", "--source left as it must have either --camera or --frames"],
    ["--camera a --source left --frames b --source left", 'two sources called "left"'],
    ["--frames a/x --frames b/x", 'two sources called "x"'],
    ["--source x --camera test --source x --frames b", 'two sources called "x"'],
    ["--camera test --kind thermal", "visible, infrared, other"],
    ["--camera test --policy some", "latest, all"],
    ["--camera test --follow", "--follow for this source as it is an option of --frames"],
    ["--frames a --width 5", "--width for this source as it is an option of --camera"],
    ["--frames a --loop --follow", "--loop together with --follow"],
    ["--camera test --loop", "--loop as it must be for a video file"],
    ["--camera test --width 64 --scale 50%", "--width together with --scale"],
    ["--camera test --quality 0", "--quality as it must be a whole number from 1 to 100"],
    [`--camera test --source ${"x".repeat(129)}`, "a name of 1 to 128 bytes"],
  ];
  for (const [line, part] of cases) {
    const error = assertThrows(() => sourcesOf(line), FramewireError);
    assert(error.code === "USAGE" && error.message.includes(part), `${line}: ${error.message}`);
  }
});

Deno.test("clips and sources go together; nothing at all does not", () => {
  const optionsOf = (args: string[]) =>
    toSendOptions(parseOptions(SEND_SPEC, { args, env: () => undefined, file: () => ({}) }), new MadeUpProgram());
  const both = optionsOf(["--file", "a.mp4", "--frames", "b", "c.mp4"]);
  assertEquals([both.paths, both.sources.map(wordsOf)], [["a.mp4", "c.mp4"], ["b visible all named b"]]);
  assertThrows(
    () => optionsOf(["--fps", "5"]),
    FramewireError,
    "--file, --frames, --camera, --events, --text or --sensor",
  );
});
