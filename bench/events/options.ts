/** The command line of `deno task bench events`. */
import { type ContestOptions, readContestOptions } from "../contest_options.ts";

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
export interface EventsOptions extends ContestOptions {
  readonly events: number;
}

/** Reads the command line. @throws {RangeError} when a flag is unknown or out of range */
export function parseEventsOptions(args: readonly string[]): EventsOptions {
  const { flags, options } = readContestOptions(args, "events", 3);
  return { ...options, events: flags.number("events", 1_000, 500_000) };
}
