/** A peer made of two TypeScript programs of this folder: one which listens, one which sends. */
import { fileURLToPath } from "node:url";
import { find, type Listening, listenWithReadyLine, run, runSender } from "../processes.ts";
import type { Peer } from "./peer.ts";

/** What differs between such peers. */
export interface TwoPrograms extends Pick<Peer, "name" | "why" | "syncs" | "verifies" | "orientation"> {
  /** File names in this folder, without `.ts`. The server gets the folder, the client the file and the port. */
  readonly server: string;
  readonly client: string;
  /** `node` when it is installed (the programs are bundled for it first), or always `deno`. */
  readonly runtime: "node" | "deno";
  /** Name of the received file in the server's folder; null when it has to be looked for. */
  readonly fileName: string | null;
}

/** Makes the peer. Nothing starts before `start`. */
export function twoPrograms(spec: TwoPrograms): Peer {
  let listening: Listening | null = null;
  let sender: readonly string[] = [];
  let folder = "";
  return {
    name: spec.name,
    why: spec.why,
    syncs: spec.syncs,
    verifies: spec.verifies,
    ...(spec.orientation === undefined ? {} : { orientation: spec.orientation }),
    async start(dir) {
      folder = `${dir}/received`;
      await Deno.mkdir(folder);
      const server = await commandOf(spec.server, spec.runtime, dir);
      sender = await commandOf(spec.client, spec.runtime, dir);
      listening = await listenWithReadyLine(server[0] ?? "", [...server.slice(1), folder]);
    },
    send(file) {
      const port = String(listening?.ready["port"] ?? "");
      return runSender(sender[0] ?? "", [...sender.slice(1), file, port]);
    },
    received: () => spec.fileName === null ? onlyUpload(folder) : `${folder}/${spec.fileName}`,
    serverPid: () => listening?.pid ?? null,
    async stop() {
      await listening?.stop();
    },
  };
}

/** Node runs `npm:` imports only once they are bundled, which also spares it the search through many files. */
async function commandOf(name: string, runtime: "node" | "deno", dir: string): Promise<readonly string[]> {
  const source = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const node = runtime === "node" ? await find("node").catch(() => null) : null;
  // The lock file is the project's; peers are pinned by their import lines alone.
  if (node === null) return [Deno.execPath(), "run", "-A", "--no-lock", source];
  const bundled = `${dir}/${name}.mjs`;
  await run(Deno.execPath(), ["bundle", "--no-lock", "--platform", "deno", "-o", bundled, source]);
  return [node, bundled];
}

/** Every other file of the folder belongs to the server's bookkeeping and ends with `.json`. */
function onlyUpload(folder: string): string {
  const names = [...Deno.readDirSync(folder)].map((entry) => entry.name).filter((name) => !name.endsWith(".json"));
  if (names.length !== 1) throw new Error(`Cannot find the upload as one file must be there: received ${names}`);
  return `${folder}/${names[0]}`;
}
