/** This project: its real server, and its sending side behind a camera which is never slow. */
import { fileURLToPath } from "node:url";
import { listenWithReadyLine, run } from "../../processes.ts";
import { type Command, withLibrary, withSlowSync } from "../../slow_sync.ts";
import type { FramePeer, Table } from "../frame_peer.ts";
import { peerFile } from "../pair.ts";

const SERVER = fileURLToPath(new URL("../../../server.ts", import.meta.url));
const NO_DELAY_OFF = peerFile("no_delay_off.c");

/** What differs between the rows of framewire. */
export interface FramewireFacts {
  readonly name: string;
  readonly table: Table;
  readonly window: number;
  readonly syncMs: number;
  /** Both ends think that they have set TCP_NODELAY, and have not. */
  readonly nagle?: true | undefined;
  /** Acked means received. */
  readonly received?: true | undefined;
  /** Nothing is recorded: it is received and shown, as by a bare socket. */
  readonly unrecorded?: true | undefined;
}

/** Framewire with its defaults, but without analysis: no other peer looks into the pictures. */
export function framewire({ name, table, window, syncMs, nagle, received, unrecorded }: FramewireFacts): FramePeer {
  const ports = ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const record = unrecorded === true ? ["--record", "none"] : [];
  let server: Command = { program: "", args: [] };
  let sender: Command = { program: "", args: [] };
  return {
    name,
    table,
    window,
    why: whyOf({ nagle, received, unrecorded }),
    saved: unrecorded === true ? "not at all" : ".mjpeg segments and a row of the catalog each",
    ...unrecorded === true ? { keepsNothing: true } : {},
    acked: received === true ? "received" : "synced, and committed to the catalog",
    async prepare(dir) {
      const program = Deno.execPath();
      server = {
        program,
        args: ["run", "-A", SERVER, ...ports, ...await analysisOff(), ...record, "--json", "--data"],
      };
      sender = { program, args: ["run", "-A", peerFile("framewire_sender.ts")] };
      server = await withSlowSync(server, nagle === true ? 0 : syncMs, dir);
      if (nagle !== true) return;
      server = await withLibrary(server, NO_DELAY_OFF, [], dir);
      sender = await withLibrary(sender, NO_DELAY_OFF, [], dir);
    },
    async listen(folder) {
      const listening = await listenWithReadyLine(server.program, [...server.args, folder]);
      return { listening, port: Number(String(listening.ready["listen"]).split(":").at(-1)) };
    },
    sender: (port, args) => ({
      program: sender.program,
      args: [...sender.args, String(port), ...args, ...received === true ? ["received"] : []],
    }),
  };
}

function whyOf({ nagle, received, unrecorded }: Pick<FramewireFacts, "nagle" | "received" | "unrecorded">): string {
  if (nagle === true) {
    return "the same, though TCP_NODELAY is taken away at both ends (a preloaded library): a frame is one write, and waits for nothing";
  }
  if (unrecorded === true) {
    return "the same with --record none: what compares with a bare socket, which keeps nothing either";
  }
  return received === true
    ? "the same, but the next frame goes when the last one is acked as received; the last one is saved meanwhile"
    : "server.ts, and lib/frames as a box with one camera, policy all";
}

/** The server's flag for it, as far as this checkout has it. */
async function analysisOff(): Promise<string[]> {
  const flag = ["--analysis-workers", "0"];
  return await run(Deno.execPath(), ["run", "-A", SERVER, ...flag, "--help"]).then(() => flag, () => []);
}
