/** How the senders of `peers/` are run. */
import { fileURLToPath } from "node:url";
import { find, run } from "../processes.ts";
import type { Command } from "../slow_sync.ts";

/** A sender in TypeScript: for Node, bundled, when that is installed (it does not run `npm:` imports), else for Deno. */
export async function script(stem: string, dir: string): Promise<Command> {
  const source = fileURLToPath(new URL(`./peers/${stem}.ts`, import.meta.url));
  const node = await find("node").catch(() => null);
  // The lock file is the project's; peers are pinned by their import lines alone.
  if (node === null) return { program: Deno.execPath(), args: ["run", "-A", "--no-lock", source] };
  const bundled = `${dir}/${stem}.mjs`;
  await run(Deno.execPath(), ["bundle", "--no-lock", "--platform", "deno", "-o", bundled, source]);
  return { program: node, args: [bundled] };
}
