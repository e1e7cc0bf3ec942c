/** The server's program: `deno run -A server.ts`, or the executable `framewire-server`; with `demo`, the demo. */
import { demoCommand } from "./lib/demo/demo_command.ts";
import { systemClock } from "./lib/platform/clock.ts";
import { systemDisk } from "./lib/platform/disk.ts";
import { systemNetwork } from "./lib/platform/network.ts";
import { systemProcess } from "./lib/platform/process.ts";
import { systemRandom } from "./lib/platform/random.ts";
import { serveCommand } from "./lib/server/serve_command.ts";

if (import.meta.main) {
  const process = systemProcess();
  const outside = {
    process,
    network: systemNetwork,
    disk: systemDisk,
    clock: systemClock,
    random: systemRandom,
  };
  const [word, ...rest] = process.args;
  process.exit(await (word === "demo" ? demoCommand(outside, rest) : serveCommand(outside, process.args)));
}
