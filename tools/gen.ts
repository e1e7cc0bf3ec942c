// deno-lint-ignore-file no-console -- a tool talks to a person
/**
 * `deno task gen`: makes what is committed in `gen/` anew, from `proto/` (with buf) and from the page's source (with
 * `gen_page.ts`). `--check` changes nothing, lists what is stale and exits with 1.
 */
import { dirname, join } from "node:path";
import { BUF, deno, filesBelow, inRoot, ROOT, withTempFolder } from "./run.ts";

/** Folders of `gen/`, each with what fills its copy below `out`. */
const PARTS: Record<string, (out: string) => Promise<void>> = {
  framewire: (out) => must([...BUF, "generate", "--output", dirname(dirname(out))]),
  async page(out) {
    if (!await exists(inRoot("lib/viewer/page/main.tsx"))) return;
    const { pageModule } = await import("./gen_page.ts");
    await Deno.writeTextFile(join(out, "assets.ts"), await pageModule());
  },
};

async function must(args: readonly string[]): Promise<void> {
  const { code, output } = await deno(args);
  if (code !== 0) throw new Error(`Cannot generate as \`deno ${args.join(" ")}\` failed:\n${output}`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function sameFile(a: string, b: string): Promise<boolean> {
  if (!await exists(a) || !await exists(b)) return false;
  const [left, right] = await Promise.all([Deno.readFile(a), Deno.readFile(b)]);
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

/** Paths which differ between two folders, or which only one of them has; relative, sorted. */
export async function differences(fresh: string, committed: string): Promise<string[]> {
  const paths = new Set([...await filesBelow(fresh), ...await filesBelow(committed)]);
  const stale: string[] = [];
  for (const path of [...paths].sort()) {
    if (!await sameFile(join(fresh, path), join(committed, path))) stale.push(path);
  }
  return stale;
}

/** Makes `committed` equal to `fresh` in the files named by `paths`; others keep their times. */
async function take(fresh: string, committed: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const from = join(fresh, path);
    const to = join(committed, path);
    if (!await exists(from)) {
      await Deno.remove(to);
      continue;
    }
    await Deno.mkdir(dirname(to), { recursive: true });
    await Deno.copyFile(from, to);
  }
}

/** Generates into a folder of its own and compares; returns the stale paths, relative to the root. */
async function generate(write: boolean): Promise<string[]> {
  return await withTempFolder(async (folder) => {
    const stale: string[] = [];
    for (const [part, fill] of Object.entries(PARTS)) {
      const fresh = join(folder, "gen", part);
      await Deno.mkdir(fresh, { recursive: true });
      await fill(fresh);
      const committed = join(ROOT, "gen", part);
      const paths = await differences(fresh, committed);
      if (write) await take(fresh, committed, paths);
      stale.push(...paths.map((path) => `gen/${part}/${path}`));
    }
    return stale;
  });
}

if (import.meta.main) {
  const unknown = Deno.args.find((arg) => arg !== "--check");
  if (unknown !== undefined) {
    console.error(`Usage: deno task gen [--check]: received ${unknown}`);
    Deno.exit(2);
  }
  const check = Deno.args.includes("--check");
  try {
    const stale = await generate(!check);
    for (const path of stale) console.log(`${check ? "stale" : "written"}: ${path}`);
    if (stale.length === 0) console.log("gen/ is fresh");
    else if (check) console.log("Run `deno task gen` and commit the result");
    Deno.exit(check && stale.length > 0 ? 1 : 0);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
