/** The box's program: `deno run -A client.ts send --file clip.mp4`, or the executable `framewire`. */
import { agentCommand } from "./lib/agent/agent_command.ts";
import { clientMain } from "./lib/client/main.ts";
import { systemClock } from "./lib/platform/clock.ts";
import { systemDisk } from "./lib/platform/disk.ts";
import { systemHttp } from "./lib/platform/http.ts";
import { systemHttpClient } from "./lib/platform/http_client.ts";
import { systemNetwork } from "./lib/platform/network.ts";
import { systemProcesses } from "./lib/platform/processes.ts";
import { tlsClientNetwork } from "./lib/platform/tls_network.ts";
import { systemProgram } from "./lib/platform/program.ts";
import { systemRandom } from "./lib/platform/random.ts";

if (import.meta.main) {
  const program = systemProgram();
  const outside = {
    program,
    network: systemNetwork,
    tlsNetwork: tlsClientNetwork,
    disk: systemDisk,
    clock: systemClock,
    random: systemRandom,
    processes: systemProcesses,
    http: systemHttpClient,
    httpServer: systemHttp,
  };
  const [word, ...rest] = program.args;
  program.exit(await (word === "agent" ? agentCommand(outside, rest) : clientMain(outside)));
}
