/** The command line of `deno task bench events`. */
import { readFlags } from "../flags.ts";

/** What `--help` prints. */
export const HELP = `Compare framewire with other ways to send readings and have them kept and acked, on this machine

  deno task bench events [--events 500000] [--rounds 3] [--only A,B] [--without A,B] [--json] [--dir DIR]

  --events   counted readings of a run; a fifth of that comes before
  --rounds   measured rounds; one more comes first and is not counted
  --only     these peers alone      --without  all but these
  --sync-ms  make every sync of framewire's server this much longer (needs cc), as flash does
  --json     print the result as one JSON object
  --dir      where the temporary folder is made; the disk under it is part of what is measured

Example: deno task bench events --events 200000 --rounds 1 --only framewire,mosquitto,jetstream
`;

/** What was asked for. */
export interface EventsOptions {
  readonly help: boolean;
  readonly events: number;
  readonly rounds: number;
  /** Names of peers; null for all. */
  readonly only: readonly string[] | null;
  readonly without: readonly string[];
  /** Milliseconds added to every sync of framewire's server. */
  readonly syncMs: number;
  readonly json: boolean;
  /** Null for the system's temporary folder. */
  readonly dir: string | null;
}

/** Reads the command line. @throws {RangeError} when a flag is unknown or out of range */
export function parseEventsOptions(args: readonly string[]): EventsOptions {
  const flags = readFlags(args, ["help", "json"], ["events", "rounds", "only", "without", "dir", "sync-ms"]);
  return {
    help: flags.flag("help"),
    events: flags.number("events", 1_000, 500_000),
    rounds: flags.number("rounds", 1, 3),
    only: flags.names("only"),
    without: flags.names("without") ?? [],
    syncMs: flags.number("sync-ms", 0, 0),
    json: flags.flag("json"),
    dir: flags.text("dir"),
  };
}
