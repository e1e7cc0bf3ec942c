/** NATS JetStream, its stream kept in files. */
import { find, freePort, listenOnPort } from "../../processes.ts";
import type { Command } from "../../slow_sync.ts";
import type { EventPeer } from "../event_peer.ts";
import { bytesBelow } from "../files.ts";
import { script } from "../programs.ts";

/** Bytes of a message in its files, at least: its payload alone has more. */
const KEPT_BYTES_MIN = 60;

/** A server of its own for each run. */
export function jetstream(
  { sender, ...facts }: Pick<EventPeer, "name" | "why" | "window" | "eventsMax"> & { readonly sender: string },
): EventPeer {
  let program = "";
  let publisher: Command = { program: "", args: [] };
  return {
    ...facts,
    sent: "JSON",
    acked: "written (synced within 2 minutes)",
    async prepare(dir) {
      program = await find("nats-server", ["/usr/sbin", "/usr/local/sbin"]);
      publisher = await script(sender, dir);
    },
    async listen(folder) {
      const port = freePort();
      const args = ["--jetstream", "--store_dir", folder, "--addr", "127.0.0.1", "--port", String(port)];
      return { listening: await listenOnPort(program, args, port), port };
    },
    sender: (port, args) => ({ program: publisher.program, args: [...publisher.args, String(port), ...args] }),
    async checkKept(folder, events) {
      const bytes = await bytesBelow(folder);
      if (bytes >= events * KEPT_BYTES_MIN) return;
      throw new Error(`Cannot count a run as ${events} events must be kept: received ${bytes} bytes`);
    },
  };
}
