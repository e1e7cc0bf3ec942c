/** Makes one executable with `deno compile`. */
import { basename, dirname, join } from "node:path";
import { ROOT, run } from "./run.ts";

/** A program and what it may do. */
export interface Program {
  /** Name of the executable, without `.exe`. */
  readonly name: string;
  /** Entry file, relative to the root. */
  readonly entry: string;
  /** Permission flags: exactly what it needs. */
  readonly permissions: readonly string[];
  /** What is loaded only at run time: the entries of workers, and files. Those which do not exist are left out. */
  readonly include: readonly string[];
}

// Addresses and paths are chosen at run time, so net, read and write cannot be narrower; nothing runs native code.
// The variables are those of options, and of systemd.
const COMMON = ["--allow-net", "--allow-read", "--allow-env=FRAMEWIRE_*,NOTIFY_SOCKET,WATCHDOG_USEC"];

/** The two executables. */
export const PROGRAMS: readonly Program[] = [
  {
    name: "framewire-server",
    entry: "server.ts",
    // statfs: how full the disk is; hostname: the made-up box of the demo has a name.
    // Any program may be the analyser of `--analyzer`; systemd-notify.
    permissions: [...COMMON, "--allow-write", "--allow-run", "--allow-sys=hostname,statfs"],
    include: [
      "lib/store/catalog_worker.ts",
      "lib/platform/direct_worker.ts",
      "lib/analysis/measuring_worker.ts",
      "assets/demo.mp4",
      "assets/demo_visible.mjpeg",
      "assets/demo_infrared.mjpeg",
    ],
  },
  {
    name: "framewire",
    entry: "client.ts",
    // Any program may bring events to an agent; ffmpeg reads cameras; watch --out writes pictures; statfs: how full the
    // disk of the spool is.
    permissions: [...COMMON, "--allow-write", "--allow-run", "--allow-sys=hostname,statfs"],
    include: ["lib/store/spool_worker.ts"],
  },
];

/** The Deno which compiles: `COMPILE_DENO`, or this one. */
export function compilingDeno(): string {
  return Deno.env.get("COMPILE_DENO") || Deno.execPath();
}

/** Targets which the compiling Deno offers. @throws {Error} when it does not tell. */
export async function offeredTargets(): Promise<string[]> {
  // Its refusal of an unknown target is the one place which lists them.
  const { output } = await run(compilingDeno(), ["compile", "--target", "?", "none.ts"], { env: { NO_COLOR: "1" } });
  const listed = /possible values: ([\w\-, ]+)/.exec(output)?.[1]?.split(", ");
  if (!listed) throw new Error(`Cannot list targets as ${compilingDeno()} said:\n${output}`);
  return listed;
}

/**
 * Compiles `program` for `target` into `folder` and returns the path of the executable; one for this machine is started once.
 *
 * @throws {Error} when it does not compile, or when the result is not the program.
 */
export async function compileProgram(program: Program, target: string, folder: string, root = ROOT): Promise<string> {
  const output = join(folder, target.includes("windows") ? `${program.name}.exe` : program.name);
  if (Deno.env.get("DENORT_BIN") && target !== Deno.build.target) {
    throw new Error(`Cannot compile for ${target} as DENORT_BIN is a runtime for ${Deno.build.target}`);
  }
  await Deno.mkdir(dirname(output), { recursive: true });
  const args = ["compile", "--quiet", "--no-check", "--no-prompt", "--exclude-unused-npm", "--target", target];
  for (const path of program.include) {
    if (await Deno.stat(join(root, path)).then(() => true, () => false)) args.push("--include", path);
  }
  // What was there before stays until this one is known to work.
  const made = join(folder, `new-${basename(output)}`);
  args.push("--output", made, ...program.permissions, program.entry);
  try {
    const { code, output: said } = await run(compilingDeno(), args, { cwd: root, env: { NO_COLOR: "1" } });
    if (code !== 0) throw new Error(`Cannot compile ${program.entry} for ${target}${reasonOf(said)}`);
    if (target === Deno.build.target) await startOnce(made);
    await Deno.rename(made, output);
  } finally {
    await Deno.remove(made).catch(() => {});
  }
  return output;
}

/** Of what the compiling Deno said, for whoever reads it. */
export function reasonOf(said: string): string {
  const url = /error sending request for url \((\S+denort\S+)\)/.exec(said)?.[1];
  if (url !== undefined) {
    return ` as its runtime cannot be downloaded: ${url}\nFor this machine DENORT_BIN can name a denort which is here.`;
  }
  return `:\n${said.replace(/\n*Stack backtrace:[^]*$/, "")}`;
}

/** A whole Deno in place of its runtime compiles without a complaint, and gives an executable which is a prompt with all permissions. */
async function startOnce(executable: string): Promise<void> {
  const { code, output } = await run(executable, ["--help"]);
  if (code !== 0 || !output.includes("framewire")) {
    throw new Error(`Cannot use ${basename(executable)} as it must answer --help (exit code ${code}):\n${output}`);
  }
}
