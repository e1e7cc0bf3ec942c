/** Peers made of two programs: a receiver which gets a folder and says its port, and a sender. */
import { fileURLToPath } from "node:url";
import { find, listenWithReadyLine, run } from "../processes.ts";
import { type Command, withSlowSync } from "../slow_sync.ts";
import type { FramePeer, FrameReceiver } from "./frame_peer.ts";

/** What a peer is, without how it runs. */
export type PeerFacts = Omit<FramePeer, "prepare" | "listen" | "sender">;

/** How the programs of a pair are made runnable, in a folder of their own. */
export type Maker = (dir: string) => Promise<{ readonly receiver: Command; readonly sender: Command }>;

/** A pair. The receiver gets the folder behind its arguments. */
export function pair(facts: PeerFacts, make: Maker): FramePeer {
  let made: Awaited<ReturnType<Maker>> | null = null;
  const ready = () => {
    if (made === null) throw new Error("Cannot run a peer as it must be prepared first");
    return made;
  };
  return {
    ...facts,
    async prepare(dir) {
      made = await make(dir);
    },
    listen: (folder) => listenAt(ready().receiver, [folder]),
    sender: (port, args) => withArgs(ready().sender, [String(port), ...args]),
  };
}

/** Starts a receiver which prints `{"event":"ready","port":N}`. */
async function listenAt(command: Command, args: readonly string[]): Promise<FrameReceiver> {
  const { program, args: all } = withArgs(command, args);
  const listening = await listenWithReadyLine(program, all);
  return { listening, port: Number(listening.ready["port"]) };
}

function withArgs({ program, args }: Command, more: readonly string[]): Command {
  return { program, args: [...args, ...more] };
}

/** Full path of a file of `peers/`. */
export function peerFile(name: string): string {
  return fileURLToPath(new URL(`./peers/${name}`, import.meta.url));
}

/** A program in TypeScript: for Node, bundled, when that is installed (it does not run `npm:` imports), or for Deno. */
export async function script(name: string, runtime: "node" | "deno", dir: string): Promise<Command> {
  const source = peerFile(`${name}.ts`);
  const node = runtime === "node" ? await find("node").catch(() => null) : null;
  // The lock file is the project's; peers are pinned by their import lines alone.
  if (node === null) return { program: Deno.execPath(), args: ["run", "-A", "--no-lock", source] };
  const bundled = `${dir}/${name}.mjs`;
  await run(Deno.execPath(), ["bundle", "--no-lock", "--platform", "deno", "-o", bundled, source]);
  return { program: node, args: [bundled] };
}

/** A program in C. @throws {MissingProgramError} when there is no C compiler */
export async function compiled(name: string, dir: string): Promise<Command> {
  const program = `${dir}/${name}`;
  await run(await find("cc"), ["-O2", "-pthread", "-o", program, peerFile(`${name}.c`)]);
  return { program, args: [] };
}

/** The receiver in C in one of its modes, its syncs `syncMs` longer. */
export async function bareReceiver(mode: "none" | "save" | "sync", syncMs: number, dir: string): Promise<Command> {
  const { program } = await compiled("bare_receiver", dir);
  return await withSlowSync({ program, args: [mode] }, syncMs, dir);
}
