/** This project: its real server, and its sending side as a box with one feed, or as the command of a person with a file. */
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { listenWithReadyLine } from "../../processes.ts";
import { type Command, withSlowSync } from "../../slow_sync.ts";
import type { EventPeer } from "../event_peer.ts";
import { readingJson } from "./sender_clock.ts";

const SERVER = fileURLToPath(new URL("../../../server.ts", import.meta.url));
const CLIENT = fileURLToPath(new URL("../../../client.ts", import.meta.url));
const SENDER = fileURLToPath(new URL("./framewire_sender.ts", import.meta.url));
/** Lines that are put together before they are written to the file. */
const LINES_AT_ONCE = 10_000;

/** `lib/events` as a box with one feed; its window is the server's. Syncs of the server take `syncMs` longer. */
export function framewireBox(syncMs: number): EventPeer {
  return {
    ...server(syncMs),
    name: "framewire",
    why: "server.ts, and lib/events as a box with one feed",
    sent: "TempEvent with sequence and time",
    window: 20_000,
    sender: (port, args) => ({ program: Deno.execPath(), args: ["run", "-A", SENDER, String(port), ...args] }),
  };
}

/** `client.ts send --events` with a file. */
export function framewireSend(syncMs: number): EventPeer {
  const { prepare, ...rest } = server(syncMs);
  let path = "";
  return {
    ...rest,
    name: "framewire-send",
    why: "the same server; `client.ts send --events FILE`, from its start to its exit",
    sent: "lines of JSON, parsed to TempEvent",
    window: 20_000,
    isWholeCommand: true,
    async prepare(dir, events) {
      path = `${dir}/readings.ndjson`;
      writeLines(path, events);
      await prepare(dir, events);
    },
    sender: (port) => ({
      program: Deno.execPath(),
      args: ["run", "-A", CLIENT, "send", "--events", path, "--server", `127.0.0.1:${port}`, "--quiet"],
    }),
  };
}

function server(syncMs: number): Pick<EventPeer, "acked" | "prepare" | "listen" | "checkKept"> {
  let command: Command = { program: "", args: [] };
  return {
    acked: "synced, and committed to SQLite",
    async prepare(dir) {
      const args = ["run", "-A", SERVER, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--json", "--data"];
      command = await withSlowSync({ program: Deno.execPath(), args }, syncMs, dir);
    },
    async listen(folder) {
      const listening = await listenWithReadyLine(command.program, [...command.args, folder]);
      return { listening, port: Number(String(listening.ready["listen"]).split(":").at(-1)) };
    },
    checkKept(folder, events) {
      const database = new DatabaseSync(`${folder}/framewire.db`, { readOnly: true });
      const row = database.prepare("SELECT count(*) AS kept, count(DISTINCT sequence) AS different FROM event").get()!;
      database.close();
      if (row["kept"] === events && row["different"] === events) return Promise.resolve();
      const { kept, different } = row;
      return Promise.reject(
        new Error(`Cannot count a run as ${events} must be kept: received ${kept}, ${different} of them different`),
      );
    },
  };
}

function writeLines(path: string, events: number): void {
  using file = Deno.openSync(path, { write: true, createNew: true });
  const encoder = new TextEncoder();
  for (let first = 1; first <= events; first += LINES_AT_ONCE) {
    const count = Math.min(LINES_AT_ONCE, events - first + 1);
    const lines = Array.from({ length: count }, (_, index) => `${readingJson(first + index)}\n`).join("");
    const bytes = encoder.encode(lines);
    for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
  }
}
