/** Runs other programs for the tools, and says where the project is. */
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Root folder of the project, absolute, without a slash at its end. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");

/**
 * Pinned here and nowhere else: 1.75.0 does not resolve, a package of it is missing. With a lock file of its own, as Deno
 * downloads all that is in the one it is given: whoever runs the demo would wait for 130 MB of generators.
 */
export const BUF = ["run", "-A", "--lock=tools/gen.lock", "npm:@bufbuild/buf@1.74.0"];

/** What a finished program left. */
export interface Ran {
  readonly code: number;
  /** Standard output, then standard error. */
  readonly output: string;
  readonly stdout: string;
}

/** Runs `command` in the project's root (or in `cwd`) without input, and collects what it prints. Never rejects for its exit code. */
export async function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  const child = new Deno.Command(command, {
    args: [...args],
    cwd: options.cwd ?? ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...(options.env && { env: options.env }),
  });
  try {
    const { code, stdout, stderr } = await child.output();
    const text = new TextDecoder().decode(stdout);
    return { code, stdout: text, output: text + new TextDecoder().decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { code: 127, stdout: "", output: `No such program: ${command}\n` };
    }
    throw error;
  }
}

/** Runs this very Deno. */
export function deno(args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}) {
  return run(Deno.execPath(), args, options);
}

/** `path` below the project's root, unless it is absolute already. */
export function inRoot(path: string): string {
  return isAbsolute(path) ? path : join(ROOT, path);
}

/** Calls `job` with a new folder which is gone afterwards. */
export async function withTempFolder<T>(job: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "framewire-" });
  try {
    return await job(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** All files below `folder` as sorted paths relative to it, with `/`; none when there is no such folder. */
export async function filesBelow(folder: string, skip: (name: string) => boolean = () => false): Promise<string[]> {
  const found: string[] = [];
  async function walk(at: string, prefix: string) {
    for (const entry of await Array.fromAsync(Deno.readDir(at))) {
      if (skip(entry.name)) continue;
      if (entry.isDirectory) await walk(join(at, entry.name), `${prefix}${entry.name}/`);
      else if (entry.isFile) found.push(prefix + entry.name);
    }
  }
  try {
    await walk(folder, "");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}
