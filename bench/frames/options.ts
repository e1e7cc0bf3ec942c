/** The command line of `deno task bench frames`. */
import { readFlags } from "../flags.ts";

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
export interface FramesOptions {
  readonly help: boolean;
  readonly frames: number;
  readonly rounds: number;
  /** Names of peers; null for all. */
  readonly only: readonly string[] | null;
  readonly without: readonly string[];
  /** Milliseconds added to every sync of the peers which sync. */
  readonly syncMs: number;
  readonly json: boolean;
  /** Null for the system's temporary folder. */
  readonly dir: string | null;
}

/** Reads the command line. @throws {RangeError} when a flag is unknown or out of range */
export function parseFramesOptions(args: readonly string[]): FramesOptions {
  const flags = readFlags(args, ["help", "json"], ["frames", "rounds", "only", "without", "dir", "sync-ms"]);
  return {
    help: flags.flag("help"),
    frames: flags.number("frames", 100, 10_000),
    rounds: flags.number("rounds", 1, 3),
    only: flags.names("only"),
    without: flags.names("without") ?? [],
    syncMs: flags.number("sync-ms", 0, 0),
    json: flags.flag("json"),
    dir: flags.text("dir"),
  };
}
