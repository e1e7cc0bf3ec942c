/** What a reader has to know of the machine; never its name. */
import { availableParallelism } from "node:os";

const MIB = 1024 * 1024;

/** Facts which figures are worth nothing without. */
export interface MachineFacts {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly kernel: string;
  readonly deno: string;
  /** File system under the temporary folder; empty when it cannot be found out. */
  readonly fileSystem: string;
  /** Processes waiting to run before the start, mean of one minute: above half a core the figures are doubtful. */
  readonly loadBefore: number;
}

/** Facts of this machine, with `dir` as the folder which is written to. */
export async function machineFacts(dir: string): Promise<MachineFacts> {
  return {
    cores: availableParallelism(),
    memoryBytes: Deno.systemMemoryInfo().total,
    system: `${Deno.build.os} ${Deno.build.arch}`,
    kernel: Deno.osRelease(),
    deno: Deno.version.deno,
    fileSystem: await fileSystemOf(dir),
    loadBefore: Deno.loadavg()[0] ?? 0,
  };
}

async function fileSystemOf(dir: string): Promise<string> {
  if (Deno.build.os !== "linux") return "";
  const { stdout } = await new Deno.Command("df", { args: ["--output=fstype", dir] }).output();
  return new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "";
}

/** The facts as one line of a report. */
export function machineText(machine: MachineFacts): string {
  return `${machine.cores} cores, ${
    sizeText(machine.memoryBytes)
  } memory, ${machine.system}, kernel ${machine.kernel}, ` +
    `Deno ${machine.deno}, ${machine.fileSystem || "unknown file system"}, load before ${
      machine.loadBefore.toFixed(1)
    }.`;
}

/** A size for people: `1 GiB`. */
export function sizeText(bytes: number): string {
  return bytes >= 1024 * MIB ? `${+(bytes / 1024 / MIB).toFixed(1)} GiB` : `${+(bytes / MIB).toFixed(1)} MiB`;
}
