// deno-lint-ignore-file no-console -- a tool talks to a person
/**
 * `deno task compile [--target T | --all] [--out dist]`: makes `framewire-server` and `framewire` in `dist/<target>/`, with
 * their SHA256SUMS. `COMPILE_DENO` is another Deno to compile with, and `DENORT_BIN` a runtime that needs no download.
 */
import { parseArgs } from "@std/cli/parse-args";
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { compileProgram, offeredTargets, PROGRAMS } from "./compile_program.ts";
import { inRoot } from "./run.ts";

const USAGE = "Usage: deno task compile [--target T | --all] [--out dist]";

async function compileAll(targets: readonly string[], out: string): Promise<void> {
  for (const target of targets) {
    const folder = join(out, target);
    const sums: string[] = [];
    for (const program of PROGRAMS) {
      const path = await compileProgram(program, target, folder);
      const bytes = await Deno.readFile(path);
      sums.push(`${createHash("sha256").update(bytes).digest("hex")}  ${basename(path)}\n`);
      console.log(`${path} (${(bytes.length / 1e6).toFixed(0)} MB)`);
    }
    await Deno.writeTextFile(join(folder, "SHA256SUMS"), sums.join(""));
  }
}

async function main(args: readonly string[]): Promise<number> {
  const unknown: string[] = [];
  const flags = parseArgs(args, {
    boolean: ["all", "help"],
    string: ["target", "out"],
    unknown: (arg) => (unknown.push(arg), false),
  });
  if (flags["help"] === true) {
    console.log(`${USAGE}\nTargets: ${(await offeredTargets()).join(", ")}`);
    return 0;
  }
  const target = flags["target"] as string | undefined;
  const offered = await offeredTargets();
  if (unknown.length > 0 || (target !== undefined && (flags["all"] === true || !offered.includes(target)))) {
    console.error(`${USAGE}\nTargets: ${offered.join(", ")}: received ${args.join(" ")}`);
    return 2;
  }
  const targets = flags["all"] === true ? offered : [target ?? Deno.build.target];
  await compileAll(targets, inRoot((flags["out"] as string | undefined) ?? "dist"));
  return 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
