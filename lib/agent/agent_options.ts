/** The command line of `agent`. */
import { parseArgs } from "@std/cli/parse-args";
import { variableOf } from "../config/options.ts";
import { FramewireError } from "../errors.ts";
import type { Program } from "../platform/program.ts";

export const AGENT_HELP =
  `Runs all of a box: its cameras, folders of pictures and clips, and sensors, over one connection.

  --config FILE  What to do (JSON with comments) [edge.json]
  --check        Only look for mistakes in it; tells all of them, and exits with 2 if there are any
  --init [FILE]  Write a commented example [edge.json], and its schema for editors; nothing is overwritten
  --json         Log lines as JSON objects
  --quiet        Log only what is wrong
  --help         This text

FRAMEWIRE_CONFIG is the file, too, and FRAMEWIRE_TOKEN the token. Changes of the file apply without a restart; a broken
one is told with its place, and changes nothing. docs/AGENT.md shows the way from --init to a service.

  deno task agent --init edge.json
  framewire agent --config edge.json --check
  framewire agent --config edge.json`;

/** What the command is to do. */
export interface AgentArguments {
  readonly action: "run" | "check" | "init" | "help";
  /** Path of the config file. */
  readonly path: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

const DEFAULT_PATH = "edge.json";

/** @throws {FramewireError} `USAGE`. */
export function parseAgentArguments(program: Program, args: readonly string[]): AgentArguments {
  const refuse = (text: string) => {
    throw new FramewireError(
      "USAGE",
      `Cannot run framewire agent with ${JSON.stringify(text)}; --help shows what there is`,
    );
  };
  const parsed = parseArgs(args, {
    string: ["config", "init", "_"],
    boolean: ["check", "json", "quiet", "help"],
    alias: { h: "help" },
    unknown: (arg) => arg.startsWith("-") ? refuse(arg) : true,
  });
  const [config, init] = [parsed["config"], parsed["init"]] as (string | undefined)[];
  const [word, ...more] = parsed._.map(String);
  if (config === "") throw new FramewireError("USAGE", "Cannot use --config as it must be followed by a file");
  if (init !== undefined && parsed["check"] === true) {
    throw new FramewireError("USAGE", "Cannot use --init together with --check");
  }
  const given = (init === "" ? undefined : init) ?? config;
  if (more.length > 0 || (given !== undefined && word !== undefined)) refuse(more[0] ?? word!);
  const path = given ?? word ?? program.env(variableOf("config")) ?? DEFAULT_PATH;
  const action = parsed["help"] === true
    ? "help"
    : init !== undefined
    ? "init"
    : parsed["check"] === true
    ? "check"
    : "run";
  return { action, path, json: parsed["json"] === true, quiet: parsed["quiet"] === true };
}
