/** The command line of `deno task bench page`. */
import { readFlags } from "../flags.ts";

/** What `--help` prints. */
export const HELP = `Watch cameras in a real browser, and see whether its tab grows

  deno task bench page [--minutes 5] [--sources 8] [--fps 25] [--json] [--dir DIR]

  --minutes  so long it is watched, behind half a minute which is not counted
  --sources  cameras on the wall   --fps  pictures a second of each (640x360)
  --json     print the result as one JSON object
  --dir      where the temporary folder is made

The exit code is 1 when the tab has grown, or does not draw any more. It needs Chromium.

Example: deno task bench page --minutes 1 --sources 4
`;

/** What was asked for. */
export interface PageOptions {
  readonly help: boolean;
  readonly minutes: number;
  readonly sources: number;
  readonly fps: number;
  readonly json: boolean;
  /** Null for the system's temporary folder. */
  readonly dir: string | null;
}

/** Reads the command line. @throws {RangeError} when a flag is unknown or out of range */
export function parsePageOptions(args: readonly string[]): PageOptions {
  const flags = readFlags(args, ["help", "json"], ["minutes", "sources", "fps", "dir"]);
  return {
    help: flags.flag("help"),
    minutes: flags.number("minutes", 1, 5),
    sources: flags.number("sources", 1, 8),
    fps: flags.number("fps", 1, 25),
    json: flags.flag("json"),
    dir: flags.text("dir"),
  };
}
