/** A disk whose syncs take as long as those of flash do, which a virtual disk's do not. */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { find, run } from "./processes.ts";

const SOURCE = fileURLToPath(new URL("./slow_sync.c", import.meta.url));

/** A program and its arguments. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * The same command with every sync made `syncMs` longer, by a preloaded library which is compiled into `dir`; itself
 * when that is 0. `strace -e inject` would do it without a compiler, but stops forked processes at every system call,
 * which made rsync five times slower.
 *
 * @throws {MissingProgramError} when there is no C compiler
 */
export async function withSlowSync(command: Command, syncMs: number, dir: string): Promise<Command> {
  if (syncMs === 0) return command;
  return await withLibrary(command, SOURCE, [`SLOW_SYNC_MS=${syncMs}`], dir);
}

/**
 * The same command with a preloaded library, which is compiled from `source` into `dir`, and more `settings` (`A=B`).
 *
 * @throws {MissingProgramError} when there is no C compiler
 */
export async function withLibrary(
  command: Command,
  source: string,
  settings: readonly string[],
  dir: string,
): Promise<Command> {
  const library = `${dir}/${basename(source, ".c")}.so`;
  await run(await find("cc"), ["-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"]);
  // env replaces itself by the program, so that the process which is started is the one which listens.
  return {
    program: await find("env"),
    args: [`LD_PRELOAD=${library}`, ...settings, command.program, ...command.args],
  };
}
