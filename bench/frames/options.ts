/** The command line of `deno task bench frames`. */
import { type ContestOptions, readContestOptions } from "../contest_options.ts";

/** What `--help` prints. */
export const HELP = `Compare framewire with other ways to send pictures and have them saved and acked, on this machine

  deno task bench frames [--frames 10000] [--rounds 3] [--only A,B] [--without A,B] [--json] [--dir DIR]

  --frames   counted frames of 45 KB of a run with window 64; a fifth of it in lock step, and half a second's worth before
  --rounds   measured rounds; one more comes first and is not counted
  --only     these peers alone      --without  all but these
  --sync-ms  make every sync of framewire and of bare-sync this much longer (needs cc), as flash does
  --json     print the result as one JSON object
  --dir      where the temporary folder is made; the disk under it is part of what is measured

Example: deno task bench frames --frames 5000 --rounds 1 --only framewire,jetstream,bare-save
`;

/** What was asked for. */
export interface FramesOptions extends ContestOptions {
  readonly frames: number;
}

/** Reads the command line. @throws {RangeError} when a flag is unknown or out of range */
export function parseFramesOptions(args: readonly string[]): FramesOptions {
  const { flags, options } = readContestOptions(args, "frames", 3);
  return { ...options, frames: flags.number("frames", 100, 10_000) };
}
