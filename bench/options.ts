/** The command line of `deno task bench clips`. */
import { type ContestOptions, readContestOptions } from "./contest_options.ts";

const UNITS: Readonly<Record<string, number>> = { "": 1, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 };

/** What `--help` prints. */
export const HELP = `Compare framewire with other ways to move a file, on this machine

  deno task bench clips [--size 1GiB] [--rounds 5] [--only A,B] [--without A,B] [--json] [--dir DIR]

  --size     size of the file of random bytes: bytes, or with KiB, MiB, GiB
  --rounds   measured rounds; one more comes first and is not counted
  --only     these peers alone      --without  all but these
  --sync-ms  make every sync of framewire and of rsync-fsync this much longer (needs cc), as flash does
  --json     print the result as one JSON object
  --dir      where the temporary folder is made; the disk under it is part of what is measured

Example: deno task bench clips --size 128MiB --rounds 3 --without scp,grpc
`;

/** What was asked for. */
export interface BenchOptions extends ContestOptions {
  readonly sizeBytes: number;
}

/** Reads the command line. @throws {RangeError} when a flag is unknown or out of range */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { flags, options } = readContestOptions(args, "size", 5);
  return { ...options, sizeBytes: parseSize(flags.text("size") ?? "1GiB") };
}

/** Bytes of a size like `128MiB`. @throws {RangeError} when it is none */
export function parseSize(text: string): number {
  const [, digits, unit] = /^(\d+)\s*([A-Za-z]*)$/.exec(text) ?? [];
  const factor = UNITS[(unit ?? "").toLowerCase()];
  const bytes = Number(digits) * (factor ?? NaN);
  if (!(bytes > 0)) throw new RangeError(`Cannot use --size as it must be like 128MiB or 1GiB: received ${text}`);
  return bytes;
}
