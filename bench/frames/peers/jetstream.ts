/** NATS JetStream, its stream kept in files. */
import { find, freePort, listenOnPort } from "../../processes.ts";
import type { Command } from "../../slow_sync.ts";
import type { FramePeer, Table } from "../frame_peer.ts";
import { script } from "../pair.ts";

/** A server of its own for each run, on a port which was free a moment ago: it does not say which one it took. */
export function jetstream(facts: { readonly name: string; readonly table: Table; readonly window: number }): FramePeer {
  let program = "";
  let publisher: Command = { program: "", args: [] };
  return {
    ...facts,
    why: "nats-server with file storage, @nats-io/jetstream 3.4.0 under Node, publishes with a window",
    saved: "blocks of 8 MiB",
    acked: "written (synced within 2 minutes)",
    async prepare(dir) {
      program = await find("nats-server", ["/usr/sbin", "/usr/local/sbin"]);
      publisher = await script("jetstream_sender", "node", dir);
    },
    async listen(folder) {
      const port = freePort();
      const args = ["--jetstream", "--store_dir", folder, "--addr", "127.0.0.1", "--port", String(port)];
      return { listening: await listenOnPort(program, args, port), port };
    },
    sender: (port, args) => ({ program: publisher.program, args: [...publisher.args, String(port), ...args] }),
  };
}
