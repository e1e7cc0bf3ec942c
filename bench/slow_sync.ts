/** A disk whose syncs take as long as those of flash do, which a virtual disk's do not. */
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
  const library = `${dir}/slow_sync.so`;
  await run(await find("cc"), ["-shared", "-fPIC", "-O2", "-o", library, SOURCE, "-ldl"]);
  const settings = [`LD_PRELOAD=${library}`, `SLOW_SYNC_MS=${syncMs}`];
  // env replaces itself by the program, so that the process which is started is the one which listens.
  return { program: await find("env"), args: [...settings, command.program, ...command.args] };
}
