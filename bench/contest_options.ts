/** What the command lines of all comparisons with other programs have in common. */
import { type Flags, readFlags } from "./flags.ts";

/** What was asked of a comparison, whatever it compares. */
export interface ContestOptions {
  readonly help: boolean;
  readonly rounds: number;
  /** Names of peers; null for all. */
  readonly only: readonly string[] | null;
  readonly without: readonly string[];
  /** Milliseconds added to every sync of framewire, and of the peers which sync; 0 for the disk as it is. */
  readonly syncMs: number;
  readonly json: boolean;
  /** Null for the system's temporary folder. */
  readonly dir: string | null;
}

/**
 * Reads the command line, and gives the flag of its own, `amount`, to be read.
 *
 * @throws {RangeError} when a flag is unknown or out of range
 */
export function readContestOptions(
  args: readonly string[],
  amount: string,
  rounds: number,
): { readonly flags: Flags; readonly options: ContestOptions } {
  const flags = readFlags(args, ["help", "json"], [amount, "rounds", "only", "without", "dir", "sync-ms"]);
  const options = {
    help: flags.flag("help"),
    rounds: flags.number("rounds", 1, rounds),
    only: flags.names("only"),
    without: flags.names("without") ?? [],
    syncMs: flags.number("sync-ms", 0, 0),
    json: flags.flag("json"),
    dir: flags.text("dir"),
  };
  return { flags, options };
}
