/** The server's program: `deno run -A server.ts`, or the executable `framewire-server`; with `demo`, the demo. */
import { DIRECT_MEMORY } from "./lib/config/limits.ts";
import { demoCommand } from "./lib/demo/demo_command.ts";
import { systemClock } from "./lib/platform/clock.ts";
import { SystemDirectWrites } from "./lib/platform/direct_writes.ts";
import { systemDisk } from "./lib/platform/disk.ts";
import { systemHttpPost } from "./lib/platform/http_client.ts";
import { systemNetwork } from "./lib/platform/network.ts";
import { tlsServerNetwork } from "./lib/platform/tls_network.ts";
import { systemProcesses } from "./lib/platform/processes.ts";
import { systemProgram } from "./lib/platform/program.ts";
import { systemRandom } from "./lib/platform/random.ts";
import { serveCommand } from "./lib/server/serve_command.ts";

if (import.meta.main) {
  const program = systemProgram();
  const outside = {
    program,
    network: systemNetwork,
    tlsNetwork: tlsServerNetwork,
    disk: systemDisk,
    directWrites: () => new SystemDirectWrites(DIRECT_MEMORY),
    processes: systemProcesses,
    post: systemHttpPost,
    clock: systemClock,
    random: systemRandom,
  };
  const [word, ...rest] = program.args;
  program.exit(await (word === "demo" ? demoCommand(outside, rest) : serveCommand(outside, program.args)));
}
