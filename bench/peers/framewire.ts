/** This project: its two real programs, as a user starts them. */
import { fileURLToPath } from "node:url";
import { type Listening, listenWithReadyLine, runSender } from "../processes.ts";
import { withSlowSync } from "../slow_sync.ts";
import { MissingProgramError, type Peer } from "./peer.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Framewire with its defaults; every transfer is a device of its own, so that no file is known already. The server's
 * syncs are made `syncMs` longer.
 */
export function framewire(syncMs: number): Peer {
  let listening: Listening | null = null;
  let dataFolder = "";
  let transfers = 0;
  return {
    name: "framewire",
    why: "deno run -A server.ts and client.ts send, with their defaults",
    syncs: "the file, its folder and the catalog",
    verifies: "CRC-32 of every chunk, SHA-256 of the whole",
    async start(dir) {
      for (const entry of ["server.ts", "client.ts"]) {
        await Deno.stat(`${ROOT}${entry}`).catch((error) => {
          throw new MissingProgramError(entry, error);
        });
      }
      dataFolder = `${dir}/data`;
      const ports = ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"];
      const args = ["run", "-A", `${ROOT}server.ts`, ...ports, "--data", dataFolder, "--json"];
      const server = await withSlowSync({ program: Deno.execPath(), args }, syncMs, dir);
      listening = await listenWithReadyLine(server.program, server.args);
    },
    send(file) {
      transfers++;
      const server = String(listening?.ready["listen"] ?? "");
      const target = ["--server", server, "--device", `bench-${transfers}`, "--json"];
      return runSender(Deno.execPath(), ["run", "-A", `${ROOT}client.ts`, "send", "--file", file, ...target]);
    },
    received() {
      const folder = `${dataFolder}/clips/bench-${transfers}`;
      const names = [...Deno.readDirSync(folder)].map((entry) => entry.name);
      if (names.length !== 1) throw new Error(`Cannot find the clip as one file must be there: received ${names}`);
      return `${folder}/${names[0]}`;
    },
    serverPid: () => listening?.pid ?? null,
    async stop() {
      await listening?.stop();
    },
  };
}
