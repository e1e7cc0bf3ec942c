/** Mosquitto, which keeps messages for a subscriber that is away, with QoS 1. */
import { find, freePort, listenOnPort } from "../../processes.ts";
import type { Command } from "../../slow_sync.ts";
import { bytesBelow } from "../files.ts";
import type { EventPeer } from "../event_peer.ts";
import { script } from "../programs.ts";

/** Bytes of a message in its file, at least: its payload alone has more. */
const KEPT_BYTES_MIN = 60;

/** A broker of its own for each run. */
export function mosquitto(facts: { readonly name: string; readonly noDelay: boolean }): EventPeer {
  let program = "";
  let publisher: Command = { program: "", args: [] };
  return {
    name: facts.name,
    why: facts.noDelay
      ? "the same with `set_tcp_nodelay true`"
      : "mosquitto with persistence, QoS 1, kept for a subscriber which is away; a small client of our own under Node",
    sent: "JSON",
    acked: "in memory (its file is written every 30 minutes, and at the end)",
    window: 10_000,
    async prepare(dir) {
      program = await find("mosquitto", ["/usr/sbin", "/usr/local/sbin"]);
      publisher = await script("mqtt_sender", dir);
    },
    async listen(folder) {
      const port = freePort();
      const config = `${folder}/mosquitto.conf`;
      await Deno.writeTextFile(
        config,
        [
          `listener ${port} 127.0.0.1`,
          "allow_anonymous true",
          "persistence true",
          `persistence_location ${folder}/`,
          `set_tcp_nodelay ${facts.noDelay}`,
          // By default it drops, though it acks, what is more than 1,000.
          "max_queued_messages 0",
          "log_type none",
          // It would go on as another user, who may not write here.
          ...(Deno.uid() === 0 ? ["user root"] : []),
          "",
        ].join("\n"),
      );
      return { listening: await listenOnPort(program, ["-c", config], port), port };
    },
    sender: (port, args) => ({ program: publisher.program, args: [...publisher.args, String(port), ...args] }),
    async checkKept(folder, events) {
      const bytes = await bytesBelow(folder);
      if (bytes >= events * KEPT_BYTES_MIN) return;
      throw new Error(`Cannot count a run as ${events} events must be kept: received ${bytes} bytes`);
    },
  };
}
